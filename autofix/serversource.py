"""
Where a check's server comes from: its image, a lock file, the cache or the table.

The surest one that can be had is taken, and what that leaves unknown is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autofix.core.linked import Linked
from autofix.core.lockfile import LOCK_FILE
from autofix.core.modulestxt import ModulesTxt
from autofix.core.releases import ReleaseTable
from autofix.core.serverrecord import ServerRecord
from autofix.core.target import Target
from autofix.engines.base import Image, held
from autofix.errors import ImageMissingError, LockFileError
from autofix.images import ImageRoles, with_kits_own
from autofix.locking import (
    RENEW,
    another_image,
    image_record,
    is_of_another_image,
    lock_path,
    read_lock,
    why_unusable,
)
from autofix.preparing import Setting, open_server
from autofix.releases import vendored_packages
from autofix.servercache import ServerCache
from autofix.truth import Reading, read_modules_txt, reading
from autofix.verdict import Basis, Mismatch

NO_PACKAGES = (
    "Which packages Nakama {tag} links is not known offline: modules are compared by "
    "version only, so a finding may be a false alarm."
)
VENDORED_PACKAGES = (
    "Which packages Nakama {tag} links is taken from its vendor/modules.txt, which also "
    "names what only its tests, generators and other systems need."
)
NO_HASHES = (
    "The server's package hashes are not known, so the same version with other source "
    "is not noticed."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """
    A server, what is known of it, and what that rests on.

    ``record`` is what a lock file can be written from; the table gives none.
    """

    reading: Reading
    basis: Basis
    words: str
    record: ServerRecord | None = None
    mismatches: tuple[Mismatch, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LockFile:
    """The lock file beside go.mod: what it says, or why it does not count."""

    record: ServerRecord | None = None
    mismatches: tuple[Mismatch, ...] = ()


def lock_beside(module_folder: Path, name: str) -> LockFile:
    """Read the lock file of a project; ``name`` is how findings call it."""
    path = lock_path(module_folder)
    if not path.exists():
        return LockFile()
    try:
        return LockFile(record=read_lock(path))
    except LockFileError as error:
        mismatch = Mismatch(
            name="lock-unusable",
            text=why_unusable(path, error),
            file=name,
            line=1,
            remedy=RENEW,
        )
        return LockFile(mismatches=(mismatch,))


def fitting(lock: LockFile, target: Target, name: str) -> LockFile:
    """Leave a lock file out that was written for another server than the target."""
    record = lock.record
    if record is None:
        return lock
    if target.release:
        same = record.release == target.release
    else:
        same = record.reference in with_kits_own(target.server_images)
    if same:
        return lock
    wanted = _named(target)
    stale = Mismatch(
        name="lock-stale",
        text=f"{LOCK_FILE} is of {record.called}; the project is for {wanted} "
        f"({target.place}).",
        file=name,
        line=1,
        present=record.release or record.reference,
        wanted=target.release or target.server_images[0],
        remedy=RENEW,
    )
    return LockFile(mismatches=(*lock.mismatches, stale))


def from_lock(
    record: ServerRecord, table: ReleaseTable, name: str, present: Image | None = None
) -> Source:
    """
    Take the server that a lock file describes.

    ``present`` is the image of that name in the engine, if there is one to compare with.
    """
    mismatches: tuple[Mismatch, ...] = ()
    if present is not None and is_of_another_image(
        record, present.digest, present.identity
    ):
        mismatches = (
            Mismatch(
                name="lock-of-another-image",
                text=another_image(present.reference),
                file=name,
                line=1,
                present=record.digest,
                wanted=present.digest,
                remedy=RENEW,
            ),
        )
    return Source(
        reading=reading(record, table),
        basis=Basis.LOCK,
        words=f"as {LOCK_FILE} has it",
        record=record,
        mismatches=mismatches,
    )


def from_image(setting: Setting) -> Source:
    """Read the server in its image, or what the cache has of exactly that image."""
    image, found = open_server(setting)
    return Source(
        reading=found,
        basis=Basis.IMAGE,
        words=f"as read from {image.reference}",
        record=image_record(image, found, setting.plan.target),
    )


def from_cache(cache: ServerCache, setting: Setting) -> Source | None:
    """Take what was read earlier from an image of the target's name."""
    record = cache.named(target_references(setting))
    if record is None:
        return None
    return Source(
        reading=reading(record, setting.table, _given(setting)),
        basis=Basis.CACHE,
        words=f"as read from {record.reference} on {record.day}",
        record=record,
    )


def from_table(setting: Setting) -> Source | None:
    """Take what the built-in table, or a modules.txt given, says of the release."""
    target, table = setting.plan.target, setting.table
    release = table.by_tag(target.release) if target.release else None
    given = _given(setting)
    if release is None and given is None:
        return None
    tag = release.tag if release else target.release
    vendored = given or vendored_packages(tag)
    reference = target.server_images[0]
    record = ServerRecord(
        reference=reference,
        machine=target.machine,
        linked=Linked(name=reference, machine=target.machine),
        release=tag,
    )
    found = reading(record, table, vendored)
    packages = NO_PACKAGES if vendored is None else VENDORED_PACKAGES
    return Source(
        reading=found,
        basis=Basis.TABLE,
        words="as the modules.txt given has it" if given else "as it was released",
        unknown=(packages.format(tag=tag), NO_HASHES),
    )


def target_references(setting: Setting) -> Sequence[str]:
    """Return the names of images that the target's server may have."""
    return ImageRoles(config=setting.config).servers(setting.plan.target)


def held_image(setting: Setting) -> Image | None:
    """Return the target's image if the engine has it; pulls nothing."""
    machine = setting.plan.target.machine
    return held(setting.engine, target_references(setting), machine=machine)


def nothing_known(setting: Setting, why: str) -> ImageMissingError:
    """Say that nothing tells what the target's server links."""
    return ImageMissingError(
        f"What {_named(setting.plan.target)} links is not known here.",
        why=why,
        todo=f"Run 'autofix check' once where its image is: it is remembered then; or "
        f"'autofix check --lock', which writes it beside go.mod. {_of_table(setting)}",
    )


def _of_table(setting: Setting) -> str:
    """Say whether the built-in release table would do."""
    tag, tags = setting.plan.target.release, setting.table.tags
    if not tag:
        return (
            f"With --nakama TAG the built-in release table serves ({tags[0]} to "
            f"{tags[-1]}), if you know which release it is."
        )
    if setting.table.by_tag(tag) is None:
        return f"The built-in release table has only {tags[0]} to {tags[-1]}."
    return (
        "--offline does with the built-in release table, and says what that leaves "
        "unknown."
    )


def _named(target: Target) -> str:
    return f"Nakama {target.release}" if target.release else target.server_images[0]


def _given(setting: Setting) -> ModulesTxt | None:
    path = setting.config.modules_txt
    return read_modules_txt(path) if path else None
