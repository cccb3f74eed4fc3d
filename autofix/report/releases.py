"""The release table, one release, and how a go.mod fits, as text."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.core.releases import NAKAMA_COMMON, Fit, Release
from autofix.report.escape import escape
from autofix.report.text import Style
from autofix.report.words import count

PROTOBUF = "google.golang.org/protobuf"
COLUMNS = ("Nakama", "date", "Go", "builder Go", "nakama-common", "protobuf")
SHOWN_FITS = 5


def release_rows(releases: tuple[Release, ...], style: Style) -> Iterator[str]:
    """Yield the table, the newest release first."""
    rows = [COLUMNS, *(_row(release) for release in reversed(releases))]
    widths = [max(len(row[at]) for row in rows) for at in range(len(COLUMNS))]
    for number, row in enumerate(rows):
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        line = "  ".join(cells).rstrip()
        yield style.title(line).lstrip("\n") if number == 0 else line


def _row(release: Release) -> tuple[str, ...]:
    return (
        release.tag,
        release.date,
        release.go,
        release.builder_go if release.builder_go != release.go else "same",
        release.nakama_common,
        release.modules.get(PROTOBUF, "-"),
    )


def one_release(release: Release, style: Style) -> Iterator[str]:
    """Yield everything the table knows of one release."""
    yield style.title(f"Nakama {release.tag} ({release.date})").lstrip("\n")
    builder = "the same" if release.builder_go == release.go else release.builder_go
    yield f"  Go {release.go}; pluginbuilder's Go: {builder}; Debian {release.debian}"
    yield f"  {NAKAMA_COMMON} {release.nakama_common}"
    yield style.title(f"{count(len(release.modules), 'module')} in vendor/modules.txt")
    width = max(map(len, release.modules), default=0)
    for path, version in sorted(release.modules.items()):
        yield f"  {path:<{width}}  {version}"


def fit_lines(fits: tuple[Fit, ...], style: Style) -> Iterator[str]:
    """Yield how a go.mod fits: the best releases, and what differs from the best."""
    best = fits[0]
    if not best.shared:
        yield "This go.mod requires no module that any Nakama release has."
        return
    yield style.title("Best fits (modules of go.mod that differ)").lstrip("\n")
    for fit in fits[:SHOWN_FITS]:
        shared = f"of {fit.shared} shared"
        yield f"  {fit.release.tag:<8}  {len(fit.differences):>3} {shared}"
    if not best.differences:
        yield f"\nEvery shared module is as Nakama {best.release.tag} has it."
        return
    yield from differences(best, style)


def differences(fit: Fit, style: Style) -> Iterator[str]:
    """Yield what a go.mod requires otherwise than one release."""
    noun = count(len(fit.differences), "module")
    verb = "differs" if len(fit.differences) == 1 else "differ"
    yield style.title(f"{noun} of {fit.shared} shared {verb} from {fit.release.tag}")
    width = max((len(escape(each.module)) for each in fit.differences), default=0)
    for each in fit.differences:
        module, required = escape(each.module), escape(each.required)
        yield f"  {module:<{width}}  {required} -> {each.release}"
