"""
What a run began with, kept in its folder so that it can be run again.

The sources as they were, the files that were given by option, and the settings that
decide what a run does; nothing of the environment and nothing secret.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from autofix.compressed import inflated_within
from autofix.config import SETTINGS, Config, Kind, Setting
from autofix.core.codec import CodecError, decode
from autofix.durable import disk_errors, write_durably
from autofix.engines.archive import (
    Entry,
    UnpackLimits,
    pack_compressed,
    safe_name,
    unpack,
)
from autofix.errors import RunUnreadableError, UnsafeArchiveError
from autofix.hintfiles import hint_paths
from autofix.project import Project
from autofix.projectfiles import ProjectFiles
from autofix.report.json import bare

FOLDER = "inputs"
SOURCES = "sources.tar.gz"
SETTINGS_FILE = "settings.json"
PROJECT = "project"
GIVEN = "given"
MOST_BYTES = 64 << 20
"""Compressed; a project that vendors everything has 20 MB."""
LIMITS = UnpackLimits(size=1 << 30, members=200_000)
MOST_UNPACKED = 2 << 30
"""With the headers of the archive."""
FILES = ("so", "modules", "modules_txt")
"""Settings that name files of the user's, which are kept too."""
_OF_THE_MACHINE = frozenset(
    {"ca_bundle", "server", "output", "run_dir", "keep", "debug", "color", "verbose"}
) | {"quiet", "log_format", "output_format", "dry_run", "diff", "allow_dirty"}
_TOO_LARGE = f"they have more than {MOST_BYTES >> 20} MiB, compressed"
_SECRET_NAMES = (".env", ".netrc", ".npmrc", ".pgpass", "id_rsa", "id_ed25519")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """
    What is kept beside the sources.

    ``module`` is the plugin's module and ``git`` the repository's root, or the folder
    in which files that name the server lie around the module; both are relative to the
    folder that the sources are restored to ("" for neither).
    ``settings`` are those that were not left at their defaults, as ``autofix.toml``
    has them, ``links`` the symbolic links among the sources; ``missing`` says why
    there are no sources, "" if there are.
    """

    module: str
    git: str = ""
    settings: Mapping[str, str | bool | int | float] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    missing: str = ""


def keep_inputs(
    run: Path,
    project: Project,
    files: ProjectFiles,
    config: Config,
    edits: Mapping[Path, bytes] | None = None,
) -> None:
    """
    Write the inputs into a run's folder; DiskFullError and its kin.

    ``edits`` are files that the run builds with another content than they have.
    """
    folder = run / FOLDER
    base = project.extent
    around = project.git_root
    if around is None and project.repository != project.root:
        around = project.repository  # so that what names the server is found again
    with disk_errors(f"The inputs of the run cannot be kept in {folder}"):
        folder.mkdir(mode=0o700)
        entries = (*source_entries(base, project, files, edits), *_given(config))
        plain = (each for each in entries if not each.link)
        kept = pack_compressed(plain, folder / SOURCES, most=MOST_BYTES)
        inputs = Inputs(
            module=project.module_folder.relative_to(base).as_posix(),
            git=around.relative_to(base).as_posix() if around else "",
            settings=_settings(config),
            links={each.name: each.link for each in entries if each.link},
            missing="" if kept else _TOO_LARGE,
        )
        text = json.dumps(bare(inputs), indent=2) + "\n"
        write_durably(folder / SETTINGS_FILE, text.encode())


def read_inputs(run: Path) -> Inputs:
    """Read what a run began with; RunUnreadableError if that was not kept."""
    path = run / FOLDER / SETTINGS_FILE
    try:
        inputs: Inputs = decode(json.loads(path.read_text("utf-8")), Inputs)
    except (OSError, ValueError, CodecError) as error:
        raise RunUnreadableError(
            f"What the run {run.name} began with was not kept: {error}.",
            why="It ended before that was written, or is of an earlier autofix.",
            todo="Replay it: autofix reproduce --replay.",
        ) from error
    if inputs.missing:
        raise RunUnreadableError(
            f"The sources of the run {run.name} were not kept: {inputs.missing}.",
            todo="Run autofix in the project itself, or replay it: --replay.",
        )
    return inputs


def restored(run: Path, inputs: Inputs, into: Path) -> Path:
    """
    Unpack the sources into an empty folder and return the plugin's module in it.

    RunUnreadableError if they lead out of it, are damaged or far too large.
    """
    try:
        with disk_errors(f"The sources cannot be restored to {into}"):
            unpack_sources(run, into)
            links_within(into, inputs.links)
            module = _inside(into, inputs.module)
            if inputs.git:
                (_inside(into, inputs.git) / ".git").mkdir(exist_ok=True)
    except UnsafeArchiveError as error:
        raise RunUnreadableError(
            f"The sources of the run {run.name} cannot be restored: {error.what}",
            why="They are damaged, or somebody has changed them.",
        ) from error
    return module


def unpack_sources(run: Path, into: Path) -> tuple[str, ...]:
    """Unpack the sources, without links, and return their names; see ``unpack``."""
    packed = inflated_within(run / FOLDER / SOURCES, most=MOST_UNPACKED)
    return unpack(packed, into, limits=LIMITS)


def given_files(into: Path) -> dict[str, Any]:
    """Map each setting whose files were kept to where they were restored."""
    found = {}
    for name in FILES:
        folder = into / GIVEN / name
        if not folder.is_dir():
            continue
        kept = next(iter(folder.iterdir()), folder)
        found[name] = folder if SETTINGS[name].metavar == "DIR" else kept
    return found


def source_entries(
    base: Path,
    project: Project,
    files: ProjectFiles,
    edits: Mapping[Path, bytes] | None = None,
) -> Iterator[Entry]:
    """
    Yield a project's sources, named below PROJECT as they lie below ``base``.

    With the files that say which Nakama it runs on, without those named like secrets;
    ``edits`` are given in the place of the files' own contents.
    """
    edits = edits or {}
    names = {
        project.root.relative_to(base) / each.path: each
        for each in files
        if not is_secret(each.path)
    }
    for name, each in names.items():
        path = project.root / each.path
        content = None if each.link else edits.get(path, path)
        yield Entry(
            name=f"{PROJECT}/{name.as_posix()}",
            content=content,
            mode=each.mode,
            link=each.link,
        )
    for path in hint_paths(project):
        hint = path.relative_to(base)
        if hint not in names and not is_secret(hint.as_posix()):
            content = edits.get(path, path)
            yield Entry(name=f"{PROJECT}/{hint.as_posix()}", content=content)


def _given(config: Config) -> Iterator[Entry]:
    for name in FILES:
        path = getattr(config, name)
        if path is None:
            continue
        paths = sorted(path.rglob("*")) if path.is_dir() else [path]
        base = path if path.is_dir() else path.parent
        for each in paths:
            if each.is_file():
                inner = each.relative_to(base).as_posix()
                yield Entry(name=f"{GIVEN}/{name}/{inner}", content=each)


def links_within(into: Path, links: Mapping[str, str]) -> None:
    """Make symbolic links, none of which lies or leads outside of ``into``."""
    for name, target in links.items():
        _link_within(into, name, target)
    # One may lead through another that came after it.
    out = [name for name in links if not _stays_within(into, into / name)]
    for name in out:
        (into / name).unlink()
    if out:
        raise UnsafeArchiveError(f"The link {out[0]!r} leads out of its folder.")


def _link_within(into: Path, name: str, target: str) -> None:
    path = into / safe_name(name)
    try:
        inside = [each.resolve() for each in (path.parent, path.parent / target)]
    except (ValueError, RuntimeError, OSError) as error:
        raise UnsafeArchiveError(f"The link {name!r} leads nowhere.") from error
    if not all(each.is_relative_to(into.resolve()) for each in inside):
        raise UnsafeArchiveError(f"The link {name!r} leads out of its folder.")
    if os.path.lexists(path):
        raise UnsafeArchiveError(f"{name!r} is a link and a file.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def _stays_within(into: Path, path: Path) -> bool:
    try:
        return path.resolve().is_relative_to(into.resolve())
    except (RuntimeError, OSError):
        return True  # in a circle, which leads nowhere


def is_secret(name: str) -> bool:
    """Tell whether a file's name says that it holds credentials."""
    last = PurePosixPath(name).name
    return last.startswith(_SECRET_NAMES) or last.endswith((".pem", ".key", ".p12"))


def _inside(into: Path, name: str) -> Path:
    """Return a folder of the project restored, which must lie in it."""
    folder = into / PROJECT / safe_name(name)
    if not folder.resolve().is_relative_to(into.resolve()) or not folder.is_dir():
        raise UnsafeArchiveError(f"{name!r} leads out of its folder.")
    return folder


def is_kept(setting: Setting) -> bool:
    """Tell whether a run's inputs may hold a setting."""
    name = setting.name
    return not (setting.secret or name in _OF_THE_MACHINE or name in FILES)


def _settings(config: Config) -> dict[str, Any]:
    """Return the settings that matter and are not at their defaults."""
    found: dict[str, Any] = {}
    for name, setting in SETTINGS.items():
        value = getattr(config, name)
        if is_kept(setting) and value != setting.default:
            text = setting.kind is Kind.PATH
            found[setting.key] = str(value) if text else value
    return found
