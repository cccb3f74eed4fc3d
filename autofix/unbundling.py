"""
A bundle of somebody else, made a run folder again, or refused.

Nothing in it is trusted: its manifest comes first and is read before anything else;
only the files that it names, of just that size and hash, and of names that a run
folder has, are written to an empty folder of our own. All is read once, in pieces.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from autofix.compressed import inflated_within, is_compressed
from autofix.core.manifest import Manifest, ManifestError, Member, parse_manifest
from autofix.durable import disk_errors
from autofix.engines.archive import UnpackLimits, unpacking
from autofix.errors import BundleError, UnsafeArchiveError
from autofix.linkedfiles import FOLDER as LINKED
from autofix.runfolder import JOURNAL, OWNER
from autofix.runs import found_run
from autofix.scratch import scratch_folder

MANIFEST = "manifest.json"
MOST_MANIFEST = 4 << 20
MOST_UNPACKED = 256 << 20
MOST_MEMBERS = 4000
LIMITS = UnpackLimits(size=MOST_UNPACKED, members=MOST_MEMBERS)
_MOST = {JOURNAL: 32 << 20, "inputs/sources.tar.gz": 64 << 20}
_MOST_OTHER = 33 << 20
_NAMES = re.compile(
    r"(run|result|inputs/settings)\.json|(journal|events)\.jsonl"
    r"|(round-\d{2,6}/)?[\w-]{1,64}\.log|inputs/sources\.tar\.gz"
    rf"|{LINKED}/(server|round-\d{{2,6}}/[^/]{{1,60}})\.json"
)
WHY = "It was cut short on its way, changed by somebody, or is not a bundle at all."


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A bundle that was unpacked: ``folder`` is as a run folder."""

    file: Path
    folder: Path
    manifest: Manifest


@contextmanager
def named_run(state: Path, word: str) -> Iterator[tuple[Path, Bundle | None]]:
    """
    Yield the folder of the run that a user named, and its bundle if it is in one.

    A bundle's is a temporary one. UsageError and BundleError as ``found_run`` and
    ``unbundled`` have them.
    """
    file = Path(word)
    if not file.is_file():
        yield found_run(state, word), None
        return
    with disk_errors("No temporary folder can be made"):
        scratch = scratch_folder()
    with scratch as folder:
        bundle = unbundled(file, folder / file.name)
        yield bundle.folder, bundle


def is_bundle(path: Path) -> bool:
    """Tell whether a file may be a bundle, by its first bytes."""
    with disk_errors(f"{path} cannot be read"):
        return is_compressed(path)


def unbundled(file: Path, folder: Path) -> Bundle:
    """Unpack a bundle into a new folder; BundleError if it cannot be trusted."""
    try:
        with disk_errors(f"The bundle {file} cannot be unpacked"):
            folder.mkdir()
            manifest = _unpack(file, folder)
    except (UnsafeArchiveError, ManifestError) as error:
        what = error.what if isinstance(error, UnsafeArchiveError) else f"{error}."
        raise BundleError(
            f"{file} cannot be taken for a bundle: {what}",
            why=WHY,
            todo="Make it again: autofix reproduce --bundle RUN OUT.tar.gz",
        ) from error
    return Bundle(file=file, folder=folder, manifest=manifest)


def _unpack(file: Path, folder: Path) -> Manifest:
    guard = _Guard()
    stream = inflated_within(file, most=MOST_UNPACKED)
    names = unpacking(stream, folder, limits=LIMITS, allow=guard.allow)
    with closing(names):
        for name in names:
            guard.accept(name, folder / name)
    return guard.whole()


class _Guard:
    """Lets through what the manifest names, and knows what is still to come."""

    def __init__(self) -> None:
        self._manifest: Manifest | None = None
        self._missing: dict[str, Member] = {}

    def allow(self, name: str, size: int) -> None:
        """Refuse a member before a byte of it is written."""
        if self._manifest is None:
            if name != MANIFEST or size > MOST_MANIFEST:
                raise ManifestError("it does not begin with a manifest of autofix")
            return
        if not _NAMES.fullmatch(name):
            raise ManifestError(f"no run folder has a file {name!r:.200}")
        named = self._missing.get(name)
        if named is None:
            raise ManifestError(f"its manifest does not name {name!r}")
        if size != named.size or size > _MOST.get(name, _MOST_OTHER):
            raise ManifestError(f"{name} has another size than it may have")

    def accept(self, name: str, path: Path) -> None:
        """Take the manifest, or see that a file is what the manifest says."""
        if self._manifest is None:
            self._manifest = parse_manifest(path.read_text("utf-8", "replace"))
            self._missing = {each.name: each for each in self._manifest.members}
            path.unlink()
            return
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        if digest != self._missing.pop(name).sha256:
            raise ManifestError(f"{name} is not what its manifest says it is")

    def whole(self) -> Manifest:
        """Return the manifest; ManifestError if something did not come."""
        if self._manifest is None:
            raise ManifestError("it is empty")
        came = {each.name for each in self._manifest.members} - self._missing.keys()
        lacking = [*self._missing, *sorted({OWNER, JOURNAL} - came)]
        if lacking:
            raise ManifestError(f"it lacks {lacking[0]!r:.200}")
        return self._manifest
