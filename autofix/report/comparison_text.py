"""A comparison of a server and a plugin as text for a person."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.core.compare import Cause, Comparison, Group
from autofix.report import comparison_words as words
from autofix.report.escape import escape
from autofix.report.terminal import Tone
from autofix.report.text import Style
from autofix.report.words import count

SHOWN_PACKAGES = 6
ABSENT = "not set"

_TONES = {Cause.CASCADE: Tone.FAINT, Cause.UNTOLD: Tone.CARE}


def comparison_text(comparison: Comparison, style: Style | None = None) -> str:
    """Return the whole comparison, ending with a newline; everything is escaped."""
    style = style or Style()
    parts = (
        *_head(comparison, style),
        *_settings(comparison, style),
        *(line for cause in Cause for line in _cause(cause, comparison, style)),
        *_rest(comparison, style),
    )
    return "\n".join(parts) + "\n"


def _head(comparison: Comparison, style: Style) -> Iterator[str]:
    tone = Tone.GOOD if comparison.equal else Tone.BAD
    yield style.wrapped(escape(words.headline(comparison)), tone=tone)
    for name, linked in (("Server", comparison.server), ("Plugin", comparison.plugin)):
        yield style.wrapped(escape(words.side(name, linked)), hang="  ")
    if told := words.foretold(comparison):
        yield style.wrapped(escape(told), hang="  ")


def _settings(comparison: Comparison, style: Style) -> Iterator[str]:
    settings = [each for each in comparison.settings if each.matters]
    if not settings:
        return
    yield style.title("Build settings that differ")
    for each in settings:
        name = style.paint(escape(each.name), Tone.NAME)
        server, plugin = escape(each.server), escape(each.plugin)
        yield f"  {name}: server {server or ABSENT}, plugin {plugin or ABSENT}"


def _cause(cause: Cause, comparison: Comparison, style: Style) -> Iterator[str]:
    groups = comparison.of(cause)
    if not groups:
        return
    number = sum(len(group.packages) for group in groups)
    yield style.title(f"{words.TITLES[cause]} ({count(number, 'package')})")
    for group in groups:
        yield from _group(group, style)
    yield style.wrapped(words.REMEDIES[cause], "  ")
    if cause is words.unsure(comparison):
        yield style.wrapped(words.UNSURE, "  ", Tone.FAINT)


def _group(group: Group, style: Style) -> Iterator[str]:
    name = style.paint(escape(group.module or "standard library"), Tone.NAME)
    told = escape(words.versions(group))
    yield f"  {name}  {told}".rstrip()
    shown = [
        escape(words.within_module(package, group.module))
        for package in group.packages[:SHOWN_PACKAGES]
    ]
    rest = len(group.packages) - len(shown)
    more = f" and {rest} more" if rest > 0 else ""
    tone = _TONES.get(group.cause, Tone.PLAIN)
    yield style.wrapped(f"{', '.join(shown)}{more}", " " * 6, tone)


def _rest(comparison: Comparison, style: Style) -> Iterator[str]:
    if any(len(group.packages) > SHOWN_PACKAGES for group in comparison.groups):
        yield "\nAll packages: --output-format json, or html for a picture."
    only = len(comparison.only_plugin)
    if only:
        verb = "is" if only == 1 else "are"
        text = f"{count(only, 'package')} of the plugin {verb} not in the server."
        yield "\n" + style.wrapped(text, tone=Tone.FAINT)
