"""
The failure table: every failure autofix knows, in the order in which they are tried.

Order matters where one line has several readings: a database that is down hides all
plugins, so its sentences come first; a plugin beside the run's own is told before
anything is said about the run's own; the readings of the loader's sentence about a
package go from the most particular to the pin. Entries that judge a whole scene come
after all that quote a line, except for a process that was killed for its memory.
"""

from __future__ import annotations

from typing import NamedTuple

from autofix.core.signatures_base import Signature
from autofix.core.signatures_build import CGO, CODE, RESOURCES, TARGET
from autofix.core.signatures_crash import CRASHES
from autofix.core.signatures_ends import ENDS
from autofix.core.signatures_gomod import DIRECTIVES, GO_MOD
from autofix.core.signatures_loader import OTHER_REASONS
from autofix.core.signatures_modules import DOWNLOADS, NETWORK, SUMS, VENDORING
from autofix.core.signatures_packages import ANOTHER_FILE, DIFFERENT_PACKAGE
from autofix.core.signatures_server import DATABASE, ENTRY, MODULES, SETUP

TABLE: tuple[Signature, ...] = (
    *DATABASE,
    *ANOTHER_FILE,
    *DIFFERENT_PACKAGE,
    *OTHER_REASONS,
    *ENTRY,
    *MODULES,
    *SETUP,
    *CRASHES,
    *RESOURCES,
    *CGO,
    *TARGET,
    *DIRECTIVES,
    *NETWORK,
    *SUMS,
    *VENDORING,
    *GO_MOD,
    *DOWNLOADS,
    *CODE,
    *ENDS,
)


class Row(NamedTuple):
    """One line of the documentation's failure table."""

    name: str
    failure_class: str
    answer: str
    words: str
    remedy: str
    seen: str


def signature_table() -> tuple[Row, ...]:
    """Return the table for people, with placeholders where a failure has its facts."""
    return tuple(
        Row(
            name=entry.name,
            failure_class=entry.failure_class.value,
            answer=entry.answer.value,
            words=_shown(entry.words),
            remedy=_shown(entry.remedy),
            seen=entry.seen,
        )
        for entry in TABLE
    )


def _shown(sentences: tuple[str | tuple[str, ...], ...]) -> str:
    """Show each sentence in its most telling form, facts as <fact>."""
    first = (item if isinstance(item, str) else item[0] for item in sentences)
    return " ".join(first).replace("{", "<").replace("}", ">")
