"""
The change of several modules, made as one: files of all of them, or one commit.

Each run has kept its own part (``share``). What they changed is added up here, under
the locks of all modules, with one intent that a later run of any of them finds.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from autofix.attempting import Attempt
from autofix.config import Config
from autofix.core.model import Finding
from autofix.errors import AutofixError, InterruptedRunError
from autofix.harvest import Harvest
from autofix.lock import shared_intent
from autofix.project import Project
from autofix.report.json import result_json
from autofix.report.port_markdown import port_message
from autofix.report.upgrade_markdown import commit_message
from autofix.result import RunResult
from autofix.runfolder import BACKUP, state_home, write_result
from autofix.session import held_project
from autofix.upgrading.commits import Change, repository_of
from autofix.upgrading.delivering import UpgradeDelivery, ignored_findings, is_clean
from autofix.upgrading.journey import Journey, Request
from autofix.workspace import Changes, apply


def in_order(projects: Sequence[Project]) -> tuple[Project, ...]:
    """Put a module behind those that its replaces lead to: it is built with them."""
    folders = {each.module_folder for each in projects}
    return tuple(
        sorted(projects, key=lambda each: len(folders & set(each.replace_folders)))
    )


def names_of(projects: Sequence[Project]) -> tuple[str, ...]:
    """Name modules by their folders, relative to what all of them lie in."""
    folders = [each.module_folder for each in projects]
    base = projects[0].git_root or Path(os.path.commonpath(folders))
    named = (Path(os.path.relpath(each, base)).as_posix() for each in folders)
    return tuple(
        folder.name if name == "." else name
        for name, folder in zip(named, folders, strict=True)
    )


def held_back(made: Iterable[Attempt], names: Sequence[str]) -> tuple[Attempt, ...]:
    """Say to modules that start why nothing of them was changed."""
    made = tuple(made)
    bad = {
        name
        for name, each in zip(names, made, strict=False)
        if not is_clean(each.result)
    }
    bad |= set(names[len(made) :])
    finding = Finding(
        name="held-back",
        text=f"Nothing was changed: {', '.join(sorted(bad))} did not start.",
        answer="The modules of a repository move together, or none does; name one to "
        "move it alone.",
    )

    def told(attempt: Attempt) -> Attempt:
        result = attempt.result
        if not is_clean(result):
            return attempt
        findings = (*result.findings, finding)
        return _kept(attempt, replace(result, findings=findings))

    return tuple(map(told, made))


def not_made(made: Iterable[Attempt], error: AutofixError) -> tuple[Attempt, ...]:
    """Say to modules which all start what kept their change from being made."""
    code = error.exit_code
    if isinstance(error, InterruptedRunError):
        code = error.exit_status
    return tuple(
        _kept(
            each,
            replace(
                each.result, error=str(error), error_code=error.code, exit_code=code
            ),
        )
        for each in made
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A module's clean run, and what it changed; None where nothing had to."""

    project: Project
    attempt: Attempt
    delivery: UpgradeDelivery
    harvest: Harvest | None

    @property
    def files(self) -> frozenset[Path]:
        """Return what it changed, folders too."""
        found = self.harvest
        return (
            frozenset(found.root / each for each in found.names)
            if found
            else frozenset()
        )


def made_together(
    request: Request, journeys: Sequence[Journey], made: Sequence[Attempt]
) -> tuple[Attempt, ...]:
    """
    Change the project, or make the commit, and return what the results say then.

    Errors are those of ``workspace.apply`` and ``Repository.commits``, and
    ProjectLockedError: nothing is changed then.
    """
    parts = tuple(_parts(journeys, made))
    if not any(each.harvest for each in parts):
        return tuple(made)
    results = (
        _committed(request, parts)
        if request.commit
        else _applied(request.config, parts)
    )
    pairs = zip(made, results, strict=True)
    return tuple(_kept(attempt, result) for attempt, result in pairs)


def _parts(journeys: Sequence[Journey], made: Sequence[Attempt]) -> Iterator[_Part]:
    for journey, attempt in zip(journeys, made, strict=True):
        delivery = journey.last
        if delivery is None or delivery.share is None:
            continue
        yield _Part(
            project=journey.project,
            attempt=attempt,
            delivery=delivery,
            harvest=delivery.share.harvest,
        )


def _applied(config: Config, parts: Sequence[_Part]) -> list[RunResult]:
    """Change the project's folders, each file with its original in its run's folder."""
    changes, root = added_up(parts)
    backups = _backups(parts, root)
    state = state_home(os.environ)
    folders = [each.project.module_folder for each in parts]
    with ExitStack() as stack:
        for part in parts:
            own = replace(config, project=part.project.module_folder)
            stack.enter_context(held_project(own, state, part.project))
        intent = stack.enter_context(shared_intent(state, folders))
        apply(root, changes, backup=lambda name: backups[name], intent=intent)
    return [replace(part.attempt.result, applied=bool(part.harvest)) for part in parts]


def _backups(parts: Sequence[_Part], root: Path) -> dict[str, list[Path]]:
    """Map each name below ``root`` to where the runs that change it keep the original."""
    backups: dict[str, list[Path]] = {}
    for part in parts:
        if part.harvest is None:
            continue
        folder = Path(part.attempt.result.run_folder) / BACKUP
        for name in part.harvest.names:
            whole = _below(root, part.harvest, name)
            backups.setdefault(whole, []).append(folder / name)
    return backups


def _committed(request: Request, parts: Sequence[_Part]) -> list[RunResult]:
    """Make the commit, and a second one for ported code."""
    after = parts[0].delivery.moves.after
    projects = [each.project for each in parts]
    repository = repository_of(projects, request.branch_for(after))
    changes, root = added_up(parts)
    code = {path for part in parts for path in part.delivery.ported_files}
    pins = {name: new for name, new in changes.files.items() if root / name not in code}
    written = [
        repository.write(Change(root=root, files=files, trees=changes.trees))
        for files in ((pins, changes.files) if code else (changes.files,))
    ]
    results = [each.attempt.result for each in parts]
    ports = [each.delivery.port.result for each in parts if each.delivery.port]
    messages = [commit_message(*results)]
    if ports:
        messages.append(port_message(*ports))
    commit, made = repository.commits(tuple(zip(written, messages, strict=False)))
    ignored = written[-1].ignored
    return [
        _with_commit(
            part, repository.branch, commit, ignored, repository.root, made=made
        )
        for part in parts
    ]


def _with_commit(
    part: _Part,
    branch: str,
    commit: str,
    ignored: Sequence[str],
    root: Path,
    *,
    made: bool,
) -> RunResult:
    result = part.attempt.result
    if result.upgrade is None:
        return result
    told = replace(
        result.upgrade, branch=branch if commit else "", commit=commit, is_new=made
    )
    own = tuple(name for name in ignored if root / name in part.files)
    findings = (*result.findings, *ignored_findings(own, told.before))
    return replace(result, upgrade=told, findings=findings)


def added_up(parts: Sequence[_Part]) -> tuple[Changes, Path]:
    """
    Add up what runs have changed, and name it relative to the folder of all of it.

    A later run's file wins: it began with the earlier one's.
    """
    found = [each.harvest for each in parts if each.harvest]
    root = Path(os.path.commonpath([each.root for each in found]))
    files: dict[str, bytes | None] = {}
    trees: dict[str, Path] = {}
    expected: dict[str, str] = {}
    for each in found:
        changes = each.changes
        files |= {_below(root, each, name): new for name, new in changes.files.items()}
        trees |= {_below(root, each, name): new for name, new in changes.trees.items()}
        for name, was in changes.expected.items():
            expected.setdefault(_below(root, each, name), was)
    return Changes(files=files, expected=expected, trees=trees), root


def _below(root: Path, harvest: Harvest, name: str) -> str:
    return (harvest.root / name).relative_to(root).as_posix()


def _kept(attempt: Attempt, result: RunResult) -> Attempt:
    """Return an attempt with another result, which its run folder has then too."""
    unkept = attempt.unkept
    if result.run_folder:
        try:
            write_result(Path(result.run_folder), result_json(result))
        except AutofixError as error:
            unkept = error
    return replace(attempt, result=result, unkept=unkept)
