"""What the core asks the shell to do: one value an action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autofix.core.golines import GoLineEdit
from autofix.core.gomod import ModEdit
from autofix.core.model import Ending, Pin


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepare:
    """Read server, builder and project; bring the project into the builder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """
    Apply ``edit`` to the scratch copy's go.mod, then read every pin back.

    ``pins`` are all pins of the run so far, not only the new one; ``why`` is the
    ladder's rung in words. ``beside`` are go lines to set in other files first.
    With ``in_vendor`` nothing else can be had: vendor/ is read and edited itself.
    """

    edit: ModEdit
    pins: tuple[Pin, ...]
    why: str
    beside: tuple[GoLineEdit, ...] = ()
    in_vendor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Consult:
    """
    Read the go.mod files of versions of a module; of none: list its versions.

    Nothing of the project is read or written for it.
    """

    module: str
    versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """Run ``go mod vendor`` in the scratch copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """Build the plugin in the builder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """Compare the package hashes of the plugin file with the server's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Load the plugin with ``nakama check``: no database, InitModule not called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Make a fresh database, migrate it, and start the server in full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """
    See who would raise modules above their versions; changes no file.

    Asked of a copy of go.mod from which ``without`` is taken: of ``wanted`` modules,
    which server and plugin share, and of others as they are ``selected``. With
    ``tidy`` also asked of what ``go mod tidy`` makes of it, of wanted ones only.
    """

    wanted: Mapping[str, str]
    selected: Mapping[str, str]
    without: ModEdit
    tidy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """
    Apply ``edit`` to go.mod if every linked module keeps its version by it.

    ``linked`` maps each to that version. Otherwise everything stays as it was.
    """

    edit: ModEdit
    linked: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """End the run; apply the result to the project only if the end is clean."""

    ending: Ending


Action = (
    Prepare
    | Edit
    | Consult
    | Vendor
    | Build
    | Compare
    | Check
    | Start
    | Survey
    | Settle
    | Stop
)
