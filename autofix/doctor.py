"""
``autofix doctor``: whether a run would have what it needs, each lack with its mend.

Looks only: nothing is pulled, built or changed. What a run needs and is not there
is ``fail``; what would make it slower or surprising is ``warn``.
"""

from __future__ import annotations

import os
import shutil
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from autofix.config import Config
from autofix.core.imageref import parse_image
from autofix.engines.docker.client import Client
from autofix.engines.docker.failures import is_unreachable
from autofix.engines.docker.registry import connect, why_not_pullable
from autofix.engines.docker.specs import EngineFacts
from autofix.engines.local.lacks import parts
from autofix.errors import AutofixError
from autofix.git import is_dirty
from autofix.images import databases, servers, with_kits_own
from autofix.preparing import Plan, plan_run
from autofix.project import Project, find_projects
from autofix.releases import release_table
from autofix.runfolder import state_home
from autofix.workspace import require_writable

GIGABYTE = 10**9
ENGINE_NEEDS = 2 * GIGABYTE
ENGINE_LIKES = 8 * GIGABYTE
STATE_NEEDS = GIGABYTE // 10
MEMORY_LIKES = 3 * GIGABYTE
"""A build of a large plugin and a server side by side."""

PROXY_SECONDS = 5.0


class Status(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at; ``mend`` says what to do unless it is ok."""

    name: str
    status: Status
    text: str
    mend: str = ""


def examine(config: Config, environment: Mapping[str, str]) -> Iterator[Check]:
    """Yield the checks as they are made; a later one may need an earlier one's find."""
    yield _state_folder(state_home(environment))
    if config.ca_bundle is not None:
        yield _ca_bundle(config.ca_bundle)
    plans: list[Plan] = []
    try:
        projects = find_projects(config.project, package=config.package or None)
    except AutofixError as error:
        yield _failed("project", error)
        projects = ()
    for project in projects:
        whose = f"{project.module_path}: " if len(projects) > 1 else ""
        yield from _project(project)
        try:
            plans.append(plan_run(project, config, release_table()))
        except AutofixError as error:
            yield _failed("target", error, whose)
        else:
            yield from _target(plans[-1], whose)
    if projects:
        yield from _git(projects, config)
    yield from _engine(plans, config, environment)
    yield from _module_proxy(environment)


def _failed(name: str, error: AutofixError, whose: str = "") -> Check:
    text = " ".join(part for part in (error.what, error.why) if part)
    return Check(name=name, status=Status.FAIL, text=f"{whose}{text}", mend=error.todo)


def _ok(name: str, text: str) -> Check:
    return Check(name=name, status=Status.OK, text=text)


def _warn(name: str, text: str, mend: str) -> Check:
    return Check(name=name, status=Status.WARN, text=text, mend=mend)


def _fail(name: str, text: str, mend: str) -> Check:
    return Check(name=name, status=Status.FAIL, text=text, mend=mend)


def _gigabytes(size: int) -> str:
    return f"{size / GIGABYTE:.1f} GB"


def _state_folder(state: Path) -> Check:
    existing = next(each for each in (state, *state.parents) if each.exists())
    if not os.access(existing, os.W_OK):
        mend = "Give this user the right, or set XDG_STATE_HOME to another folder."
        return _fail("state folder", f"{existing} cannot be written.", mend)
    free = shutil.disk_usage(existing).free
    text = f"{state}, {_gigabytes(free)} free"
    if free < STATE_NEEDS:
        mend = "Make room: 'autofix clean --all-runs' removes old runs."
        return _fail("state folder", text, mend)
    return _ok("state folder", text)


def _ca_bundle(path: Path) -> Check:
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        mend = "Give a file of PEM certificates with --ca-bundle or SSL_CERT_FILE."
        return _fail("CA bundle", f"{path} cannot be used: {error}.", mend)
    return _ok("CA bundle", str(path))


def _project(project: Project) -> Iterator[Check]:
    where = f"{project.module_path} in {project.module_folder}"
    plugin = "" if project.package_dir == "." else f", plugin {project.package_dir}"
    yield _ok("project", where + plugin)
    try:
        require_writable(project.module_folder, ("go.mod", "go.sum"))
    except AutofixError as error:
        yield _failed("project folder", error)


def _git(projects: Sequence[Project], config: Config) -> Iterator[Check]:
    if shutil.which("git") is None:
        mend = "Install git to have uncommitted changes noticed."
        yield _warn("git", "There is no git.", mend)
        return
    folders = [each.module_folder for each in projects]
    found = {folder: is_dirty(folder) for folder in folders}
    if not any(found.values()):
        yield _ok("git", "no uncommitted changes in go.mod, go.sum or vendor/")
    for folder, dirty in found.items():
        if dirty:
            where = f" of {folder}" if len(folders) > 1 else ""
            text = f"Uncommitted changes in {', '.join(dirty)}{where}."
            mend = "Commit them, or run with --allow-dirty or --dry-run."
            yield (_warn if config.allow_dirty else _fail)("git", text, mend)


def _target(plan: Plan, whose: str) -> Iterator[Check]:
    release = plan.target.release
    known = release_table().by_tag(release) if release else None
    go = f", Go {known.go}" if known else ""
    name = release or plan.target.server_images[0]
    yield _ok("target", f"{whose}Nakama {name} ({plan.target.place}){go}")
    for finding in plan.findings:
        yield _warn("target", f"{whose}{finding.text}", finding.answer)


def _engine(
    plans: Sequence[Plan], config: Config, environment: Mapping[str, str]
) -> Iterator[Check]:
    asked = config.engine == "local" or config.server or config.database
    if asked:
        yield from _local_engine(plans, config, environment)
        return
    try:
        client = connect(environment)
        facts = client.facts()
    except AutofixError as error:
        local = tuple(_local_engine(plans, config, environment))
        if config.engine == "docker" or any(e.status is Status.FAIL for e in local):
            yield _failed("engine", error)
        else:
            yield _warn(
                "engine",
                error.what,
                "This machine's own Go, server and PostgreSQL serve instead, with "
                "nothing that keeps the plugin from its files.",
            )
        yield from local
        return
    text = f"{facts.system}, Docker {facts.version}, API {facts.api}, {facts.machine}"
    yield _ok("engine", text)
    if facts.memory < MEMORY_LIKES:
        mend = "Give the engine more memory if a build is killed."
        yield _warn("engine memory", _gigabytes(facts.memory), mend)
    yield from _engine_disk(facts)
    silent: dict[str, str] = {}
    roles = (role for plan in plans for role in _roles(plan, config))
    for role, references in dict.fromkeys(roles):  # modules may share a Nakama
        yield _image(client, role, references, environment, silent)
    client.close()


def _local_engine(
    plans: Sequence[Plan], config: Config, environment: Mapping[str, str]
) -> Iterator[Check]:
    """Look for what a run without containers needs (--engine local)."""
    releases = [release_table().by_tag(each.target.release) for each in plans]
    found = (
        part
        for go in dict.fromkeys(each.go if each else "" for each in releases or [None])
        for part in parts(
            config.server, environment, database=bool(config.database), go=go
        )
    )
    for part in dict.fromkeys(found):
        name = f"local {part.name}"
        if part.there:
            yield _ok(name, part.what)
        else:
            yield _fail(name, f"There is no {part.what.removeprefix('a ')}.", part.mend)


def _engine_disk(facts: EngineFacts) -> Iterator[Check]:
    try:
        free = shutil.disk_usage(facts.root).free if facts.local else None
    except OSError:
        free = None  # Docker Desktop keeps its data inside a virtual machine
    if free is None:
        return
    text = f"{_gigabytes(free)} free in {facts.root}"
    mend = "Make room: 'autofix clean --caches', 'docker system df' shows the rest."
    if free < ENGINE_NEEDS:
        yield _fail("engine disk", text, mend)
    elif free < ENGINE_LIKES:
        yield _warn("engine disk", text, mend)
    else:
        yield _ok("engine disk", text)


SERVER = "server image"


def _roles(plan: Plan, config: Config) -> Iterator[tuple[str, tuple[str, ...]]]:
    target, server, builder = plan.target, config.server_image, config.builder_image
    of_target = servers(target.server_images, kit=config.kit)
    yield SERVER, (server,) if server else of_target
    fitting = with_kits_own(target.builder_images)
    yield "builder image", (builder,) if builder else fitting
    yield "database image", databases(config.database_image)


def _image(
    client: Client,
    role: str,
    references: tuple[str, ...],
    environment: Mapping[str, str],
    silent: dict[str, str],
) -> Check:
    """Look in the engine, then ask a registry; ``silent`` are those that failed."""
    for reference in references:
        found = client.image(reference)
        if found is not None:
            go = found.environment.get("GOLANG_VERSION", "")
            parsed = parse_image(reference)
            home_made = parsed is not None and parsed.is_home_made
            stand_in = ", a stand-in" if home_made and role == SERVER else ""
            about = f"{reference}{stand_in}{f', Go {go}' if go else ''}"
            return _ok(role, f"{about}, is in the engine")
    if not references:
        return _fail(role, "None is known.", "Name one; see 'autofix run --help'.")
    first = references[0]
    parsed = parse_image(first)
    registry = parsed.registry if parsed else ""
    why = silent.get(registry) or why_not_pullable(environment, first)
    if not why:
        mend = "A run pulls it; 'docker pull' now saves the wait."
        return _warn(role, f"{first} is not in the engine yet.", mend)
    if is_unreachable(why):
        # Said once, and not waited for again.
        silent[registry] = "its registry does not answer, as said above"
    return _fail(
        role,
        f"None of {', '.join(references)} is in the engine, and {first} cannot be "
        f"pulled: {why}",
        "Bring the image in ('docker pull' or 'docker load'), or name another one.",
    )


def _module_proxy(environment: Mapping[str, str]) -> Iterator[Check]:
    """Look at the user's own GOPROXY only; the default one is the go command's."""
    first = environment.get("GOPROXY", "").replace("|", ",").split(",")[0].strip()
    url = urlsplit(first)
    if url.scheme not in {"http", "https"} or not url.hostname:
        return
    if environment.get("HTTPS_PROXY") or environment.get("https_proxy"):
        return  # whether it can be reached is the proxy's affair
    port = url.port or {"http": 80, "https": 443}[url.scheme]
    try:
        socket.create_connection((url.hostname, port), PROXY_SECONDS).close()
    except OSError as error:
        mend = "Mend GOPROXY, or run where it can be reached."
        yield _warn("module proxy", f"{url.hostname} does not answer: {error}.", mend)
    else:
        yield _ok("module proxy", f"{url.hostname} (GOPROXY)")
