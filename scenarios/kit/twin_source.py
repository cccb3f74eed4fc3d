"""The twin server's source for one release: own Go files, and two generated ones."""

from __future__ import annotations

from importlib.resources import files

from scenarios.kit.engine import ContextFile
from scenarios.kit.errors import KitError
from scenarios.kit.release import Release

_TWIN = files("scenarios.kit") / "twin"
MODULE = "autofix/twin"


def twin_files(release: Release) -> tuple[ContextFile, ...]:
    """
    Return every file the compile of a twin needs, in a fixed order.

    ``go.mod`` requires all modules of the release at its exact versions, which makes
    version selection yield exactly these; ``linked.go`` imports its packages.
    """
    own = [
        ContextFile(path=name, content=(_TWIN / name).read_bytes())
        for name in sorted(entry.name for entry in _TWIN.iterdir())
        if name.endswith((".go", ".txt", ".sql"))
    ]
    stubs = _TWIN / "stubs" / "main.go"
    return (
        ContextFile(path="go.mod", content=_go_mod(release).encode()),
        ContextFile(path="linked.go", content=_linked(release).encode()),
        ContextFile(path="stubs/main.go", content=stubs.read_bytes()),
        *own,
    )


def build_script(release: Release, *, copy: str = "/tmp/fetching") -> str:  # noqa: S108 (in a container)
    """
    Return the shell script that compiles the twin in its folder; ``copy`` is another.

    ``-trimpath`` and cgo decide package hashes and are the release's own; ``-mod``
    and ``-ldflags`` do not (observed on 3.26.0 and 3.40.0).
    """
    flags = "-trimpath -buildvcs=false -mod=mod"
    variables = f"-s -w -X main.version={release.tag}"
    # Modules are fetched in a copy, so that go.mod and go.sum have one writer each;
    # they come while the first packages compile. -v is for the progress.
    return f"""
cp -r . {copy}
(cd {copy} && go list -mod=mod -deps . > /dev/null 2>&1) &
go run {flags} -v ./stubs > unserved.go
wait
go build {flags} -v -ldflags '{variables}' -o nakama .
go version -m nakama > buildinfo.txt
"""


def check_versions(release: Release, build_info: bytes) -> None:
    """Raise KitError unless every linked module has the release's version."""
    for line in build_info.decode().splitlines():
        words = line.split()
        if len(words) < 3 or words[0] != "dep":  # noqa: PLR2004
            continue
        expected = release.modules.get(words[1], "nothing")
        if words[2] != expected:
            raise KitError(
                f"The twin of {release.tag} links {words[1]} {words[2]}, not {expected}.",
                why="Version selection did not yield the release's versions.",
                todo="This is a fault of the kit; please report it.",
            )


def _go_mod(release: Release) -> str:
    requires = "".join(f"\t{path} {v}\n" for path, v in release.modules.items())
    return f"module {MODULE}\n\ngo {release.go}\n\nrequire (\n{requires})\n"


def _linked(release: Release) -> str:
    imports = "".join(f'\t_ "{path}"\n' for path in release.linkable)
    return f"package main\n\nimport (\n{imports})\n"
