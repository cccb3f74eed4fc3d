"""What entries of the failure table ask about a match beyond its pattern."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from autofix.core.compile_errors import (
    CompileError,
    is_foreign,
    library_of,
    parse_errors,
)
from autofix.core.model import ServerFacts
from autofix.core.packages import (
    NAKAMA_MAIN,
    Origin,
    PackageHome,
    module_of,
    within,
)
from autofix.core.signatures_base import Context, Facts, Scene

FLAGS = ("-trimpath", "-race", "-gcflags", "-cover", "-pgo", "GOEXPERIMENT", "-tags")
"""Build settings that change packages shared with the server (measured; tags may)."""

MODULES_FOLDER = "/data/modules/"


def of_another_file(facts: Facts, scene: Scene) -> Facts | None:
    """
    Accept a line about a file in the module folder that is not the run's plugin.

    A second copy of the plugin has an entry of its own, which says more.
    """
    context, file = scene.context, facts.get("file", "")
    built = (context.plugin, *context.others)
    if not context.plugin or not file or any(_same_file(file, one) for one in built):
        return None
    copied = facts.get("reason", "").endswith("plugin already loaded")
    return None if copied else facts


def _same_file(file: str, plugin: str) -> bool:
    """Compare a path, or a name without its extension, with a relative name."""
    _, marker, below = file.rpartition(MODULES_FOLDER)
    known = PurePosixPath(below if marker else file)
    wanted = PurePosixPath(plugin)
    if known.is_absolute() or not known.name:  # "." and "" have none
        return known.name == wanted.name
    return known.with_suffix("") == wanted.with_suffix("")


def _home(facts: Facts, scene: Scene) -> PackageHome:
    package = facts["package"].rstrip(".:")
    if within(package, scene.context.project_module):
        return PackageHome(origin=Origin.NO_SERVER_MODULE)
    return module_of(package, scene.context.server)


def of_server_itself(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a package of the server's own main module."""
    accepted = _home(facts, scene).origin is Origin.SERVER_ITSELF
    return _with_package(facts) if accepted else None


def of_no_server_module(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a package that the server does not link: two plugins share it."""
    accepted = _home(facts, scene).origin is Origin.NO_SERVER_MODULE
    return _with_package(facts) if accepted else None


def of_module(facts: Facts, scene: Scene) -> Facts | None:
    """Accept what the entries before leave: a module's package, with its module."""
    home = _home(facts, scene)
    facts = _with_package(facts)
    if not home.module:
        return facts
    added = {"module": home.module, "version": home.version}
    context = scene.context
    built = context.artifact.modules.get(home.module, "") if context.artifact else ""
    if built:
        added["plugin_version"] = built
    if home.version in (built, context.pins.get(home.module)):
        added["same_version"] = home.version
    return facts | added


def of_other_go(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a standard-library package where both Go versions are known, unequal."""
    added = _standard(facts, scene)
    if added is None or not _both_known(added):
        return None
    return added if added["plugin_go"] != added["server_go"] else None


def of_other_flags(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a standard-library package where both Go versions are the same."""
    added = _standard(facts, scene)
    if added is None or not _both_known(added):
        return None
    return added | differing_flags(scene.context)


def of_standard_library(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a standard-library package; which Go differs is not known."""
    return _standard(facts, scene)


def _standard(facts: Facts, scene: Scene) -> dict[str, str] | None:
    if _home(facts, scene).origin is not Origin.STANDARD_LIBRARY:
        return None
    return _with_package(facts) | go_versions(scene.context)


def _both_known(facts: Facts) -> bool:
    return "server_go" in facts and "plugin_go" in facts


def _with_package(facts: Facts) -> dict[str, str]:
    return {**facts, "package": facts["package"].rstrip(".:")}


def go_versions(context: Context) -> dict[str, str]:
    """Return what is known of the server's, the plugin's and the builder's Go."""
    versions = {
        "server_go": context.server.go if context.server else "",
        "plugin_go": context.artifact.go if context.artifact else "",
        "builder_go": context.builder.go if context.builder else "",
    }
    return {key: version for key, version in versions.items() if version}


def with_go_versions(facts: Facts, scene: Scene) -> Facts:
    """Add what is known of the Go versions."""
    return {**facts, **go_versions(scene.context)}


def differing_flags(context: Context) -> dict[str, str]:
    """Return the build settings in which plugin and server differ, if both tell."""
    server: ServerFacts | None = context.server
    if server is None or context.artifact is None:
        return {}
    ours, theirs = context.artifact.settings, server.settings
    if not ours or not theirs:
        return {}
    named = [
        flag
        for flag in FLAGS
        if _effect(flag, ours.get(flag, "")) != _effect(flag, theirs.get(flag, ""))
    ]
    return {"flags": ", ".join(named)} if named else {}


def _effect(flag: str, value: str) -> str:
    """Return the value as far as it reaches packages that plugin and server share."""
    if flag == "-gcflags" and "all=" not in value:
        return ""  # reaches the main package only; Nakama itself is built with one
    return value


def of_the_plugin_file(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a library that is the plugin itself, unless its machine is the server's."""
    if not _is_plugin(facts):
        return None
    machines = _machines(scene.context)
    known = "server_machine" in machines and "plugin_machine" in machines
    if known and machines["server_machine"] == machines["plugin_machine"]:
        return None
    return {**_without_library(facts), **machines}


def of_a_vanished_file(facts: Facts, _scene: Scene) -> Facts | None:
    """Accept the plugin itself, of the right machine, that could not be opened."""
    return _without_library(facts) if _is_plugin(facts) else None


def with_machines(facts: Facts, scene: Scene) -> Facts:
    """Add what is known of the server's and the plugin's architecture."""
    return {**facts, **_machines(scene.context)}


def _is_plugin(facts: Facts) -> bool:
    library = facts.get("library", "")
    return "/" in library or library == facts.get("file")


def _without_library(facts: Facts) -> dict[str, str]:
    return {key: value for key, value in facts.items() if key != "library"} | {
        "file": facts["library"]
    }


def _machines(context: Context) -> dict[str, str]:
    machines = {
        "server_machine": context.server.machine if context.server else "",
        "plugin_machine": context.artifact.machine if context.artifact else "",
        "plugin_kind": context.artifact.kind.value if context.artifact else "",
    }
    return {key: machine for key, machine in machines.items() if machine}


def of_go_itself(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a symbol of Go's own runtime: host and plugin are of different Go."""
    if not facts["symbol"].startswith(("runtime.", "go:", "go.", "type:", "type..")):
        return None
    return with_go_versions(facts, scene)


def of_the_server(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a refused flag unless the go command says how it is used."""
    return None if scene.mentions("usage: go ") else facts


def of_own_package(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a package that the project's own module should contain."""
    own = within(facts.get("package", ""), scene.context.project_module)
    return facts if own else None


def of_a_nakama_package(facts: Facts, _scene: Scene) -> Facts | None:
    """Accept an import of Nakama's own main module by the project."""
    match = NAKAMA_MAIN.match(facts.get("package", ""))
    return facts if match and within(facts["package"], match.group()) else None


_FETCHED = (
    re.compile(r"(?:^|\s)(?P<module>[^\s@:]++)@(?P<version>v\d[^\s:]*+): "),
    re.compile(
        r"\breading (?P<module>[^\s:]*?)/go\.mod at revision (?P<version>[^\s:]++)"
    ),
    re.compile(r"\bmodule (?P<module>[^\s:]++): reading "),
    re.compile(r"cannot find module providing package (?P<module>[^\s:;]++)"),
)


_HAS_PACKAGE = re.compile(r"^\s++(?P<module>\S++) (?P<version>v\d\S*+) \([^\s)]*+\)$")


def with_both_modules(facts: Facts, scene: Scene) -> Facts:
    """
    Add the two modules that have a package, which later lines name.

    ``importer`` is the one that the server does not have, at its version: it became
    two, and is too old for its own part, ``module``.
    """
    found = [
        (match["module"], match["version"])
        for clue in scene.clues
        if (match := _HAS_PACKAGE.match(clue.text[:4096]))
    ]
    served = scene.context.server.modules if scene.context.server else {}
    known = [module for module, _ in found if module in served]
    other = [f"{module}@{version}" for module, version in found if module not in served]
    if len(known) != 1 or len(other) != 1:
        return facts
    return {**facts, "importer": other[0], "module": known[0]}


def with_scene_module(facts: Facts, scene: Scene) -> Facts:
    """Add the module that could not be fetched; git speaks of it on later lines."""
    return {**facts, **scene.once(_fetched)}


def _fetched(scene: Scene) -> Facts:
    for clue in scene.clues:
        for pattern in _FETCHED:
            match = pattern.search(clue.text[:4096])
            if match is not None:
                return match.groupdict()
    return {}


_NEEDS_GO = re.compile(r"note: module requires Go (?P<go>[\d.]++)")


def of_library_code(facts: Facts, scene: Scene) -> Facts | None:
    """Accept compile errors of which at least one lies in a library's source."""
    grouped = of_own_code(facts, scene) or {}
    return grouped if "module" in grouped or "package" in grouped else None


def of_own_code(facts: Facts, scene: Scene) -> Facts | None:
    """
    Accept compile errors wherever they lie.

    The go command's own errors about an import look alike; a compiler's stand below a
    line ``# package`` or, pasted alone, have a path with a folder.
    """
    compiled = facts["source"].startswith((".", "/", "vendor/")) or bool(
        scene.once(_heading)
    )
    errors = scene.once(_compile_errors) if compiled else {}
    return errors if "source" in errors else None


def _heading(scene: Scene) -> Facts:
    """Find the line that names the package whose errors follow."""
    heads = (clue.text for clue in scene.clues if clue.text.startswith("# "))
    return next(({"package": head} for head in heads), {})


def _compile_errors(scene: Scene) -> Facts:
    """Count the compile errors, own and in libraries, and describe the first one."""
    own: list[dict[str, str]] = []
    libraries: list[dict[str, str]] = []
    for error in parse_errors(clue.text for clue in scene.clues):
        home = _home_of(error, scene.context.project_module)
        entry = {"source": error.file, "line": str(error.line), "text": error.text}
        (libraries if home else own).append({**entry, **home})
    first = (libraries or own)[0] if libraries or own else {}
    notes = (_NEEDS_GO.match(clue.text) for clue in scene.clues)
    needed = next(({"go": match["go"]} for match in notes if match), {})
    api = next((e["text"] for e in own if _NAKAMA_API.search(e["text"])), "")
    changed = "" if api == first.get("text") else f": {api}"
    number = len(own) + len(libraries)
    return {
        **first,
        **needed,
        "errors": str(number),
        **({"several": str(number)} if number > 1 else {}),
        **({"own_errors": str(len(own))} if own else {}),
        **({"library_errors": str(len(libraries))} if libraries else {}),
        **({"nakama_api": api, "changed": changed} if api else {}),
    }


def _home_of(error: CompileError, project: str) -> dict[str, str]:
    """Return the library an error lies in, by its path or by the package compiled."""
    home = library_of(error.file)
    if home or not project or not is_foreign(error.package, project):
        return home
    return {"package": error.package}


_NAKAMA_API = re.compile(r"\b(?:nk|runtime|initializer|api)\.[A-Z]")
