"""A reduction ends with the smallest plugin that fails the same way, and resumes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from autofix.core.gocuts import Cut, GoFile, GoPart, PartKind
from autofix.core.gomod import GoMod, ModEdit, Requirement
from autofix.core.model import Answer, Diagnosis, FailureClass, ModuleVersion
from autofix.core.sameness import Failure
from autofix.core.state import Phase
from autofix.reducing.candidates import digest_of, files_of, with_changes
from autofix.reducing.oracle import Edits
from autofix.reducing.progress import Progress
from autofix.reducing.reducer import Limit, Limits, Outcome, Reducer

CULPRIT = "example.com/m12"
FAILURE = Failure(
    phase=Phase.LOAD,
    diagnosis=Diagnosis(
        name="package-version-differs",
        failure_class=FailureClass.GO_DEPENDENCY,
        answer=Answer.PIN,
        words="",
        remedy="",
        quoted="",
        facts={"package": f"{CULPRIT}/deep", "module": CULPRIT},
    ),
)
SERVER = {f"example.com/m{number}": "v1.1.0" for number in range(40)}


class KilledError(Exception):
    """A kill, seen from the inside."""


@dataclass
class Line:
    """
    A world in which each line of a Go file is a declaration or an import.

    go.mod has a requirement a line. The plugin fails if it has InitModule, imports
    ``needed`` and requires it at another version than the server; a package that is
    imported must be required. ``judged`` holds the candidates that were asked about.
    """

    needed: str = CULPRIT
    patience: int = 10_000
    judged: list[str] = field(default_factory=list)

    def still_fails(self, folder: Path, failure: Failure) -> bool:
        """Tell whether a candidate fails the same way."""
        assert failure == FAILURE
        if len(self.judged) >= self.patience:
            raise KilledError
        self.judged.append(digest_of(folder))
        lines = [line for text in _go(folder).values() for line in text.splitlines()]
        imported = {line.split()[1] for line in lines if line.startswith("import")}
        required = _required(folder)
        return (
            "func InitModule" in lines
            and imported <= required.keys()
            and self.needed in imported
            and required[self.needed] != SERVER[self.needed]
        )

    def server_modules(self) -> dict[str, str]:
        """Return what the server links."""
        return SERVER

    def go_parts(self, folder: Path, names: Sequence[str]) -> tuple[GoFile, ...]:
        """List every line but InitModule's."""
        return tuple(_listed(name, (folder / name).read_text()) for name in names)

    def formatted(self, folder: Path, names: Sequence[str]) -> dict[str, bytes]:
        """Leave out empty lines."""
        return {
            name: "".join(
                f"{line}\n"
                for line in (folder / name).read_text().splitlines()
                if line.strip()
            ).encode()
            for name in names
        }

    def go_mod(self, folder: Path) -> GoMod:
        """Read go.mod."""
        return GoMod(
            module="example.com/p",
            go="1.26",
            toolchain="",
            requires=tuple(
                Requirement(module=ModuleVersion(path=path, version=version))
                for path, version in _required(folder).items()
            ),
        )

    def edited(self, folder: Path, edit: ModEdit) -> Edits:
        """Drop and set requirements."""
        wanted = {each.path: each.version for each in edit.requires}
        lines = {
            path: wanted.get(path, version)
            for path, version in _required(folder).items()
            if path not in edit.drop_requires
        }
        text = "".join(f"{path} {version}\n" for path, version in lines.items())
        content = {"go.mod": text.encode()}
        with_changes(folder, folder.parent / "edited", dict(content))
        return Edits(files=dict(content), gomod=self.go_mod(folder.parent / "edited"))

    def summed(self, folder: Path) -> bytes:
        """Keep the sums of what is required."""
        return "".join(f"{path}\n" for path in _required(folder)).encode()


class Unwatched:
    """Remembers the accepted steps."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def trying(self, *, step: int, noun: str, left: int, without: int) -> None:
        """Something smaller is asked about."""
        assert 0 < without <= left
        assert step > 0
        assert noun

    def accepted(self, *, step: int, noun: str, left: int, of: int) -> None:
        """Keep the line."""
        assert step > 0
        self.lines.append(f"{of} {noun} -> {left}")


def _go(folder: Path) -> dict[str, str]:
    return {
        name: (folder / name).read_text()
        for name in files_of(folder)
        if name.endswith(".go") and not name.endswith("_test.go")
    }


def _required(folder: Path) -> dict[str, str]:
    lines = (folder / "go.mod").read_text().splitlines()
    return {path: version for path, _, version in (x.partition(" ") for x in lines)}


def _listed(name: str, text: str) -> GoFile:
    parts, at = [], 0
    for line in text.splitlines(keepends=True):
        cut = Cut(start=at, end=at + len(line))
        at += len(line)
        if line.startswith("import"):
            path = line.split()[1]
            parts.append(GoPart(kind=PartKind.IMPORT, name=path, cuts=(cut,)))
        elif line.strip() and not line.startswith("func InitModule"):
            kind = PartKind.DECLARATION
            parts.append(GoPart(kind=kind, name=line.strip(), cuts=(cut,)))
    return GoFile(name=name, parts=tuple(parts))


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """Return a plugin of 40 imports, three files, a test and a Dockerfile."""
    folder = tmp_path / "plugin"
    files = {
        "main.go": "func InitModule\n\nfunc helper\n",
        "libraries.go": "".join(f"import {each}\n" for each in SERVER),
        "more/more.go": "func more\ntype T\n",
        "main_test.go": "func TestInit\n",
        "Dockerfile": "FROM scratch\n",
        "go.mod": "".join(f"{each} v1.0.{n}\n" for n, each in enumerate(SERVER)),
        "go.sum": "".join(f"{each}\n" for each in ("old", *SERVER)),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def reduce(
    plugin: Path,
    oracle: Line,
    limits: Limits | None = None,
    clock: Callable[[], float] = lambda: 0.0,
) -> tuple[Outcome, list[str]]:
    """Reduce a plugin; the state is beside it."""
    watcher = Unwatched()
    home = plugin.parent
    reducer = Reducer(
        oracle=oracle,
        failure=FAILURE,
        progress=Progress.found(home / "progress", "why", plugin),
        module=".",
        scratch=home / "scratch",
        watcher=watcher,
        limits=limits or Limits(),
        clock=clock,
    )
    return reducer.reduced(), watcher.lines


def texts(folder: Path) -> dict[str, str]:
    """Return every file's content."""
    return {name: (folder / name).read_text() for name in files_of(folder)}


SMALLEST = {
    "go.mod": f"{CULPRIT} v1.0.12\n",
    "go.sum": f"{CULPRIT}\n",
    "libraries.go": f"import {CULPRIT}\n",
    "main.go": "func InitModule\n",
}


def test_only_what_the_failure_needs_is_left(plugin: Path) -> None:
    """One requirement, one import, InitModule, and their files."""
    before = texts(plugin)
    outcome, lines = reduce(plugin, oracle := Line())

    assert SMALLEST == texts(outcome.folder)
    assert outcome.limit is None
    assert len(oracle.judged) == outcome.steps
    assert outcome.steps <= 25
    assert "40 imports -> 1" in lines
    assert before == texts(plugin)


def test_nothing_is_asked_twice(plugin: Path) -> None:
    """The same candidate comes about in several stages."""
    reduce(plugin, oracle := Line())

    assert len(set(oracle.judged)) == len(oracle.judged)


def test_a_failure_that_nothing_points_to_is_reduced_too(plugin: Path) -> None:
    """Another module than the diagnosis names is needed: the guess is refused."""
    outcome, _ = reduce(plugin, oracle := Line(needed="example.com/m31"))

    assert "import example.com/m31\n" == texts(outcome.folder)["libraries.go"]
    assert "example.com/m31 v1.0.31\n" == texts(outcome.folder)["go.mod"]
    assert len(oracle.judged) <= 60


@pytest.mark.parametrize("killed", [0, 1, 3, 7, 12])
def test_a_killed_reduction_goes_on_where_it_was(plugin: Path, killed: int) -> None:
    """It ends with the same plugin, and nothing is judged again."""
    whole, _ = reduce(plugin, one := Line())
    first, second = Line(patience=killed), Line()
    other = plugin.parent / "other" / "plugin"
    with_changes(plugin, other, {})
    with pytest.raises(KilledError):
        reduce(other, first)
    resumed, _ = reduce(other, second)

    assert texts(whole.folder) == texts(resumed.folder)
    assert one.judged == [*first.judged, *second.judged]
    assert whole.steps == resumed.steps


@dataclass
class Growing(Line):
    """A world in which the go command adds a line wherever a version is set."""

    def edited(self, folder: Path, edit: ModEdit) -> Edits:
        """Require one module more."""
        made = super().edited(folder, edit)
        if not edit.requires or made.gomod is None:
            return made
        more = Requirement(module=ModuleVersion(path="example.com/m3", version="v1"))
        gomod = replace(made.gomod, requires=(*made.gomod.requires, more))
        content = made.files["go.mod"] + b"example.com/m3 v1\n"
        return Edits(files={"go.mod": content}, gomod=gomod)


def test_stages_do_not_undo_each_other_for_ever(plugin: Path) -> None:
    """A version that costs a line is not set: the line would be taken again."""
    outcome, _ = reduce(plugin, Growing(needed="example.com/m31"))

    assert outcome.limit is None
    assert outcome.stages <= 27
    assert "example.com/m31 v1.0.31\n" == texts(outcome.folder)["go.mod"]


def test_a_limit_leaves_what_was_reached_and_more_goes_on(plugin: Path) -> None:
    """What is left still fails; with more steps the rest follows."""
    cut, _ = reduce(plugin, oracle := Line(), Limits(steps=4))

    assert Limit.STEPS is cut.limit
    assert 4 == len(oracle.judged)
    assert oracle.still_fails(cut.folder, FAILURE)

    outcome, _ = reduce(plugin, Line())

    assert SMALLEST == texts(outcome.folder)


def test_time_is_a_limit_too(plugin: Path) -> None:
    """Each look at the clock is a minute later."""
    minutes = iter(range(100))
    cut, _ = reduce(
        plugin, Line(), Limits(seconds=180), clock=lambda: 60.0 * next(minutes)
    )

    assert Limit.TIME is cut.limit
    assert 2 == cut.steps


def test_answers_to_another_question_are_forgotten(plugin: Path) -> None:
    """Another failure, or another server, makes all of them worthless."""
    reduce(plugin, Line())
    progress = Progress.found(plugin.parent / "progress", "why not", plugin)

    assert (0, 0) == (progress.steps, progress.stage)
    assert texts(plugin) == texts(progress.base)


def test_a_line_cut_short_by_a_kill_is_not_an_answer(plugin: Path) -> None:
    """The question is asked again."""
    folder = plugin.parent / "progress"
    Progress.found(folder, "why", plugin).answer("0123", fails=True, what="all")
    with (folder / "answers.jsonl").open("a") as file:
        file.write('{"candidate": "4567", "fa')

    resumed = Progress.found(folder, "why", plugin)
    resumed.answer("89ab", fails=False, what="none")

    assert {"0123": True} | {"89ab": False} == resumed.answers
    assert resumed.answers == Progress.found(folder, "why", plugin).answers
