"""Asking ``govulncheck``, where it is, what newer versions would mend."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from autofix.config import PREFIX
from autofix.core.vulnerabilities import Fix, fixes

PROGRAM = "govulncheck"
SECONDS = 120.0
"""It fetches its database, mostly in a second or two."""


READING = {"GOFLAGS": "-mod=readonly", "GOWORK": "off"}
"""As go.mod says it: vendor/ and a workspace know less."""


def known_fixes(
    folder: Path, environment: Mapping[str, str], note: Callable[[str], None]
) -> tuple[Fix, ...]:
    """
    Return what is known to be mended by newer versions of what a module requires.

    Nothing is compiled and no file is written. Without a ``govulncheck`` on the PATH
    nothing is said; ``note`` hears of one that could not tell.
    """
    program = shutil.which(PROGRAM, path=environment.get("PATH"))
    if program is None:
        return ()
    note(f"asking {PROGRAM} what newer versions mend")
    try:
        done = subprocess.run(
            [program, "-format", "json", "-scan", "module"],
            cwd=folder,
            env={**_without_own(environment), **READING},
            capture_output=True,
            check=True,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=SECONDS,
        )
        return fixes(done.stdout)
    except subprocess.CalledProcessError as error:
        words = (error.stderr or "").strip().splitlines() or ["it says nothing"]
        note(f"{PROGRAM} could not tell: {words[-1]}")
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        note(f"{PROGRAM} could not tell: {error}")
    return ()


def _without_own(environment: Mapping[str, str]) -> dict[str, str]:
    """Leave out autofix's own settings: some hold a token or a password."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(PREFIX)
    }
