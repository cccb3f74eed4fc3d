"""
A scenario as a value, and its ``scenario.toml``.

A folder with a ``scenario.toml`` is one: a small plugin as its user has it
(``plugin/``), what cannot be committed (``[[prepare]]``), how autofix is called and
what must come of it (``[expect]``). A catalogue is a folder of such folders. The keys
are listed in ``scenarios/README.md`` of the repository; an unknown one is an error.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autofix.errors import ScenarioError

FILE = "scenario.toml"
PLUGIN = "plugin"
GIVEN = "given"
MODULES = "modules"
PRIVATE = "private"
"""What a scenario's folder holds beside its file; only the plugin must be there."""

ENGINES = ("docker", "local")
STRATEGIES = ("all", "first")
PINNING: Mapping[str, str] = {
    "A1": "the go line of go.mod is above the server's Go",
    "A2": "the go line of go.work is",
    "A3": "the go line of a replaced folder is",
    "A4": "a shared module wants a newer Go",
    "A5": "a module that is not shared wants a newer Go",
    "A6": "go.sum is missing or incomplete",
    "A7": "a module cannot be downloaded",
    "A8": "the checksum database has no entry",
    "A9": "the code is ported already, go.mod is not",
    "B": "the server names a package of another version",
    "C10": "go get would look at a latest version that wants a newer Go",
    "C11": "go get would walk the versions of a private module",
    "C12": "a replace defeats the pin",
    "C13": "a pin lifts go.mod's go line above go.work's",
    "C14": "vendor/ no longer matches go.mod after a pin",
    "C15": "go mod tidy would undo the pin",
    "D16": "a dependant is too new for a lowered module",
    "D17": "a dependant is too old for a raised module",
    "D18": "the project's own code is older than the pinned API",
    "D19": "a library's code is older than the pinned API",
    "E20": "nakama check says nothing where there is no plugin",
    "F": "versions differ of a module whose packages are not shared",
}
"""What 46 real pairs of plugin and server did to a planner, by class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildStep:
    """
    Build the plugin as its user did, into a file outside the project.

    ``builder`` is the pluginbuilder's release, ``requires`` (``module@version``) are
    set in go.mod for this build only.
    """

    output: str
    builder: str
    flags: tuple[str, ...] = ("-trimpath",)
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorStep:
    """
    Make vendor/ with the Go of a release's builder.

    ``private`` are modules that go.mod replaces by a folder; replace and folder are
    taken away afterwards, so that the module can be had only in vendor/.
    """

    builder: str
    private: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineStep:
    """Make a built file claim another processor in its ELF header."""

    file: str
    machine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteStep:
    """Write a file: text, or bytes in hex padded with zeros to ``length``."""

    file: str
    text: str = ""
    hex: str = ""
    length: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptStep:
    """
    Run a shell script over a copy of the project, and keep what it leaves at $RESULT.

    ``builder`` is the pluginbuilder's release whose Go it finds. Without containers
    ``$SERVER`` is the server's binary; with ``database``, ``$DATABASE`` is the address
    of an empty one.
    """

    output: str
    builder: str
    script: str
    database: bool = False


Step = BuildStep | VendorStep | MachineStep | WriteStep | ScriptStep


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateModule:
    """
    A module that only a private host serves; its source is in ``private/``.

    ``variable`` is the one by which its user names the host to Go; without
    ``credentials`` the user has none for it.
    """

    path: str
    version: str
    variable: str = "GOPRIVATE"
    credentials: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedDiagnosis:
    """One diagnosis; what is "" is not compared. ``says`` is part of the quoted line."""

    failure_class: str
    name: str = ""
    module: str = ""
    package: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """
    What must come of a run; what is None is not compared.

    ``end`` is the typed end (``explained`` where nothing is run), ``error`` the code of
    an error that prevents a run; one of them is given. ``builds`` are those of a run as
    users have it (default: one that ends clean has one); ``classic_builds`` are those
    of ``--strategy first``, which hears of one mismatch at a time, as are
    ``diagnoses`` (those of the only strategy, if that is another). ``files`` are the
    paths git sees changed afterwards, vendor/ as one.
    """

    exit_code: int
    end: str = ""
    error: str = ""
    builds: int | None = None
    classic_builds: int | None = None
    diagnoses: tuple[ExpectedDiagnosis, ...] = ()
    pins: Mapping[str, str] = field(default_factory=dict)
    fits: Mapping[str, str] = field(default_factory=dict)
    excludes: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    output_contains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """
    One scenario.

    ``folder`` is where autofix is run, below ``plugin/``; in ``options`` the word
    ``{work}`` stands for the folder the scenario was staged in. ``strategies`` are
    those it is run with; the first one is enough to see it. ``pinning`` names the
    classes of failures it shows, of those that real plugins taught (``PINNING``).
    ``engines`` are those it can be run on; ``engines_why`` says why not on the others.
    ``explains`` is a file that ``autofix explain`` is given; nothing is run then.
    """

    name: str
    path: Path
    title: str
    story: str
    nakama: str
    expect: Expectation
    folder: str = "."
    options: tuple[str, ...] = ()
    prepare: tuple[Step, ...] = ()
    strategies: tuple[str, ...] = STRATEGIES
    pinning: tuple[str, ...] = ()
    private: PrivateModule | None = None
    engines: tuple[str, ...] = ENGINES
    engines_why: str = ""
    explains: str = ""

    @property
    def releases(self) -> tuple[str, ...]:
        """List the Nakama releases whose images it needs."""
        steps = (getattr(step, "builder", "") for step in self.prepare)
        return tuple(dict.fromkeys(tag for tag in (self.nakama, *steps) if tag))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A folder of scenarios."""

    folder: Path

    def names(self) -> tuple[str, ...]:
        """List every scenario, in alphabetical order."""
        return tuple(sorted(path.parent.name for path in self.folder.glob(f"*/{FILE}")))

    def load(self, name: str) -> Scenario:
        """Read one scenario; ScenarioError lists those there are if it is none."""
        folder = self.folder / name
        if not (folder / FILE).is_file():
            known = ", ".join(self.names()) or "none"
            raise ScenarioError(
                f"No scenario {name!r} in {self.folder}.", why=f"There are: {known}."
            )
        return load(folder)


def load(folder: Path) -> Scenario:
    """Read one scenario's folder; ScenarioError says what is wrong with its file."""
    path = folder / FILE
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        return _scenario(folder.name, folder, content)
    except (OSError, ValueError, TypeError, KeyError, ScenarioError) as error:
        raise ScenarioError(f"{path} cannot be read: {error}") from error


def _scenario(name: str, path: Path, content: dict[str, Any]) -> Scenario:
    command = content.pop("command", {})
    unknown = set(command) - {"folder", "options", "explains"}
    if unknown:
        raise ScenarioError(f"unknown in [command]: {', '.join(sorted(unknown))}")
    steps = tuple(_step(table) for table in content.pop("prepare", ()))
    expect = _expectation(content.pop("expect"))
    private = content.pop("private", {})
    return Scenario(
        name=name,
        path=path,
        expect=expect,
        prepare=steps,
        folder=command.get("folder", "."),
        options=tuple(command.get("options", ())),
        explains=command.get("explains", ""),
        strategies=_some_of(STRATEGIES, content.pop("strategies", STRATEGIES)),
        pinning=_some_of(PINNING, content.pop("pinning", ())),
        private=PrivateModule(**private) if private else None,
        engines=_some_of(ENGINES, content.pop("engines", ENGINES)),
        **content,
    )


def _some_of(known: Iterable[str], named: Iterable[str]) -> tuple[str, ...]:
    chosen = tuple(named)
    if unknown := set(chosen) - set(known):
        raise ScenarioError(f"not among {', '.join(known)}: {', '.join(unknown)}")
    return chosen


ACTIONS: dict[str, type[Step]] = {
    "build": BuildStep,
    "vendor": VendorStep,
    "machine": MachineStep,
    "write": WriteStep,
    "script": ScriptStep,
}


def _step(table: dict[str, Any]) -> Step:
    action = table.pop("action")
    if action not in ACTIONS:
        raise ScenarioError(f"unknown action {action!r} in [[prepare]]")
    return ACTIONS[action](**_frozen(table))


def _expectation(table: dict[str, Any]) -> Expectation:
    diagnoses = tuple(
        ExpectedDiagnosis(failure_class=each.pop("class"), **each)
        for each in table.pop("diagnoses", ())
    )
    if bool(table.get("end")) == bool(table.get("error")):
        raise ScenarioError("[expect] needs either end or error")
    if table["end" if "end" in table else "error"] == "clean":
        table.setdefault("builds", 1)
    return Expectation(diagnoses=diagnoses, **_frozen(table))


def _frozen(table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in table.items()
    }
