"""
Plugins that are some of a folder's files: ``go build -buildmode=plugin one.go``.

Two of them may lie in one folder, each with an InitModule; as one package they do not
compile.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from posixpath import normpath

from autofix.core.buildline import BuildLine
from autofix.core.hints import Hints
from autofix.core.model import Finding
from autofix.tree import is_file


def line_by_files(hints: Hints, folder: Path) -> BuildLine | None:
    """
    Return the first build line whose files lie in a folder, None if there is none.

    It may name the folder as the builder's mount has it, by an absolute path.
    """
    for line in hints.builds:
        mounted = line.package.startswith("/") and line.files
        if mounted and all(is_file(folder / name) for name in line.files):
            return line
    return None


def own_files(module: Path, package: str, build: BuildLine) -> tuple[str, ...]:
    """
    Return the files that a build line lists, where its folder has further ones.

    They are relative to the module as ``package`` is; tests do not count.
    """
    listed = set(build.files)
    found = (module / package).glob("*.go")
    present = {each.name for each in found if not each.name.endswith("_test.go")}
    if not listed < present:
        return ()
    return tuple(f"./{PurePosixPath(package, name)}" for name in build.files)


def left_in_folder(
    build: BuildLine, files: tuple[str, ...], hints: Hints
) -> Iterator[Finding]:
    """Say which other build lines make a plugin of other files of the same folder."""
    said: set[tuple[str, ...]] = {build.files}
    for other in hints.builds if files else ():
        same = normpath(other.package) == normpath(build.package)
        if not (same and other.files) or other.files in said:
            continue
        said.add(other.files)
        names = ", ".join(other.files)
        yield Finding(
            name="plugin-not-built",
            text=f"{other.place} builds {other.output or 'a plugin'} of {names}, in the"
            f" folder of {', '.join(build.files)}.",
            answer="It was left alone: one run works on the plugin of one build line.",
        )
