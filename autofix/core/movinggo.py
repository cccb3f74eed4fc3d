"""The places in build and CI files that name the Go of a Nakama release."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from autofix.core.hints import HintFile
from autofix.core.moves import Move, Nakama, Subject, caveat, move
from autofix.core.movingtext import (
    BEGINS,
    DIGEST,
    WORD,
    assignments,
    defaults,
    line_of,
)
from autofix.core.versions import compare_go, go_language

GOLANG = re.compile(
    rf"{BEGINS}(?P<name>(?:docker\.io/)?(?:library/)?golang)"
    rf":(?P<tag>{WORD}){DIGEST}",
    re.ASCII,
)
"""An image of Go itself, with its tag."""

_GO_TAG = re.compile(r"(?P<go>\d+\.\d+(?:\.\d+)?)(?:-(?P<variant>[\w.-]+))?", re.ASCII)
_GO_VARIABLE = re.compile(r"(?:\w+_)?(?:GO|GOLANG)_?VERSION", re.IGNORECASE)
_SETUP_GO = re.compile(r"\bgo-version:[ \t]+[\"']?(?P<version>[\w.]+)", re.ASCII)
_TOOLCHAIN = re.compile(r"\bGOTOOLCHAIN[\"']?(?:=|:[ \t]+)[\"']?go(?P<version>[\d.]+)")
_DEBIANS = frozenset({"buster", "bullseye", "bookworm", "trixie"})


@dataclass(frozen=True, slots=True, kw_only=True)
class GoMover:
    """Moves one release's Go to another's; nothing where the new one is not known."""

    before: Nakama
    after: Nakama

    def images(
        self, file: HintFile, text: str, building: Collection[str]
    ) -> Iterator[Move]:
        """Move Go's own images: those with the old Go, and what builds the plugin."""
        for found in GOLANG.finditer(text):
            tag = _GO_TAG.fullmatch(found["tag"])
            place = f"{file.path}:{line_of(text, found.start())}"
            if tag is None or not self.after.go:
                continue
            if not self._is_old_go(tag["go"]) and place not in building:
                continue
            variant = tag["variant"] or ""
            if variant in _DEBIANS:
                variant = self.after.debian or variant
            parts = (_image_go(self.after.go), variant)
            yield move(
                file,
                found.start("tag"),
                found["tag"] + (found["digest"] or ""),
                "-".join(filter(None, parts)),
                found["name"],
                subject=Subject.GO,
                note=caveat(found["digest"] or "", official=True),
            )

    def values(
        self, file: HintFile, text: str, names: Collection[str]
    ) -> Iterator[Move]:
        """Move the Go that CI sets up, and variables that hold the builder's Go."""
        if not (self.after.go and self.before.go):
            return
        for each in (*assignments(text), *defaults(text)):
            is_go = each.name in names or _GO_VARIABLE.fullmatch(each.name)
            after = self._go_like(each.value) if is_go else ""
            if after and each.name in names:
                after = _image_go(self.after.go)  # the builder's must be exact
            if after:
                yield move(
                    file, each.start, each.value, after, each.name, subject=Subject.GO
                )
        for name, pattern in (("go-version", _SETUP_GO), ("GOTOOLCHAIN", _TOOLCHAIN)):
            for found in pattern.finditer(text):
                before = found["version"]
                after = self._go_like(before)
                if after:
                    start = found.start("version")
                    yield move(file, start, before, after, name, subject=Subject.GO)

    @property
    def _old(self) -> tuple[str, ...]:
        """Return the Go of the server, and of the builder that was published with it."""
        return tuple(filter(None, (self.before.go, self.before.builder_go)))

    def _is_old_go(self, written: str) -> bool:
        return any(written in {old, _image_go(old)} for old in self._old)

    def _go_like(self, written: str) -> str:
        """Return the new Go as precisely as the old one is written; "" for another."""
        new = self.after.go
        if self._is_old_go(written):
            return _image_go(new)
        languages = {go_language(old) for old in self._old}
        if written.removesuffix(".x") in languages:
            return go_language(new) + (".x" if written.endswith(".x") else "")
        return ""


def _image_go(go: str) -> str:
    """Write a Go release as its images do: 1.20.0 was called 1.20."""
    early = compare_go(go, "1.21") < 0
    return go.removesuffix(".0") if early and go.count(".") > 1 else go
