"""
Everything in a project that names the Nakama version, moved to another one.

Rule 1: a move replaces one version in one place; every other byte stays, comments,
quotes and line ends too. What is commented out is not looked at.
Rule 2: ``autofix.core.hints`` has the last word. After the moves the files are read
again, and what still names another Nakama is said, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from autofix.core.hints import HintFile, ImageHint, read_hints
from autofix.core.imageref import OFFICIAL_NAMESPACE, ImageRef, NakamaImage, corrected
from autofix.core.model import Finding
from autofix.core.moves import Move, Nakama, Subject, caveat, edited, move
from autofix.core.movinggo import GOLANG, GoMover
from autofix.core.movingtext import (
    NAKAMA_IMAGE,
    assignments,
    defaults,
    masked,
    variables,
)
from autofix.core.releases import NAKAMA_COMMON, ReleaseTable
from autofix.core.scripts import VERSION_VARIABLE

SETTINGS = "autofix.toml"
"""The project's own settings, which may name the Nakama to match."""

_RELEASE = re.compile(r"v?\d+\.\d+\.\d+(?P<suffix>[-+_][\w.+-]*)?", re.ASCII)
_COMMON = re.compile(
    rf"{re.escape(NAKAMA_COMMON)}(?:/\w+)?@(?P<version>v\d+\.\d+\.\d+)", re.ASCII
)
_COMMON_VARIABLE = re.compile(
    r"(?:\w+_)?NAKAMA_COMMON_(?:VERSION|VER|TAG)", re.IGNORECASE
)
_SETTING = re.compile(
    r"^nakama[ \t]*=[ \t]*[\"'](?P<version>v?[\d.]+)[\"']", re.MULTILINE
)
_IMAGES = frozenset(map(str, NakamaImage))


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The moves, the new texts of the files they change, and what stays behind."""

    moves: tuple[Move, ...]
    texts: Mapping[str, str]
    findings: tuple[Finding, ...]


def moved(
    files: Sequence[HintFile], before: Nakama, after: Nakama, table: ReleaseTable
) -> Moved:
    """Move everything that names ``before`` to ``after``; the files stay as given."""
    mover = _Mover(files, before, after, frozenset(table.tags))
    moves = mover.moves()
    texts = {}
    for file in files:
        own = [each for each in moves if each.file == file.path]
        if own:
            texts[file.path] = edited(file.text, own)
    now = [replace(each, text=texts.get(each.path, each.text)) for each in files]
    return Moved(moves=moves, texts=texts, findings=tuple(_left(now, after)))


@dataclass(frozen=True, slots=True)
class _Mover:
    files: Sequence[HintFile]
    before: Nakama
    after: Nakama
    known: Collection[str]

    def moves(self) -> tuple[Move, ...]:
        hints = read_hints(self.files)
        spoken = {file.path: masked(file) for file in self.files}
        named = [*hints.servers, *hints.builders]
        tags = self._names(
            spoken, NAKAMA_IMAGE, [each for each in named if _is_ours(each)]
        )
        others = [each for each in hints.builders if not _is_ours(each)]
        gos = self._names(spoken, GOLANG, others)
        building = {each.place for each in others}
        go = GoMover(before=self.before, after=self.after)
        found: dict[tuple[str, int], Move] = {}
        for file in self.files:
            text = spoken[file.path]
            for each in (
                *self._images(file, text),
                *self._tags(file, text, tags),
                *self._common(file, text),
                *self._settings(file, text),
                *go.images(file, text, building),
                *go.values(file, text, gos - tags),
            ):
                if each.before != each.after:
                    found.setdefault((each.file, each.start), each)
        return tuple(found.values())

    def _names(
        self,
        spoken: Mapping[str, str],
        image: re.Pattern[str],
        hints: Sequence[ImageHint],
    ) -> frozenset[str]:
        """Return the variables whose values come to stand in an image's tag."""
        names: set[str] = set()
        for text in spoken.values():
            for found in image.finditer(text):
                names.update(variables(found["tag"]))
        for hint in hints:
            lines = spoken.get(hint.file, "").split("\n")
            if 0 < hint.line <= len(lines):
                names.update(variables(lines[hint.line - 1]))
        while True:  # NAKAMA_TAG = $(NAKAMA_VERSION)
            further = {
                name
                for text in spoken.values()
                for each in assignments(text)
                if each.name in names
                for name in variables(each.value)
            }
            if further <= names:
                return frozenset(names)
            names |= further

    def _images(self, file: HintFile, text: str) -> Iterator[Move]:
        """Move tags that stand in an image reference, also as a variable's default."""
        for found in NAKAMA_IMAGE.finditer(text):
            name, tag, digest = found["name"], found["tag"], found["digest"] or ""
            last = name.rpartition("/")[2]
            official = name.endswith(f"{OFFICIAL_NAMESPACE}/{last}")
            if last not in _IMAGES and not (official and _is_misspelled(last)):
                continue
            for start, written in _written(tag):
                if not self._is_old(written, sure=official):
                    continue
                whole = start == 0 and written == tag
                yield move(
                    file,
                    found.start("tag") + start,
                    written + (digest if whole else ""),
                    self._tagged(written),
                    name,
                    note=caveat(digest if whole else "", official=official),
                )
            if digest and _RELEASE.fullmatch(tag) is None and variables(tag):
                note = caveat(digest, official=official)
                yield move(file, found.start("digest"), digest, "", name, note=note)

    def _tags(
        self, file: HintFile, text: str, names: Collection[str]
    ) -> Iterator[Move]:
        """Move the values and defaults of variables that hold the tag."""
        for each in (*assignments(text), *defaults(text)):
            by_name = VERSION_VARIABLE.fullmatch(each.name) is not None
            if not by_name and each.name not in names:
                continue
            sure = by_name or "nakama" in each.name.lower()
            if _RELEASE.fullmatch(each.value) and self._is_old(each.value, sure=sure):
                after = self._tagged(each.value)
                yield move(file, each.start, each.value, after, each.name)

    def _common(self, file: HintFile, text: str) -> Iterator[Move]:
        """Move nakama-common where a script fetches it; go.mod is the run's."""
        wanted = self.after.nakama_common
        if not wanted:
            return
        for found in _COMMON.finditer(text):
            start, before = found.start("version"), found["version"]
            yield move(
                file,
                start,
                before,
                wanted,
                NAKAMA_COMMON,
                subject=Subject.NAKAMA_COMMON,
            )
        for each in (*assignments(text), *defaults(text)):
            if _COMMON_VARIABLE.fullmatch(each.name) and _RELEASE.fullmatch(each.value):
                after = wanted if each.value.startswith("v") else wanted[1:]
                yield move(
                    file,
                    each.start,
                    each.value,
                    after,
                    each.name,
                    subject=Subject.NAKAMA_COMMON,
                )

    def _settings(self, file: HintFile, text: str) -> Iterator[Move]:
        if file.path.rpartition("/")[2] != SETTINGS:
            return
        for found in _SETTING.finditer(text):
            before = found["version"]
            if _RELEASE.fullmatch(before):
                after = self._tagged(before)
                yield move(file, found.start("version"), before, after, "nakama")

    def _is_old(self, written: str, *, sure: bool) -> bool:
        """Tell whether a version is Nakama's, and not the game's own."""
        release = _RELEASE.fullmatch(written)
        if release is None:
            return False
        number = written.removeprefix("v").removesuffix(release["suffix"] or "")
        if number == self.before.tag:
            return sure or not release["suffix"]
        return sure or (number in self.known and not release["suffix"])

    def _tagged(self, written: str) -> str:
        return f"{'v' if written.startswith('v') else ''}{self.after.tag}"


def _is_ours(hint: ImageHint) -> bool:
    return hint.image.nakama is not None


def _written(tag: str) -> Iterator[tuple[int, str]]:
    """Yield the versions that a tag spells out, each with where it begins in it."""
    literal = re.match(r"[\w.+-]+", tag, re.ASCII)
    if literal is not None:
        yield 0, literal[0]
    yield from ((each.start, each.value) for each in defaults(tag))


def _is_misspelled(name: str) -> bool:
    return corrected(ImageRef(path=f"{OFFICIAL_NAMESPACE}/{name}")) is not None


def _left(files: Sequence[HintFile], after: Nakama) -> Iterator[Finding]:
    """Say which places still name another Nakama."""
    hints = read_hints(files)
    said: set[tuple[str, str]] = set()
    for hint in (*hints.servers, *hints.builders):
        image = hint.image
        told = (hint.place, str(image))
        if not _is_ours(hint) or image.release == after.tag or told in said:
            continue
        said.add(told)
        if image.is_moving:
            why = "It names no release, so there is nothing to move; write a tag."
        elif image.digest and not image.tag:
            why = "A digest alone names no release; write the tag beside it."
        else:
            why = "Where that version is written was not found; change it by hand."
        yield Finding(
            name="version-left",
            text=f"{hint.place} still names {image}, not Nakama {after.tag}.",
            answer=why,
        )
