"""Whether two failures are the same one, seen in a plugin and in a smaller one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from autofix.core.model import Diagnosis, Ending, EndKind
from autofix.core.state import Phase

TELLING = (
    "package",
    "module",
    "importer",
    "symbol",
    "library",
    "path",
    "reason",
    "text",
)
"""
Facts that say what a failure is about.

The others tell where in the source it was, or count: a smaller plugin differs there.
"""
_PATH = re.compile(r"(?<![\w.@~-])/[^\s:\"')]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """
    A failure to be kept: when it came, and what it was.

    ``foretold`` is the package that comparing names if the server named the same one,
    so that no server has to be asked; "" otherwise. ``ending`` is that of a whole run
    where the failure is how it ended; else the failure is the first one.
    """

    phase: Phase
    diagnosis: Diagnosis | None
    foretold: str = ""
    ending: Ending | None = None

    @property
    def name(self) -> str:
        """Name it as the table of diagnoses does, or by the end of the run."""
        if self.diagnosis is not None:
            return self.diagnosis.name
        return self.ending.kind.value if self.ending else ""


def alike(one: Diagnosis | None, other: Diagnosis | None) -> bool:
    """
    Tell whether two diagnoses are of the same failure.

    They have the same name and are about the same package, module, symbol or text.
    For a package that differs that is this very package: a smaller plugin in which
    the server names another one, even of the same module, has lost the failure.
    """
    if one is None or other is None:
        return one is other
    return one.name == other.name and all(
        _lasting(one.facts.get(fact, "")) == _lasting(other.facts.get(fact, ""))
        for fact in TELLING
    )


def _lasting(text: str) -> str:
    """Leave out absolute paths: where a server lies, and what a plugin is called."""
    return _PATH.sub("/", text)


def same_end(one: Ending | None, other: Ending | None) -> bool:
    """Tell whether two runs ended alike; of a chain of requirements its end counts."""
    if one is None or other is None or one.kind is EndKind.CLEAN:
        return False
    return (
        one.kind is other.kind
        and one.chain[-1:] == other.chain[-1:]
        and alike(one.diagnosis, other.diagnosis)
    )
