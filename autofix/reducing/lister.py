"""The program that reads Go's syntax for a reduction, built by the builder's own Go."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from posixpath import join
from typing import Self

from autofix.core.gocuts import GoFile, parse_listing
from autofix.engines.archive import Entry
from autofix.engines.base import Builder, CommandResult
from autofix.errors import InternalError
from autofix.gotool import GoTool

SOURCE = "goparts.go"
SECONDS = 300.0
_NAMES = 'go list -e -mod="$1" -deps -f "{{.ImportPath}}\t{{.Name}}" ./... 2>/dev/null'
_ENVIRONMENT = {
    "GO111MODULE": "on",
    "GOFLAGS": "-mod=mod",
    "GOTOOLCHAIN": "local",
    "GOWORK": "off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lister:
    """The program at ``path`` in a builder; files are named relative to ``folder``."""

    builder: Builder
    path: str
    folder: str

    @classmethod
    def built(cls, builder: Builder, folder: str) -> Self:
        """Build it; InternalError with Go's words if that fails."""
        place = join(builder.root, "parts")
        source = resources.files("autofix.data").joinpath(SOURCE).read_bytes()
        builder.put([Entry(name=SOURCE, content=source)], place)
        path = join(place, SOURCE.removesuffix(".go"))
        _output(
            builder.run(
                ["go", "build", "-o", path, SOURCE],
                folder=place,
                environment=_ENVIRONMENT,
                seconds=SECONDS,
            )
        )
        return cls(builder=builder, path=path, folder=folder)

    def parts(self, go: GoTool, names: Sequence[str]) -> tuple[GoFile, ...]:
        """
        List what may be taken from files of a module.

        What the packages that they import are called is read with the go command, as
        far as they can be had; it guesses the others.
        """
        mod = "vendor" if go.vendored else "readonly"
        script = (
            f'{_NAMES} >"$2.names"; lister=$2; cd "$3" && shift 3 && '
            '"$lister" "$@" <"$lister.names"'
        )
        return parse_listing(
            _output(go.ask(script, mod, self.path, self.folder, *names))
        )

    def formatted(self, names: Sequence[str]) -> dict[str, bytes]:
        """Return files as gofmt writes them; one that is not Go is left out."""
        result = self.builder.run(
            [self.path, "-format", *names],
            folder=self.folder,
            environment={},
            seconds=SECONDS,
        )
        texts = json.loads(_output(result))
        return {str(name): str(text).encode() for name, text in texts.items()}


def _output(result: CommandResult) -> bytes:
    if not result.succeeded:
        lines = "\n".join(line.text for line in result.evidence.lines[-5:])
        raise InternalError("Go files cannot be read for a reduction.", why=lines)
    return result.stdout
