"""What a bundle holds and what was left out of it, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

from autofix.bundling import Bundled
from autofix.core.manifest import Manifest
from autofix.report.escape import escape
from autofix.report.json import document
from autofix.report.terminal import Tone
from autofix.report.text import Style
from autofix.report.words import count

_MOST_SHOWN = 20


class BundleResult(TypedDict):
    """A bundle that was written: its file, ``size`` in bytes, and its own manifest."""

    bundle: Path
    size: int
    manifest: Manifest


def bundle_text(bundled: Bundled, style: Style | None = None) -> str:
    """Return what was written, ending with a newline; everything is escaped."""
    return "\n".join(_lines(bundled, style or Style())) + "\n"


def bundle_json(bundled: Bundled) -> str:
    """Return it for machines; ``manifest`` is the bundle's own."""
    return document(
        BundleResult(bundle=bundled.path, size=bundled.size, manifest=bundled.manifest)
    )


def _lines(bundled: Bundled, style: Style) -> Iterator[str]:
    manifest, path = bundled.manifest, escape(str(bundled.path))
    files = count(len(manifest.members), "file")
    size = f"{max(1, bundled.size // 1000)} kB"
    yield style.paint(f"{path}: {files}, {size}", Tone.STRONG)
    if manifest.left_out:
        yield "Left out or covered"
        for each in manifest.left_out[:_MOST_SHOWN]:
            text = f"{escape(each.name)}: {escape(each.why)}"
            yield style.wrapped(text, "  ", hang="    ")
        if len(manifest.left_out) > _MOST_SHOWN:
            yield f"  and {len(manifest.left_out) - _MOST_SHOWN} more: see its manifest"
    yield "What others do with it"
    if manifest.sources:
        yield f"  autofix reproduce {path}"
    yield f"  autofix reproduce {path} --replay"
    if any(each.name.startswith("linked/round-") for each in manifest.members):
        yield f"  autofix compare {path}"
    if manifest.sources:
        yield style.wrapped(
            "It holds your sources. Look through it before you give it away: what is "
            "secret is known only by its name or its shape.",
            tone=Tone.CARE,
        )
