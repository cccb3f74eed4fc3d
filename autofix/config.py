"""
Every setting of autofix, declared once: as a field of ``Config``.

Its flag (``--max-rounds``), its variable (``AUTOFIX_MAX_ROUNDS``), its key in
``autofix.toml`` (``max-rounds``) and its line in ``autofix config`` all come from that
declaration, so they cannot drift apart. ``autofix.layers`` merges the layers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

PREFIX = "AUTOFIX_"


class Kind(StrEnum):
    """How a setting's value is written."""

    TEXT = "text"
    COUNT = "whole number"
    SECONDS = "duration"
    BYTES = "size"
    SWITCH = "true or false"
    PATH = "path"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting as its field of ``Config`` declares it."""

    name: str
    kind: Kind
    words: str
    group: str
    default: object
    metavar: str = ""
    choices: tuple[str, ...] = ()
    short: str = ""
    aliases: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    secret: bool = False
    """Whether its value is never shown."""

    @property
    def key(self) -> str:
        """Return its key in ``autofix.toml``."""
        return self.name.replace("_", "-")

    @property
    def flag(self) -> str:
        """Return its flag."""
        return f"--{self.key}"

    @property
    def variable(self) -> str:
        """Return its environment variable."""
        return PREFIX + self.name.upper()


def _about(kind: Kind, group: str, words: str, **more: object) -> dict[str, object]:
    return {"kind": kind, "group": group, "words": words, **more}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """
    Everything a command can be told; times are seconds.

    ``project`` is where the search for go.mod begins and can only be given on the
    command line. ``color`` is None until somebody decides; the terminal decides then.
    """

    project: Path = Path()

    nakama: str = field(
        default="",
        metadata=_about(
            Kind.TEXT,
            "Target",
            "The Nakama to match: a release (3.40.0) or a server image. Detected from the "
            "project's Dockerfile, compose file or go.mod if not given.",
            metavar="TAG|IMAGE",
        ),
    )
    package: str = field(
        default="",
        metadata=_about(
            Kind.TEXT,
            "Target",
            "The plugin's main package (./cmd/game), if the project has several.",
        ),
    )
    engine: str = field(
        default="auto",
        metadata=_about(
            Kind.TEXT,
            "Target",
            "Where plugins are built and servers run: in containers (docker), or as "
            "processes of this machine (local), which nothing keeps apart from it. "
            "'auto' takes Docker where it answers.",
            choices=("auto", "docker", "local"),
        ),
    )
    server: Path | None = field(
        default=None,
        metadata=_about(
            Kind.PATH,
            "Target",
            "The server's binary, for the local engine. Without it the nakama on the "
            "PATH is taken.",
            metavar="FILE",
        ),
    )
    database: str = field(
        default="",
        metadata=_about(
            Kind.TEXT,
            "Target",
            "A PostgreSQL for the local engine (user:password@host:port/name); each "
            "start makes a database of its own in it. Without it one is brought up.",
            metavar="ADDRESS",
            secret=True,
        ),
    )
    server_image: str = field(
        default="",
        metadata=_about(
            Kind.TEXT, "Target", "Start exactly this server image.", metavar="IMAGE"
        ),
    )
    builder_image: str = field(
        default="",
        metadata=_about(
            Kind.TEXT,
            "Target",
            "Build in exactly this image; its Go must be the server's.",
            metavar="IMAGE",
            aliases=("--builder",),
        ),
    )
    database_image: str = field(
        default="",
        metadata=_about(
            Kind.TEXT,
            "Target",
            "The PostgreSQL image of the run's own database.",
            metavar="IMAGE",
        ),
    )
    kit: bool = field(
        default=False,
        metadata=_about(
            Kind.SWITCH,
            "Target",
            "Where official images cannot be had, use the scenario kit's stand-ins "
            "(a test double, not Nakama).",
        ),
    )
    so: Path | None = field(
        default=None,
        metadata=_about(
            Kind.PATH,
            "Target",
            "A plugin already built: loaded first, before anything is built.",
            metavar="FILE",
        ),
    )
    modules: Path | None = field(
        default=None,
        metadata=_about(
            Kind.PATH,
            "Target",
            "A folder whose files are put beside the plugin in the server.",
            metavar="DIR",
        ),
    )
    server_config: Path | None = field(
        default=None,
        metadata=_about(
            Kind.PATH,
            "Target",
            "Nakama's own configuration file, for a plugin that needs its runtime.env.",
            metavar="FILE",
        ),
    )
    modules_txt: Path | None = field(
        default=None,
        metadata=_about(
            Kind.PATH,
            "Target",
            "Nakama's vendor/modules.txt, where its binary cannot be read.",
            metavar="FILE",
        ),
    )

    tags: str = field(
        default="",
        metadata=_about(
            Kind.TEXT,
            "Build",
            "Build tags, instead of those of the project's own build line.",
        ),
    )
    ldflags: str = field(
        default="",
        metadata=_about(
            Kind.TEXT,
            "Build",
            "Linker flags, instead of those of the project's own build line.",
        ),
    )
    blank_imports: bool = field(
        default=False,
        metadata=_about(
            Kind.SWITCH,
            "Build",
            "Also import each pinned module from a generated file (the classic "
            "advice; pins hold without it).",
        ),
    )
    ca_bundle: Path | None = field(
        default=None,
        metadata=_about(
            Kind.PATH,
            "Build",
            "Certificates that the builder trusts (PEM).",
            metavar="FILE",
            variables=("SSL_CERT_FILE",),
        ),
    )

    strategy: str = field(
        default="all",
        metadata=_about(
            Kind.TEXT,
            "Loop",
            "How pins are found: 'first' pins the first mismatch the server names, "
            "round by round; 'all' predicts every mismatch and pins it before the "
            "first build.",
            choices=("first", "all"),
        ),
    )
    max_rounds: int = field(
        default=60,
        metadata=_about(
            Kind.COUNT, "Loop", "Stop after this many rounds.", metavar="N"
        ),
    )
    max_time: float = field(
        default=7200.0,
        metadata=_about(
            Kind.SECONDS, "Loop", "Stop after this long (90s, 20m, 2h).", metavar="TIME"
        ),
    )
    build_timeout: float = field(
        default=1200.0,
        metadata=_about(
            Kind.SECONDS, "Loop", "Longest time for one build.", metavar="TIME"
        ),
    )
    startup_timeout: float = field(
        default=180.0,
        metadata=_about(
            Kind.SECONDS,
            "Loop",
            "Longest time for one start of the server.",
            metavar="TIME",
        ),
    )
    disk_reserve: int = field(
        default=10**9,
        metadata=_about(
            Kind.BYTES,
            "Loop",
            "Begin and go on only while this much is free on each disk that a run "
            "writes to (500MB, 2GB; of a small disk a twentieth is enough).",
            metavar="SIZE",
        ),
    )
    keep: bool = field(
        default=False,
        metadata=_about(
            Kind.SWITCH, "Loop", "Leave the run's containers for inspection."
        ),
    )

    dry_run: bool = field(
        default=False,
        metadata=_about(
            Kind.SWITCH,
            "Changes",
            "Change nothing in the project; exit 1 if something would change.",
        ),
    )
    diff: bool = field(
        default=False,
        metadata=_about(
            Kind.SWITCH, "Changes", "Like --dry-run, and print only the patch."
        ),
    )
    allow_dirty: bool = field(
        default=False,
        metadata=_about(
            Kind.SWITCH,
            "Changes",
            "Work although go.mod, go.sum or vendor/ have uncommitted changes.",
        ),
    )
    exit_non_zero_on_fix: bool = field(
        default=False,
        metadata=_about(
            Kind.SWITCH, "Changes", "Exit 1 if the project had to be changed."
        ),
    )

    output_format: str = field(
        default="text",
        metadata=_about(
            Kind.TEXT,
            "Output",
            "How the result is written to stdout.",
            choices=("text", "json"),
        ),
    )
    output: Path | None = field(
        default=None,
        metadata=_about(
            Kind.PATH,
            "Output",
            "Write the result to this file instead of stdout.",
            metavar="FILE",
            short="-o",
        ),
    )
    notify: str = field(
        default="",
        metadata=_about(
            Kind.TEXT,
            "Output",
            "Send the summary there at the end, good or bad: an address of apprise "
            "(slack://..., mailto://..., json://...), or several. It holds a token, so "
            "better give it as AUTOFIX_NOTIFY.",
            metavar="URL",
            secret=True,
        ),
    )
    log_format: str = field(
        default="console",
        metadata=_about(
            Kind.TEXT,
            "Output",
            "How progress is written to stderr.",
            choices=("console", "json"),
        ),
    )
    verbose: bool = field(
        default=False,
        metadata=_about(
            Kind.SWITCH, "Output", "Also show what the programs print.", short="-v"
        ),
    )
    quiet: bool = field(
        default=False,
        metadata=_about(Kind.SWITCH, "Output", "Show only the result.", short="-q"),
    )
    color: bool | None = field(
        default=None,
        metadata=_about(
            Kind.SWITCH, "Output", "Colours; by default only on a terminal."
        ),
    )
    run_dir: Path | None = field(
        default=None,
        metadata=_about(
            Kind.PATH,
            "Output",
            "Put this run's journal, logs and backup here.",
            metavar="DIR",
        ),
    )
    debug: bool = field(
        default=False,
        metadata=_about(Kind.SWITCH, "Output", "Show Python tracebacks of errors."),
    )


def _declared() -> Iterator[Setting]:
    for each in dataclasses.fields(Config):
        if each.metadata:
            yield Setting(name=each.name, default=each.default, **each.metadata)


SETTINGS: Mapping[str, Setting] = MappingProxyType({s.name: s for s in _declared()})
"""Every setting by its field's name, in the order of declaration."""
