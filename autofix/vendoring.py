"""
vendor/ where ``go mod vendor`` is not enough: private modules, and patches in it.

A module that exists only in vendor/ keeps every ``-mod=mod`` command from working, so
the pinned modules alone are downloaded and put in their places (the real server
accepted plugins made so). Where all can be had, ``go mod vendor`` writes vendor/, and
what somebody changed in it by hand is found by vendoring the untouched go.mod first.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from posixpath import dirname, join

from autofix.core import golist
from autofix.core.comments import EXCLUDE, annotate, managed, required_modules
from autofix.core.gomod import GoMod, ModEdit, arguments, parse
from autofix.core.model import Pin
from autofix.core.modtext import go_lines, statements, with_go_lines
from autofix.core.modulestxt import parse_modules_txt
from autofix.core.observations import Edited, Failed, Vendored
from autofix.core.packages import longest_prefix
from autofix.core.vendortext import (
    missing_packages,
    out_of_step,
    unsummed_packages,
    with_module,
    with_sums,
)
from autofix.engines.base import CommandResult
from autofix.gotool import EDIT, GO_MOD, READ, GoTool

MODULES_TXT = "vendor/modules.txt"
GO_SUM = "go.sum"
MOST_ROUNDS = 30
_DOWNLOADS = "_autofix_download"
"""A folder of the module that the go command passes over, with a go.mod of its own."""
_ORIGINAL, _ORIGINAL_SUM = "_autofix.mod", "_autofix.sum"
_WAS = "_autofix_vendor"
_NOT_VENDORED = ("*_test.go", GO_MOD, GO_SUM)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Module:
    """A downloaded module: its folder, its go.mod and its lines for go.sum."""

    path: str
    version: str
    folder: str
    go: str
    requires: Mapping[str, str]
    sums: Mapping[tuple[str, str], str]


def edit_in_vendor(go: GoTool, edit: ModEdit, pins: Sequence[Pin]) -> Edited | Failed:
    """
    Edit go.mod and bring vendor/ in step with it, downloading only what moves.

    Nothing selects versions here: what go.mod requires is what vendor/ gets. A package
    that a module newly imports is added, also of a module that was not vendored yet.
    """
    written = _write(go, edit)
    if written is not None:
        return written
    fetched: dict[str, _Module] = {}
    for _ in range(MOST_ROUNDS):
        answers = go.together(READ, ("cat", MODULES_TXT))
        if not answers.succeeded:
            return Failed(evidence=answers.evidence)
        gomod, text = _split(answers)
        moving = out_of_step(text, gomod)
        for path, version in moving.items():
            gone = _move(go, path, version, fetched)
            if gone is not None:
                return gone
        listed = go.together(READ, ("cat", GO_MOD), go.listing("-mod=vendor"))
        if listed.succeeded:
            return _edited(listed, pins)
        said = "\n".join(line.text for line in listed.evidence.lines)
        lacking = list(dict.fromkeys(missing_packages(said)))
        if not lacking or not _add(go, lacking, gomod, fetched):
            return Failed(evidence=listed.evidence, gomod=gomod)
    return Failed(evidence=listed.evidence, gomod=gomod)


def vendor(go: GoTool, original: Mapping[str, bytes]) -> Vendored | Failed:
    """
    Run ``go mod vendor`` and keep what was changed by hand in vendor/.

    ``original`` holds go.mod and go.sum as the project has them. A change in a module
    whose version moved cannot be kept, and is told. The project's own vendor/ is kept
    aside, because a run that moves a library after a failed build comes here again.
    """
    go.together(
        ("sh", "-c", f"[ ! -d {_WAS} ] || {{ rm -rf vendor && mv {_WAS} vendor; }}")
    )
    patched = _patched(go, original)
    before = go.file(MODULES_TXT).decode("utf-8", "replace") if patched else ""
    done = _summed(go)
    if isinstance(done, Failed) or not patched:
        return done
    old = parse_modules_txt(before).versions
    new = parse_modules_txt(go.file(MODULES_TXT).decode("utf-8", "replace")).versions
    kept: list[str] = []
    lost: list[str] = []
    for name in patched:
        module = longest_prefix(dirname(name), old)
        same = bool(module) and old[module] == new.get(module)
        (kept if same else lost).append(name)
    _restore(go, kept)
    return Vendored(kept=tuple(kept), lost=tuple(lost))


def _summed(go: GoTool) -> Vendored | Failed:
    """
    Run ``go mod vendor``, and let go.sum have what it asks for.

    It takes the imports of every system and build tag along, so it wants sums that
    listing the plugin does not write, and no -mod=mod makes it write them itself
    (observed on Go 1.16 to 1.26).
    """
    asked: set[str] = set()
    while True:
        done = go.vendor()
        if not isinstance(done, Failed):
            return done
        said = "\n".join(line.text for line in done.evidence.lines)
        lacking = set(unsummed_packages(said)) - asked
        if not lacking:
            return done
        asked |= lacking
        go.together(("go", "list", "-mod=mod", "-e", "-deps", *sorted(lacking)))


def _write(go: GoTool, edit: ModEdit) -> Failed | None:
    if edit.is_empty:
        return None
    before = go.text()
    result = go.together((*EDIT, *arguments(edit)))
    if not result.succeeded:
        return Failed(evidence=result.evidence)
    added = {each.path for each in edit.requires} - required_modules(before)
    if added:
        text = annotate(go.text(), {}, added)
        go.put(GO_MOD, text.encode("utf-8", "surrogateescape"))
    return None


def _split(answers: CommandResult) -> tuple[GoMod, str]:
    gomod, text = answers.stdout.split(b"\0")
    return parse(gomod), text.decode("utf-8", "replace")


def _edited(listed: CommandResult, pins: Sequence[Pin]) -> Edited:
    first, text, packages = listed.stdout.split(b"\0")
    gomod = parse(first)
    listing = golist.parse_packages(packages.decode("utf-8", "replace"))
    linked = golist.with_replaces_of(gomod, listing.linked)
    pinned = {pin.module for pin in pins}
    return Edited(
        gomod=gomod,
        selected={path: each for path, each in linked.items() if path in pinned},
        linked=linked,
        own_excludes=frozenset(
            each.module
            for each in managed(text.decode("utf-8", "surrogateescape"))
            if each.verb == EXCLUDE
        ),
    )


def _move(
    go: GoTool, path: str, version: str, fetched: dict[str, _Module]
) -> Failed | None:
    """Put a module's vendored packages in their places as another version has them."""
    module = _fetched(go, path, version, fetched)
    if isinstance(module, Failed):
        return module
    text = go.file(MODULES_TXT).decode("utf-8", "replace")
    packages = next(
        (
            each.packages
            for each in parse_modules_txt(text).modules
            if each.path == path
        ),
        (),
    )
    return _place(go, module, packages)


def _add(
    go: GoTool, lacking: Sequence[str], gomod: GoMod, fetched: dict[str, _Module]
) -> bool:
    """Add packages that a moved module newly imports; False if one cannot be had."""
    for package in lacking:
        text = go.file(MODULES_TXT).decode("utf-8", "replace")
        vendored = parse_modules_txt(text)
        versions = dict(vendored.versions)
        for module in fetched.values():
            for path, version in module.requires.items():
                versions.setdefault(path, version)
        path = longest_prefix(package, versions)
        found = _fetched(go, path, versions[path], fetched) if path else None
        if found is None or isinstance(found, Failed):
            return False
        if path not in {each.module.path for each in gomod.requires}:
            go.together((*EDIT, f"-require={path}@{found.version}"))
            text = annotate(go.text(), {}, {path})
            go.put(GO_MOD, text.encode("utf-8", "surrogateescape"))
        present = [each for each, owner in vendored.packages.items() if owner == path]
        if package in present or _place(go, found, (*present, package)) is not None:
            return False
    return True


def _place(go: GoTool, module: _Module, packages: Sequence[str]) -> Failed | None:
    """Copy package folders out of the module cache, and note them in modules.txt."""
    patterns = " ".join(f"! -name {shlex.quote(each)}" for each in _NOT_VENDORED)
    script = ["set -e"]
    for package in packages:
        inside = package.removeprefix(module.path).lstrip("/")
        source = shlex.quote(join(module.folder, inside) if inside else module.folder)
        target = shlex.quote(f"vendor/{package}")
        script.append(
            f"if [ -d {target} ]; then find {target} -maxdepth 1 -type f -exec rm -f "
            f"{{}} +; fi; if [ -d {source} ]; then mkdir -p {target}; "
            f"find {source} -maxdepth 1 -type f {patterns} -exec cp {{}} {target}/ \\;; "
            f"chmod -R u+w {target}; fi"
        )
    # A package that this version does not have is left out of the list.
    script += [
        f"if [ -d {shlex.quote(f'vendor/{each}')} ] && ls "
        f"{shlex.quote(f'vendor/{each}')}/*.go >/dev/null 2>&1; then echo "
        f"{shlex.quote(each)}; fi"
        for each in packages
    ]
    copied = go.together(("sh", "-c", "\n".join(script)))
    if not copied.succeeded:
        return Failed(evidence=copied.evidence)
    there = copied.stdout.decode("utf-8", "replace").split()
    text = with_module(
        go.file(MODULES_TXT).decode("utf-8", "replace"),
        module.path,
        module.version,
        go=module.go,
        packages=there,
    )
    go.put(MODULES_TXT, text.encode())
    sums = go.file(GO_SUM).decode("utf-8", "replace")
    go.put(GO_SUM, with_sums(sums, module.sums).encode())
    return None


def _fetched(
    go: GoTool, path: str, version: str, fetched: dict[str, _Module]
) -> _Module | Failed:
    """Download one module, in a folder where no other requirement is in the way."""
    known = fetched.get(path)
    if known is not None and known.version == version:
        return known
    go.put(f"{_DOWNLOADS}/{GO_MOD}", b"module autofix.invalid/download\n")
    download = ("go", "mod", "download", "-json", f"{path}@{version}")
    script = f"cd {_DOWNLOADS} && {shlex.join(download)}"
    result = go.together(("sh", "-c", script))
    go.together(("rm", "-rf", _DOWNLOADS))
    if not result.succeeded:
        return Failed(evidence=result.evidence)
    stored = json.loads(result.stdout)
    read = go.together(("cat", stored["GoMod"]))
    text = read.stdout.decode("utf-8", "replace")
    found = _Module(
        path=path,
        version=version,
        folder=stored["Dir"],
        go=go_lines(text)[0],
        requires=dict(_required(text)),
        sums={
            (path, version): stored["Sum"],
            (path, f"{version}/go.mod"): stored["GoModSum"],
        },
    )
    fetched[path] = found
    return found


def _required(text: str) -> Iterator[tuple[str, str]]:
    for each in statements(text):
        if each.verb == "require" and len(each.words) == 2:  # noqa: PLR2004
            yield each.words[0], each.words[1]


def _patched(go: GoTool, original: Mapping[str, bytes]) -> tuple[str, ...]:
    """
    Name the files of vendor/ that somebody changed or added, and removed sources.

    vendor/ is made anew from the project's own go.mod and compared; none where that
    cannot be done. What it was lies in ``_WAS`` afterwards, if there are any.
    """
    lines = go_lines(go.text())
    text = original[GO_MOD].decode("utf-8", "surrogateescape")
    text = with_go_lines(text, go=lines[0], drop_toolchain=not lines[1])
    go.put(_ORIGINAL, text.encode("utf-8", "surrogateescape"))
    go.put(_ORIGINAL_SUM, original.get(GO_SUM, b""))
    made = go.together(
        ("rm", "-rf", _WAS),
        ("cp", "-a", "vendor", _WAS),
        ("go", "mod", "vendor", f"-modfile={_ORIGINAL}"),
        ("sh", "-c", f"LC_ALL=C diff -rq {_WAS} vendor || [ $? = 1 ]"),
    )
    go.together(("rm", "-f", _ORIGINAL, _ORIGINAL_SUM))
    if not made.succeeded:
        go.together(("sh", "-c", f"rm -rf vendor && mv {_WAS} vendor"))
        return ()
    said = made.stdout.rpartition(b"\0")[2].decode("utf-8", "replace")
    return tuple(
        name
        for name in map(_differing, said.splitlines())
        if name and name != "modules.txt"
    )


def _differing(line: str) -> str:
    """
    Return the file below vendor/ that a line of ``diff -rq`` names, or "".

    What only the new vendor/ has was removed; other files than sources were left out
    on the way into the builder, or never committed.
    """
    if line.startswith("Files "):
        return line.removeprefix(f"Files {_WAS}/").partition(" and vendor/")[0]
    place, _, name = line.removeprefix("Only in ").rpartition(": ")
    below = place.removeprefix(_WAS).removeprefix("vendor").strip("/")
    path = join(below, name) if below else name
    if place.startswith(_WAS):
        return path
    return path if name.endswith(".go") else ""


def _restore(go: GoTool, names: Sequence[str]) -> None:
    script = [
        f"if [ -e {shlex.quote(f'{_WAS}/{name}')} ]; then "
        f"mkdir -p {shlex.quote(dirname(f'vendor/{name}'))} && "
        f"cp -a {shlex.quote(f'{_WAS}/{name}')} {shlex.quote(f'vendor/{name}')}; "
        f"else rm -f {shlex.quote(f'vendor/{name}')}; fi"
        for name in names
    ]
    if script:
        go.together(("sh", "-c", "\n".join(script)))
