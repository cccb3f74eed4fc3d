"""
What of a plugin build line does harm, each with what autofix does instead.

Which flags change package hashes was observed on 3.40.0 (go1.26.5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from autofix.core.gobuild import GoBuild
from autofix.core.model import Finding

DSYM_GCFLAGS = "all=-N -l"
"""What a plugin for the nakama-dsym image must be compiled with."""

_HARMFUL_FLAGS: Mapping[str, tuple[str, str]] = {
    "race": ("race-build", "-race changes every package of the standard library"),
    "msan": ("sanitizer-build", "-msan changes every package"),
    "asan": ("sanitizer-build", "-asan changes every package"),
    "cover": ("coverage-build", "-cover changes the packages it measures"),
    "linkshared": ("linkshared-build", "-linkshared links against other libraries"),
}
_NOT_USED = "autofix builds without it."


_TIDIES = re.compile(r"\bgo\s+(?:mod\s+tidy|get\s+-u)\b")
_GENERATES = re.compile(r"\b(?:go|buf|sqlc)\s+generate\b|\bprotoc\s")
_INSTALLS = re.compile(
    r"\b(?:apt-get|apt|apk)\b[^\n;&|]*?\b(?:install|add)\b([^\n;&|]*)"
)
_EVERY_BUILDER_HAS = frozenset(
    {"bash", "build-base", "build-essential", "ca-certificates", "curl", "g++", "gcc"}
    | {"git", "libc6-dev", "make", "musl-dev", "openssh-client", "tzdata", "wget"}
)


def lint(build: GoBuild, *, earlier: str, odd_entrypoint: bool) -> Iterator[Finding]:
    """
    Say what a plugin build line misses and what of it does harm.

    ``earlier`` are the commands that ran before it; ``odd_entrypoint``: it was given to the pluginbuilder image as if that had no entrypoint.
    """
    if not build.has("trimpath"):
        yield Finding(
            name="no-trimpath",
            text="The build line has no -trimpath: Nakama is built with it, so every"
            " package differs without it.",
            answer="autofix adds -trimpath.",
        )
    if not build.has("buildmode", "plugin"):
        written = build.flags.get("buildmode", "")
        yield Finding(
            name="no-plugin-buildmode",
            text=f"The build line has -buildmode={written}, not -buildmode=plugin."
            if written
            else "The build line has no -buildmode=plugin.",
            answer="autofix builds with -buildmode=plugin.",
        )
    file = build.output.replace("\\", "/").rpartition("/")[2]
    if build.has("buildmode", "plugin") and file and not _may_be_so(file):
        yield Finding(
            name="output-not-so",
            text=f"The build line writes {file}: Nakama opens only files whose names end"
            " in .so, and `nakama check` says nothing of others.",
            answer="autofix names it so; do that too, unless it is renamed later.",
        )
    for flag, (name, why) in _HARMFUL_FLAGS.items():
        if build.has(flag):
            text = f"The build line has -{flag}: {why}, so Nakama cannot load it."
            yield Finding(name=name, text=text, answer=_NOT_USED)
    yield from _lint_environment(build.environment)
    yield from _lint_earlier(earlier)
    if odd_entrypoint:
        yield Finding(
            name="builder-entrypoint",
            text="The words after the pluginbuilder image begin with another program:"
            " its entrypoint is `go`, so they are given to go.",
            answer="Begin them with `build`, or add `--entrypoint sh`.",
        )


def lint_gcflags(written: str, server: str) -> Iterator[Finding]:
    """
    Say what is wrong with the compiler flags that a build line gives every package.

    ``written`` are those of the line ("" for none), ``server`` those that the server
    was built with: ``DSYM_GCFLAGS`` for nakama-dsym, else "".
    """
    if set(written.split()) == set(server.split()):
        return
    if not server:
        text = f"The build line has -gcflags '{written}': it fits only the nakama-dsym"
        text += f" image, which is built with '{DSYM_GCFLAGS}'."
        answer = "autofix uses it only where the server is nakama-dsym."
    elif not written:
        text = f"The build line has no -gcflags '{server}', with which the nakama-dsym"
        text += " image is built."
        answer = "autofix adds it."
    else:
        text = (
            f"The build line has -gcflags '{written}'; the nakama-dsym image is built"
        )
        text += f" with '{server}'."
        answer = f"autofix builds with '{server}'."
    yield Finding(name="gcflags-all", text=text, answer=answer)


def _lint_earlier(earlier: str) -> Iterator[Finding]:
    if _TIDIES.search(earlier):
        yield Finding(
            name="tidy-before-build",
            text="`go mod tidy` (or `go get -u`) runs before the build: it may lift"
            " modules again that must stay at Nakama's versions.",
            answer="autofix builds without it; take it out of the build.",
        )
    if found := _GENERATES.search(earlier):
        yield Finding(
            name="generate-before-build",
            text=f"`{found[0].strip()}` runs before the build.",
            answer="autofix builds what is there: run it first, if what it writes is not"
            " committed.",
        )
    words = " ".join(_INSTALLS.findall(earlier.replace("\\\n", " "))).split()
    names = [word for word in words if not word.startswith(("-", "$", "."))]
    if more := sorted(set(names) - _EVERY_BUILDER_HAS):
        yield Finding(
            name="packages-before-build",
            text=f"{', '.join(more)} are installed before the build."
            if len(more) > 1
            else f"{more[0]} is installed before the build.",
            answer="autofix builds in the plain builder; where the build needs more, make"
            " an image that has it and name it with --builder-image.",
        )


def _may_be_so(file: str) -> bool:
    """Tell whether a name ends in .so, or in a variable that may."""
    return file.endswith((".so", "}", ")")) or "$" in file


def _lint_environment(environment: Mapping[str, str]) -> Iterator[Finding]:
    if environment.get("CGO_ENABLED") == "0":
        yield Finding(
            name="cgo-disabled",
            text="CGO_ENABLED=0 is set: Go plugins need cgo.",
            answer="autofix builds with CGO_ENABLED=1.",
        )
    system = environment.get("GOOS", "linux")
    if system != "linux" and "$" not in system:
        yield Finding(
            name="foreign-goos",
            text=f"GOOS={system} is set: Nakama's images run Linux plugins only.",
            answer="autofix builds for linux.",
        )
    machine = environment.get("GOARCH", "amd64")
    if machine not in {"amd64", "arm64"} and "$" not in machine:
        yield Finding(
            name="foreign-goarch",
            text=f"GOARCH={machine} is set: Nakama exists for amd64 and arm64 only.",
            answer="autofix builds for the server's architecture.",
        )
    if environment.get("GOEXPERIMENT"):
        text = f"GOEXPERIMENT={environment['GOEXPERIMENT']} is set: Nakama is built"
        text += " without, so the runtime's own packages differ."
        yield Finding(name="goexperiment", text=text, answer=_NOT_USED)
    if environment.get("GOTOOLCHAIN", "local") not in {"local", ""}:
        yield Finding(
            name="gotoolchain",
            text=f"GOTOOLCHAIN={environment['GOTOOLCHAIN']} is set: another Go than the"
            " server's may be downloaded, and the plugin then does not load.",
            answer="autofix builds with GOTOOLCHAIN=local.",
        )
