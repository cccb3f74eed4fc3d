"""A govulncheck on the PATH: asked where it is, and never more than a help."""

from __future__ import annotations

from pathlib import Path

import pytest

from autofix.core.vulnerabilities import Fix
from autofix.upgrading.vulnerabilities import known_fixes
from tests.core.test_vulnerabilities import RECORDED


def program(folder: Path, script: str) -> dict[str, str]:
    """Write a govulncheck and return an environment that finds it."""
    path = folder / "bin" / "govulncheck"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\n{script}")
    path.chmod(0o755)
    return {"PATH": f"{path.parent}:/usr/bin:/bin", "AUTOFIX_NOTIFY": "json://secret"}


def test_it_is_asked_of_the_module_and_writes_nothing(tmp_path: Path) -> None:
    """Where the module is, by module, with go.mod read only."""
    script = (
        'echo "$PWD $* $GOFLAGS $GOWORK [$AUTOFIX_NOTIFY]" > "$(dirname "$0")/asked"\n'
        f"cat <<'END'\n{RECORDED}END\n"
    )
    told: list[str] = []
    found = known_fixes(tmp_path, program(tmp_path, script), told.append)

    assert ["GO-2020-0015", "GO-2021-0113"] == [each.vulnerability for each in found]
    assert isinstance(found[0], Fix)
    assert ["asking govulncheck what newer versions mend"] == told
    assert f"{tmp_path} -format json -scan module -mod=readonly off []\n" == (
        tmp_path / "bin" / "asked"
    ).read_text("utf-8")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'no such host' >&2; exit 1\n", "could not tell: no such host"),
        ("exit 3\n", "could not tell: it says nothing"),
        ("echo '{\"finding\": 3}'\n", "could not tell: A finding has another shape."),
        ("echo nonsense\n", "could not tell: Expecting value"),
    ],
)
def test_one_that_cannot_tell_is_said_and_no_more(
    tmp_path: Path, script: str, words: str
) -> None:
    """Versions are raised all the same."""
    told: list[str] = []

    assert () == known_fixes(tmp_path, program(tmp_path, script), told.append)
    assert words in told[-1]


def test_without_one_nothing_is_said(tmp_path: Path) -> None:
    """Nobody needs it."""
    told: list[str] = []

    assert () == known_fixes(tmp_path, {"PATH": str(tmp_path)}, told.append)
    assert [] == told
