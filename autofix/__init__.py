"""
Makes a Nakama Go plugin load, unattended.

As a library: ``autofix.run(autofix.Config(project=Path("plugin")))``; see autofix.api,
which is imported with the first name that is taken from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from autofix.api import (
        AutofixError,
        Comparison,
        Config,
        Reporter,
        RunResult,
        Verdict,
        check,
        compare,
        configured,
        modules,
        run,
    )
else:

    def __getattr__(name: str) -> object:
        """Import the library when it is used: ``autofix --help`` never needs it."""
        if name in __all__:
            from autofix import api  # noqa: PLC0415 - see above

            return getattr(api, name)
        raise AttributeError(f"module 'autofix' has no attribute {name!r}")


__all__ = [
    "AutofixError",
    "Comparison",
    "Config",
    "Reporter",
    "RunResult",
    "Verdict",
    "__version__",
    "check",
    "compare",
    "configured",
    "modules",
    "run",
]
