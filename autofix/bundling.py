"""
``autofix reproduce --bundle``: one file with all that reproducing a run elsewhere needs.

What leaves the machine is a copy in which credentials, people's names in paths and
modules that Go was told are private do not occur; the manifest says what was left out.
Equal runs give equal bytes: members in order, no times, no owners.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from autofix import __version__
from autofix.bundledsources import CleanSources
from autofix.compressed import compressing
from autofix.core.hiding import everywhere, hidden, hidden_everywhere, without_home
from autofix.core.journal import Entry as JournalEntry
from autofix.core.journal import Header, JournalError, first_difference
from autofix.core.manifest import LeftOut, Manifest, Member, manifest_text
from autofix.durable import disk_errors, sync
from autofix.engines.archive import Entry, pack, pack_compressed
from autofix.errors import RunUnreadableError, UsageError
from autofix.inputs import FOLDER as INPUTS
from autofix.inputs import (
    MOST_BYTES,
    SETTINGS_FILE,
    SOURCES,
    read_inputs,
    unpack_sources,
)
from autofix.linkedfiles import FOLDER as LINKED
from autofix.report.json import document
from autofix.runfolder import JOURNAL, OWNER, RESULT
from autofix.runs import Run, end_of, read_journal
from autofix.scratch import scratch_folder
from autofix.unbundling import MANIFEST

SUFFIXES = (".tar.gz", ".tgz", ".tar.zst", ".tzst")
EVENTS = "events.jsonl"
MOST_JOURNAL = 32 << 20
MOST_LOG = 1 << 20
"""Of a longer log only the beginning and the end are taken, half of this each."""
MOST_LOGS = 32 << 20
MOST_LOG_FILES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundled:
    """A bundle that was written; ``size`` is in bytes."""

    path: Path
    size: int
    manifest: Manifest


def write_bundle(
    run: Run, out: Path, *, sources: bool = True, private: tuple[str, ...] = ()
) -> Bundled:
    """
    Pack a run into ``out``, which appears whole or not at all.

    ``private`` are the patterns of GOPRIVATE: vendored copies of such modules are left
    out. UsageError for a name that is no bundle's, RunUnreadableError for a journal
    that is far too long; DiskFullError and its kin.
    """
    if not out.name.endswith(SUFFIXES):
        raise UsageError(
            f"{out} does not say what kind of file it is.",
            todo=f"Let its name end with one of {', '.join(SUFFIXES)}.",
        )
    if not out.parent.is_dir():
        raise UsageError(f"There is no folder {out.parent} to write {out.name} to.")
    with disk_errors(f"The bundle {out} cannot be written"), scratch_folder() as folder:
        stage = _Stage(run=run, folder=folder / "bundle", private=private)
        manifest = stage.fill(sources=sources)
        members = [
            Entry(name=each.name, content=stage.folder / each.name, modified=0)
            for each in manifest.members
        ]
        first = Entry(name=MANIFEST, content=manifest_text(manifest).encode())
        partial = out.with_name(f".{out.name}.partial{_suffix(out)}")
        try:
            with compressing(partial) as file:
                for piece in pack((first, *members)):
                    file.write(piece)
            with partial.open("rb") as written:
                sync(written.fileno())
            partial.replace(out)
        finally:
            partial.unlink(missing_ok=True)
        return Bundled(path=out, size=out.stat().st_size, manifest=manifest)


def _suffix(path: Path) -> str:
    return next(each for each in SUFFIXES if path.name.endswith(each))


@dataclass(slots=True, kw_only=True)
class _Stage:
    """The bundle's files as they are laid out before they are packed."""

    run: Run
    folder: Path
    private: tuple[str, ...]
    left_out: list[LeftOut] = field(default_factory=list)

    def fill(self, *, sources: bool) -> Manifest:
        """Lay out every member and describe them."""
        self.folder.mkdir()
        self._about()
        replays = self._journal()
        self._result(with_diff=sources)
        self._logs()
        self._linked()
        has_sources = sources and self._inputs()
        if not sources:
            self._leave(INPUTS, "asked for without sources")
        self._leave_rest()
        return Manifest(
            autofix=__version__,
            run_id=self.run.about.run_id,
            began=self.run.about.began,
            end=end_of(self.run),
            sources=has_sources,
            replays=replays,
            made_with=_made_with(self.run),
            members=tuple(self._members()),
            left_out=tuple(self.left_out),
        )

    @property
    def _path(self) -> Path:
        return self.run.about.path

    def _leave(self, name: str, why: str) -> None:
        self.left_out.append(LeftOut(name=name, why=why))

    def _members(self) -> Iterator[Member]:
        names = (
            path.relative_to(self.folder).as_posix()
            for path in self.folder.rglob("*")
            if path.is_file()
        )
        for name in sorted(names):
            with (self.folder / name).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = (self.folder / name).stat().st_size
            yield Member(name=name, size=size, sha256=digest)

    def _write(self, name: str, content: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def _about(self) -> None:
        about = self.run.about
        text = {
            "run_id": about.run_id,
            "project": without_home(about.project),
            "began": about.began,
            "autofix": about.autofix,
        }
        self._write(OWNER, (json.dumps(text, indent=2) + "\n").encode())

    def _journal(self) -> bool:
        """Copy the journal, hidden; return whether the copy gives the same decisions."""
        path = self._path / JOURNAL
        if path.stat().st_size > MOST_JOURNAL:
            raise RunUnreadableError(
                f"The journal {path} has more than {MOST_JOURNAL >> 20} MiB.",
                why="A run that long cannot be put into a bundle.",
            )
        covered = self._json_lines(JOURNAL)
        replays = _replays(*read_journal(self.folder / JOURNAL))
        whole = _replays(self.run.header, self.run.entries)
        if covered:
            lines = "1 line" if covered == 1 else f"{covered} lines"
            self._leave(
                JOURNAL, f"what looks like a credential was covered, in {lines}"
            )
        if whole and not replays:
            self._leave(JOURNAL, "a decision was made on what is hidden now")
        return replays

    def _json_lines(self, name: str) -> int:
        """Copy lines of JSON, hidden; return in how many something was."""
        covered = 0
        lines = []
        with (self._path / name).open(encoding="utf-8", errors="replace") as file:
            for line in file:
                try:
                    value = json.loads(line)
                except ValueError:
                    continue  # cut short by a kill
                clean = hidden_everywhere(value)
                covered += clean != everywhere(value, without_home)
                lines.append(json.dumps(clean, separators=(",", ":")) + "\n")
        self._write(name, "".join(lines).encode())
        return covered

    def _result(self, *, with_diff: bool) -> None:
        result = self.run.result
        if result is None:
            self._leave(RESULT, "the run left none")
            return
        if not with_diff and result.diff:
            result = replace(result, diff="")
            self._leave(f"{RESULT}: diff", "asked for without sources")
        clean = hidden_everywhere(json.loads(document(result)))
        self._write(RESULT, (json.dumps(clean, indent=2) + "\n").encode())

    def _logs(self) -> None:
        """Copy what programs printed, the latest round first while there is room."""
        room = MOST_LOGS
        if (self._path / EVENTS).is_file():
            if (self._path / EVENTS).stat().st_size <= MOST_LOGS:
                self._json_lines(EVENTS)
            else:
                self._leave(EVENTS, f"longer than {MOST_LOGS >> 20} MiB")
        logs = sorted(self._path.glob("**/*.log"), reverse=True)
        for number, path in enumerate(logs):
            name = path.relative_to(self._path).as_posix()
            if not path.is_file() or path.is_symlink():
                continue
            size = path.stat().st_size
            room -= min(size, MOST_LOG)
            if room < 0 or number >= MOST_LOG_FILES:
                self._leave(name, f"there are more than {MOST_LOGS >> 20} MiB of logs")
                continue
            if size > MOST_LOG:
                self._leave(name, f"the middle of {size} bytes")
            self._write(name, without_home(hidden(_ends_of(path))).encode())

    def _linked(self) -> None:
        for path in sorted((self._path / LINKED).glob("**/*.json")):
            name = path.relative_to(self._path).as_posix()
            stored = json.loads(path.read_text("utf-8", "replace"))
            clean = everywhere(stored, without_home)
            self._write(name, json.dumps(clean, indent=0).encode())

    def _inputs(self) -> bool:
        """Copy settings and sources; return whether there are sources."""
        try:
            inputs = read_inputs(self._path)
        except RunUnreadableError as error:
            self._leave(INPUTS, error.what)
            return False
        settings = (self._path / INPUTS / SETTINGS_FILE).read_text("utf-8")
        clean = hidden_everywhere(json.loads(settings))
        self._write(f"{INPUTS}/{SETTINGS_FILE}", json.dumps(clean, indent=2).encode())
        if "server-config" in inputs.settings:
            self._leave("server-config", "a server's configuration holds credentials")
        with scratch_folder() as scratch:
            unpack_sources(self._path, scratch)
            clean_sources = CleanSources(folder=scratch, private=self.private)
            target = self.folder / INPUTS / SOURCES
            if pack_compressed(clean_sources.entries(), target, most=MOST_BYTES):
                self.left_out += clean_sources.left_out
                return True
        self._leave(f"{INPUTS}/{SOURCES}", f"more than {MOST_BYTES >> 20} MiB")
        return False

    def _leave_rest(self) -> None:
        """Note what a run folder has and no bundle takes."""
        if (self._path / "backup").is_dir():
            self._leave("backup", "the originals are among the sources")


def _replays(header: Header, entries: tuple[JournalEntry, ...]) -> bool:
    try:
        return first_difference(header, entries) is None
    except JournalError:
        return False


def _ends_of(path: Path) -> str:
    """Read a log, without its middle if it is too long."""
    half = MOST_LOG // 2
    with path.open("rb") as file:
        head = file.read(MOST_LOG)
        size = path.stat().st_size
        if size <= MOST_LOG:
            return head.decode("utf-8", "replace")
        file.seek(size - half)
        tail = file.read(half)
    gone = size - 2 * half
    return "\n".join(
        (
            head[:half].decode("utf-8", "replace"),
            f"[autofix: {gone} bytes left out of the bundle here]",
            tail.decode("utf-8", "replace"),
        )
    )


def _made_with(run: Run) -> dict[str, str]:
    prepared = run.story.prepared
    if prepared is None:
        return {}
    server, builder = prepared.server, prepared.builder
    found = {
        "nakama": server.release,
        "server": without_home(server.reference),
        "server_digest": server.digest,
        "server_go": server.go,
        "server_machine": server.machine,
        "server_is": "the scenario kit's stand-in" if server.stand_in else "",
        "builder": without_home(builder.reference),
        "builder_digest": builder.digest,
        "builder_go": builder.go,
    }
    return {name: value for name, value in found.items() if value}
