"""
The porter in a builder: its source put there, built by the server's Go, and run.

Only Go's standard library is needed. It reads the module as the build does and writes
nothing: the new texts come back in its answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files
from posixpath import dirname, join, normpath

from autofix.core.porting import (
    TABLE,
    Asked,
    Ported,
    near_versions,
    parse_ported,
    request,
)
from autofix.engines.archive import Entry
from autofix.engines.base import CommandResult
from autofix.errors import InternalError
from autofix.gotool import GoTool
from autofix.releases import release_table

FOLDER = "porter"
"""Where the porter lies in the builder's root."""
LONGEST_REFUSAL = 500

_SCRIPT = """\
cd "$1" || exit
test -x porter || go build -o porter . || exit
GOFLAGS=$2 ./porter <request.json
"""


def port(
    go: GoTool,
    *,
    before: str,
    after: str,
    writable: Sequence[str] = (),
    flags: Sequence[str] = (),
) -> Ported:
    """
    Return what the module's own code must be to compile with ``after``.

    ``before`` is the version of nakama-common that the code was written for.
    ``writable`` are absolute folders in the builder whose code is the project's own
    (default: the module's); ``flags`` are the build's (``-trimpath``), so that its
    cache serves. What cannot be looked at comes back as ``refusal``.
    """
    asked = Asked(
        folder=go.folder,
        packages=go.patterns,
        writable=tuple(writable) or (go.folder,),
        old=before,
        new=after,
        near=near_versions(before, release_table()),
        flags=tuple(flags),
    )
    return ask(go, asked)


def ask(go: GoTool, asked: Asked) -> Ported:
    """Have the porter answer a request; see ``autofix.core.porting.Asked``."""
    folder = join(go.builder.root, FOLDER)
    table = files("autofix").joinpath("data", TABLE).read_text("utf-8")
    content = request(asked, table)
    go.builder.put([*_source(), Entry(name="request.json", content=content)], folder)
    mod = "-mod=vendor" if go.vendored else "-mod=readonly"
    result = go.ask(_SCRIPT, folder, mod)
    if not result.succeeded:
        return Ported(refusal=_said(result))
    try:
        return parse_ported(result.stdout, asked.folder)
    except (ValueError, KeyError, TypeError) as error:
        raise InternalError(
            "The porter's answer cannot be read.",
            why="This is a bug in autofix.",
            todo="Report it; the project is as it was.",
        ) from error


def write(go: GoTool, ported: Ported) -> None:
    """Put the ported files into the builder, in the place of the old ones."""
    for name, content in ported.files.items():
        path = normpath(join(go.folder, name))
        entry = Entry(name=path.rpartition("/")[2], content=content)
        go.builder.put([entry], dirname(path))


def _source() -> Iterator[Entry]:
    source = files("autofix").joinpath("data", "porter")
    for each in sorted(source.iterdir(), key=lambda one: one.name):
        if each.name == "go.mod" or each.name.endswith(".go"):
            yield Entry(name=each.name, content=each.read_bytes())


def _said(result: CommandResult) -> str:
    lines = (line.text.strip() for line in result.evidence.lines)
    said = " ".join(line for line in lines if line)
    if result.evidence.timed_out:
        said = "it took too long"
    return said[:LONGEST_REFUSAL] or "the porter said nothing"
