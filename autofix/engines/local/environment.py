"""
The environment of a go command on this machine: the user's own, where it may be.

How modules are fetched and kept is the user's affair (proxies, private modules, netrc,
SSH agent, caches), what is built is autofix's: whatever changes a package's content
or the go command's mode is fixed or left out.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from autofix.engines.local.toolchain import Toolchain, this_machine
from autofix.errors import ForeignImageError

ASK_SECONDS = 30.0
_FETCHING = (
    "GOPROXY",
    "GOPRIVATE",
    "GONOPROXY",
    "GONOSUMDB",
    "GOSUMDB",
    "GOINSECURE",
    "GOVCS",
    "GOAUTH",
    "GOPATH",
    "GOMODCACHE",
    "GOCACHE",
)
"""What ``go env -w`` may have set of this; the rest of that file is left out."""

_LEFT_OUT = frozenset(
    {
        "GOROOT",
        "GOTOOLDIR",
        "GOBIN",
        "GOEXPERIMENT",
        "GOFIPS140",
        "GODEBUG",
        "GOCOVERDIR",
        "GO386",
        "GOAMD64",
        "GOARM",
        "GOARM64",
        "PWD",
        "OLDPWD",
    }
)


def go_environment(
    toolchain: Toolchain, environment: Mapping[str, str], *, temporary: Path
) -> dict[str, str]:
    """
    Return the environment in which this Go builds what a builder's image would.

    ``temporary`` is a folder for its work. ForeignImageError if it does not run.
    """
    kept = {name: v for name, v in environment.items() if name not in _LEFT_OUT}
    kept |= {
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-mod=mod",
        "GOWORK": "off",
        "GOOS": "linux",
        "GOARCH": this_machine(),
        "CGO_ENABLED": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GOTMPDIR": str(temporary),
        "PATH": f"{toolchain.root / 'bin'}:{environment.get('PATH', '')}",
    }
    fetching = _asked(toolchain, kept)
    return {**kept, **fetching, "GOENV": "off"}


def _asked(toolchain: Toolchain, environment: Mapping[str, str]) -> dict[str, str]:
    """Let Go say how modules are fetched, also by its own file of settings."""
    try:
        said = subprocess.run(
            [str(toolchain.go), "env", "-json", *_FETCHING],
            cwd="/",
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ASK_SECONDS,
            check=True,
        )
        answers: dict[str, str] = json.loads(said.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise ForeignImageError(
            f"The Go in {toolchain.root} does not run: {error}.",
            todo="Remove it, or put a Go that works first on your PATH.",
        ) from error
    # A name that this Go does not know has an empty value.
    return {name: value for name, value in answers.items() if value}
