"""What the main module's own code imports, and whether it compiles: by the go command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autofix.core.compile_errors import CompileError, parse_errors
from autofix.core.model import Stream
from autofix.core.observations import Failed
from autofix.gotool import GoTool
from autofix.upgrading.codeport import FLAGS
from autofix.upgrading.imports import ImportRewriter

_LINKED = (
    "{{$own := not .DepOnly}}{{with .Module}}{{if .Main}}{{$own = true}}{{end}}{{end}}"
    "{{if $own}}{{range .Imports}}{{.}}\n{{end}}{{end}}"
)
"""Also of a package that is a list of files, which has no module."""
_KNOWN = "{{.ImportPath}}\t{{.Name}}\t{{with .Module}}{{.Path}}{{end}}\t{{with .Error}}!{{end}}"
_ERROR = "\x1f"
"""Comes before each error of a listing; no compiler prints it."""
_HEADER = "# "
"""Begins what the compiler says of a package."""
_ERRORS = f"{{{{with .Error}}}}{_ERROR}{{{{.Err}}}}\n{{{{end}}}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCode:
    """
    What the main module's code imports, its tests included.

    ``linked`` are the imports of what the plugin links of it, ``names`` what packages
    are called; ``modules`` provide them. ``whole`` tells that all of it was found.
    """

    imports: frozenset[str]
    linked: frozenset[str]
    names: Mapping[str, str]
    modules: frozenset[str]
    whole: bool


def own_code(go: GoTool) -> OwnCode:
    """Read what the module's own code imports."""
    rewriter = ImportRewriter.put(go)
    imports = rewriter.rewritten({}).imports
    command = _listing(go, "-mod=readonly", "-deps", _LINKED, *go.patterns)
    linked = go.together(command).stdout.decode("utf-8", "replace")
    known = listed(go, "-mod=readonly")
    gomod = go.read()
    stated = () if isinstance(gomod, Failed) else gomod.requires
    return OwnCode(
        imports=imports,
        linked=frozenset(linked.split()),
        names={path: name for path, name, _, _ in known or ()},
        modules=frozenset(
            (
                *(module for _, _, module, _ in known or () if module),
                *(each.module.path for each in stated),
            )
        ),
        whole=known is not None and not any(broken for *_, broken in known),
    )


def listed(go: GoTool, mod: str) -> list[tuple[str, str, str, bool]] | None:
    """
    List all that the module's packages and their tests import.

    Each with its path, its name, its module, and whether it is broken; None if that
    cannot be told. Under ``-mod=mod`` go.mod and go.sum are completed.
    """
    result = go.together(_listing(go, mod, "-deps", _KNOWN, "-test", "./..."))
    if not result.succeeded:
        return None
    found = []
    for line in result.stdout.decode("utf-8", "replace").splitlines():
        path, name, module, bad = (*line.split("\t"), "", "", "", "")[:4]
        found.append((path, name, module, bool(bad)))
    return found


def compiled(go: GoTool) -> tuple[CompileError, ...]:
    """
    Compile the module's packages and their tests; link and run nothing.

    Returns what the compiler says; what keeps a package from being compiled at all is
    a build's to tell. Go 1.19 says nothing where any import is missing (observed).
    """
    result = go.together(
        _listing(go, "-mod=readonly", "-export", _ERRORS, "-test", *FLAGS, "./...")
    )
    # Go up to 1.18 writes them to stderr, as a build does (observed, 1.15 to 1.26).
    said = [each.text for each in result.evidence.lines if each.stream is Stream.STDERR]
    for part in result.stdout.decode("utf-8", "replace").split(_ERROR):
        said += part.splitlines() if part.startswith(_HEADER) else ()
    return tuple(each for each in parse_errors(said) if each.package)


def _listing(go: GoTool, mod: str, kind: str, form: str, *words: str) -> list[str]:
    tags = [f"-tags={','.join(go.tags)}"] if go.tags else []
    return ["go", "list", mod, "-e", kind, *tags, "-f", form, *words]
