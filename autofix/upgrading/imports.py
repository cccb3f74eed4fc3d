"""The program that rewrites imports, built by the builder's own Go; it writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from posixpath import join
from typing import Self

from autofix.core.majors import ImportMove, MovedImports, parse_moved, request
from autofix.engines.archive import Entry
from autofix.errors import InternalError
from autofix.gotool import GoTool

SOURCE = "goimports.go"
FOLDER = "imports"
"""Where the program lies in the builder's root."""

_SCRIPT = """\
cd "$1" || exit
test -x rewriter || go build -o rewriter "$2" || exit
./rewriter <request.json
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRewriter:
    """The program in a builder, for the module of one go command."""

    go: GoTool

    @classmethod
    def put(cls, go: GoTool) -> Self:
        """Put its source there; it is built when it is first asked."""
        source = resources.files("autofix.data").joinpath(SOURCE).read_bytes()
        folder = join(go.builder.root, FOLDER)
        go.builder.put([Entry(name=SOURCE, content=source)], folder)
        return cls(go=go)

    def rewritten(self, moves: Mapping[str, ImportMove]) -> MovedImports:
        """Return the imports of the module's own code, and its files as they would be."""
        return self._ask(request(self.go.folder, moves))

    def names(self, packages: Mapping[str, str]) -> Mapping[str, str]:
        """Tell what packages in folders are called; one that is not there is left out."""
        return self._ask(request("", packages=packages)).names

    def _ask(self, content: bytes) -> MovedImports:
        folder = join(self.go.builder.root, FOLDER)
        self.go.builder.put([Entry(name="request.json", content=content)], folder)
        result = self.go.ask(_SCRIPT, folder, SOURCE)
        try:
            return parse_moved(result.stdout)
        except ValueError as error:
            lines = "\n".join(line.text for line in result.evidence.lines[-5:])
            raise InternalError(
                "The imports of the project's Go files cannot be read.",
                why=lines,
                todo="Leave out --majors; the project is as it was.",
            ) from error
