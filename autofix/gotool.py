"""
The go command, run in a builder on the scratch copy of one module.

Planning writes: ``-mod=mod`` completes go.mod and go.sum, so that the build, which is
``-mod=readonly`` or ``-mod=vendor``, needs nothing more. Nothing here needs a flag
younger than Go 1.15, the Go of Nakama 3.0. ``go get`` and ``go mod tidy`` never run
on go.mod itself. What a go command refuses comes back as ``Failed``, not as an exception; a
download that fails for a reason that passes is tried again first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from posixpath import join, normpath

from autofix.core import golist
from autofix.core.comments import EXCLUDE, annotate, managed, required_modules
from autofix.core.golist import Listing
from autofix.core.gomod import GoMod, ModEdit, arguments, parse
from autofix.core.graph import demands
from autofix.core.model import EvidenceSource, ModuleVersion, Pin
from autofix.core.modtext import go_lines, with_go_lines
from autofix.core.observations import Demand, Edited, Failed, Selected, Vendored
from autofix.core.shellwords import one_by_one
from autofix.core.versions import bare_go, compare, go_language
from autofix.downloading import patiently
from autofix.engines.archive import Entry, unpack_bytes
from autofix.engines.base import Builder, CommandResult, Follow
from autofix.errors import ForeignImageError, InternalError
from autofix.retrying import RetryPolicy

GO_MOD = "go.mod"
EDIT = ("go", "mod", "edit")
READ = (*EDIT, "-json")
PINS_FILE = "autofix_pins.go"
MOST_BYTES = 64 << 20
"""No go.mod, go.sum or modules.txt comes near it."""
PLANNING_SECONDS = 900.0
"""A first planning downloads every module of the plugin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoTool:
    """
    One module in a builder.

    ``folder`` is the module's absolute folder in the builder, ``package`` the main
    package relative to it (``./cmd/plugin``), ``files`` those of its files that are
    the plugin, where they are not all, ``environment`` what reaches the module
    proxy or private modules. A workspace is ignored, as a Docker build ignores it.
    """

    builder: Builder
    folder: str
    package: str = "."
    others: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    environment: Mapping[str, str]
    vendored: bool = False
    tags: tuple[str, ...] = ()
    seconds: float = PLANNING_SECONDS
    retry: RetryPolicy = field(default_factory=RetryPolicy)

    def version(self) -> str:
        """Return the bare Go release; ForeignImageError if there is no Go."""
        result = self._go("version")
        words = _text(result.stdout).split()
        if not result.succeeded or words[:2] != ["go", "version"]:
            raise ForeignImageError(
                f"{self.builder.image.reference} is not a builder: it lacks a shell, go "
                "or timeout on its PATH.",
                why="Plugins are built in images like heroiclabs/nakama-pluginbuilder.",
                todo="Name the right one with --builder-image.",
            )
        return bare_go(words[2])

    def look(self) -> tuple[GoMod, Mapping[str, Selected]] | Failed:
        """
        Return go.mod, and each module that the plugin links with what is selected.

        No file is changed; from incomplete ones nothing ({}) can be listed.
        """
        answers = self._answers(READ, self.listing(self._building))
        if isinstance(answers, Failed):
            gomod = self.read()
            return gomod if isinstance(gomod, Failed) else (gomod, {})
        gomod = parse(answers[0])
        listing = golist.parse_packages(_text(answers[1]))
        return gomod, golist.with_replaces_of(gomod, listing.linked)

    def read(self) -> GoMod | Failed:
        """Read go.mod, also one with a go line that the builder's Go cannot read."""
        result = self._run(READ)
        if result.succeeded:
            return parse(result.stdout)
        newer = None if result.evidence.timed_out else self._read_newer()
        return newer or Failed(evidence=result.evidence)

    def edit(self, edit: ModEdit, pins: Iterable[Pin] = ()) -> Edited | Failed:
        """
        Edit go.mod, let the go command complete it, and read every pin back.

        A required module that go.mod did not name before is marked ``// indirect``;
        the go command takes the mark off again if the plugin imports it.
        """
        pins = tuple(pins)
        before, answers = self._written(
            edit,
            self.listing("-mod=mod"),
            READ,
            ["cat", GO_MOD],
            _selecting([pin.module for pin in pins]),
        )
        if isinstance(answers, Failed):
            return self._failed(answers, before)
        listing = golist.parse_packages(_text(answers[0]))
        gomod, text = parse(answers[1]), _text(answers[2])
        selected = golist.parse_modules(_text(answers[3]))
        selected = golist.with_replaces_of(gomod, selected)
        wanted = {pin.module: pin.version for pin in pins}
        held_up = any(
            compare(found.version, wanted[module]) > 0
            for module, found in selected.items()
            if module in wanted
        )
        return Edited(
            gomod=gomod,
            selected=selected,
            demands=self.demands(wanted, gomod.module) if held_up else (),
            linked=golist.with_replaces_of(gomod, listing.linked),
            own_excludes=frozenset(
                each.module
                for each in (managed(text) if gomod.excludes else ())
                if each.verb == EXCLUDE
            ),
        )

    def demands(self, pins: Mapping[str, str], main: str) -> tuple[Demand, ...]:
        """
        List who requires pinned modules above their pins; none if nothing can tell.

        The graph needs the go.mod files of modules that nothing links; one that is
        private or gone must not end a run that works without it.
        """
        result = self._go("mod", "graph")
        return demands(_text(result.stdout), pins, main) if result.succeeded else ()

    def ask(self, script: str, *words: str) -> CommandResult:
        """Run a shell script beside go.mod, again where a download in it broke."""
        return self._patiently(lambda: self._run(["sh", "-c", script, "sh", *words]))

    def annotated(self, notes: Callable[[str], Mapping[ModuleVersion, str]]) -> bytes:
        """
        Return go.mod with notes behind its lines; the file itself stays.

        ``notes`` chooses them by the file's text. InternalError if the go command
        does not read the same content from both.
        """
        answers = self._answers(READ, ["cat", GO_MOD])
        if isinstance(answers, Failed):
            return self.file(GO_MOD)
        before, old = answers
        text = old.decode("utf-8", "surrogateescape")
        new = annotate(text, notes(text)).encode("utf-8", "surrogateescape")
        if new != old:
            after = self._read_copy(new)
            if not after.succeeded or parse(after.stdout) != parse(before):
                raise InternalError(
                    "A comment changed what the go command reads from go.mod.",
                    why="This is a bug in autofix.",
                    todo="Report it with the go.mod; the project is as it was.",
                )
        return new

    def vendor(self) -> Vendored | Failed:
        """Bring vendor/ in step with go.mod."""
        result = self._go("mod", "vendor")
        return Vendored() if result.succeeded else Failed(evidence=result.evidence)

    def build(
        self,
        build_arguments: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        seconds: float,
        follow: Follow | None = None,
    ) -> CommandResult:
        """
        Run ``go build`` with the given arguments and nothing added.

        ``environment`` holds what the user's own build line sets (``GOAMD64`` …).
        """
        return self._patiently(
            lambda: self.builder.run(
                ["go", "build", *build_arguments],
                folder=self.folder,
                environment={
                    **(environment or {}),
                    **self._environment(self._building),
                },
                seconds=seconds,
                source=EvidenceSource.BUILD,
                follow=follow,
            )
        )

    def blank_imports(self, modules: Iterable[str]) -> tuple[str, ...] | Failed:
        """
        Write a Go file that imports one linked package of each module for its effect.

        Returns the packages; a module none of whose linked packages may be imported
        from the plugin has none. The classic advice; pins hold without it.
        """
        before = self.text()
        listing = self._list()
        if isinstance(listing, Failed):
            return self._failed(listing, before)
        packages = tuple(
            package
            for module in modules
            if (package := listing.importable(module)) is not None
        )
        if packages:
            name = normpath(join(self.package, PINS_FILE))
            self.put(name, golist.pins_file(packages).encode())
            listing = self._list()  # takes the // indirect marks off
        if isinstance(listing, Failed):
            return self._failed(listing, before)
        return packages

    def text(self) -> str:
        """Return go.mod as text; bytes that are no UTF-8 survive a ``put``."""
        return self.file(GO_MOD).decode("utf-8", "surrogateescape")

    def file(self, name: str) -> bytes:
        """Return one file of the module; FileNotFoundError if it is not there."""
        return unpack_bytes(self.fetch(name), size=MOST_BYTES)

    def fetch(self, name: str) -> Iterator[bytes]:
        """Yield a tar stream of a file or folder of the module."""
        return self.builder.fetch(normpath(join(self.folder, name)))

    @property
    def _building(self) -> str:
        """Return the mode in which the plugin is built, which writes nothing."""
        return "-mod=vendor" if self.vendored else "-mod=readonly"

    def _written(
        self, edit: ModEdit, *reading: Sequence[str]
    ) -> tuple[str, list[bytes] | Failed]:
        """
        Edit go.mod and read it, mostly in one call.

        Returns the text it had before ("" for an empty edit), and the answers. Lines
        that an old Go cannot read are edited as text.
        """
        if edit.is_empty:
            return "", self._answers(*reading)
        editing = [*EDIT, *arguments(edit)]
        result = self._run(one_by_one(["cat", GO_MOD], editing, *reading))
        text, *answers = result.stdout.split(b"\0")
        before = text.decode("utf-8", "surrogateescape")
        if not answers:
            return "", Failed(evidence=result.evidence)
        if len(answers) == 1 and not result.succeeded:
            result = self._edit_as_text(edit, before) or result
            if not result.succeeded:
                return before, Failed(evidence=result.evidence)
        added = {each.path for each in edit.requires} - required_modules(before)
        if added:
            self._put_text(annotate(self.text(), {}, added))
        if len(answers) > len(reading) and result.succeeded and not added:
            return before, answers[1:]
        return before, self._answers(*reading)

    def _edit_as_text(self, edit: ModEdit, before: str) -> CommandResult | None:
        """Edit go and toolchain lines as text and the rest as usual; None if no such."""
        if not (edit.go or edit.drop_toolchain):
            return None
        self._put_text(
            with_go_lines(before, go=edit.go, drop_toolchain=edit.drop_toolchain)
        )
        rest = replace(edit, go="", drop_toolchain=False)
        return self._run([*EDIT, "-fmt", *arguments(rest)])

    def _read_newer(self) -> GoMod | None:
        """Read a copy of go.mod with go and toolchain lines as Go before 1.21 has them."""
        text = self.text()
        go, toolchain = go_lines(text)
        readable = go_language(go)
        lowered = with_go_lines(text, go=readable, drop_toolchain=True)
        if lowered == text:
            return None
        result = self._read_copy(lowered.encode("utf-8", "surrogateescape"))
        if not result.succeeded:
            return None
        return replace(parse(result.stdout), go=go, toolchain=toolchain)

    def _read_copy(self, content: bytes) -> CommandResult:
        """Let the go command read ``content`` as a go.mod that is gone again."""
        copy = f"{GO_MOD}.autofix"
        self.put(copy, content)
        return self._run(one_by_one([*READ, copy], lastly=["rm", copy]))

    def _list(self) -> Listing | Failed:
        answers = self._answers(self.listing("-mod=mod"))
        if isinstance(answers, Failed):
            return answers
        return golist.parse_packages(_text(answers[0]))

    @property
    def patterns(self) -> tuple[str, ...]:
        """Return what the go command is asked for: the plugins' packages, or files."""
        return self.files or (self.package, *self.others)

    def listing(self, mod: str) -> tuple[str, ...]:
        """Return the command that lists what the plugin links, in a -mod mode."""
        tags = [f"-tags={','.join(self.tags)}"] if self.tags else []
        form = ("-f", golist.TEMPLATE)
        return ("go", "list", mod, "-deps", *tags, *form, *self.patterns)

    def _answers(self, *commands: Sequence[str]) -> list[bytes] | Failed:
        """Return what each command wrote; the first that fails ends it."""
        result = self.together(*commands)
        if not result.succeeded:
            return Failed(evidence=result.evidence)
        return result.stdout.split(b"\0")

    def together(
        self, *commands: Sequence[str], lastly: Sequence[str] = ()
    ) -> CommandResult:
        """
        Run commands up to the first that fails, with a NUL between their outputs.

        ``lastly`` is run in any case, for what it does. One shell runs them: each call
        of a container costs 50 ms.
        """
        return self._patiently(lambda: self._run(one_by_one(*commands, lastly=lastly)))

    def _failed(self, failed: Failed, before: str) -> Failed:
        """
        Add go.mod as it stands to a failure.

        What was edited stays, because the next edit goes on from it; but an edit
        that made the file unreadable is undone (``before`` is "" if there was none).
        """
        gomod = self.read()
        if isinstance(gomod, Failed) and before:
            self._put_text(before)
            gomod = self.read()
        return failed if isinstance(gomod, Failed) else replace(failed, gomod=gomod)

    def _put_text(self, text: str) -> None:
        self.put(GO_MOD, text.encode("utf-8", "surrogateescape"))

    def put(self, name: str, content: bytes) -> None:
        """Write one file of the module."""
        self.builder.put([Entry(name=name, content=content)], self.folder)

    def _go(self, *words: str) -> CommandResult:
        return self._patiently(lambda: self._run(["go", *words]))

    def _patiently(self, call: Callable[[], CommandResult]) -> CommandResult:
        return patiently(self.retry, call)

    def _run(self, words: Sequence[str]) -> CommandResult:
        return self.builder.run(
            words,
            folder=self.folder,
            environment=self._environment("-mod=mod"),
            seconds=self.seconds,
        )

    def _environment(self, mod: str) -> dict[str, str]:
        """
        Return the environment of every go command.

        GOFLAGS must not be empty: an empty one lets ``go env -w`` settings through.
        """
        return {
            **self.environment,
            "GO111MODULE": "on",
            "GOFLAGS": mod,
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
        }


def _selecting(modules: Sequence[str]) -> tuple[str, ...]:
    """Return the command that tells what is selected of modules."""
    if not modules:
        return ("true",)
    # -e: a module that nothing requires is an entry with an error, not the end
    return ("go", "list", "-mod=mod", "-m", "-e", "-json", *modules)


def _text(answer: bytes) -> str:
    return answer.decode("utf-8", "replace")
