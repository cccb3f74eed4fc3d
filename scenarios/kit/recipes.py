"""
What each image of the kit is made of: its reference, inputs, labels and context.

A recipe's fingerprint covers everything that decides its content, the images below
it included; an image whose label has the same fingerprint is not made again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from scenarios.kit import debian
from scenarios.kit.engine import FINGERPRINT_LABEL, KIT_LABEL, ContextFile
from scenarios.kit.release import Release
from scenarios.kit.twin_source import build_script, twin_files

_IMAGES = files("scenarios.kit") / "images"
_TWIN_LABEL = "dev.autofix.kit.test-double"

DEBIAN = "autofix-kit/debian:bookworm"
COMPILERS = "autofix-kit/compilers:bookworm"
POSTGRES = "autofix-kit/postgres:15"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """
    One image: what it is called, what decides its content, what it stands on.

    ``files`` is the build context, the Dockerfile first. Where ``go`` is given, the
    image is that Go laid on the one below; ``twin`` is the release whose twin server
    comes into the context.
    """

    reference: str
    needs: tuple[str, ...]
    files: tuple[ContextFile, ...]
    labels: Mapping[str, str]
    go: str | None = None
    twin: Release | None = None

    @property
    def fingerprint(self) -> str:
        """Return what its label says if it was made of the same inputs."""
        return self.labels[FINGERPRINT_LABEL]


def golang_reference(version: str) -> str:
    """Name the kit's image of one exact Go."""
    return f"autofix-kit/golang:{version}-bookworm"


def builder_reference(tag: str) -> str:
    """Name the kit's pluginbuilder of one Nakama release."""
    return f"autofix-kit/nakama-pluginbuilder:{tag}"


def server_reference(tag: str) -> str:
    """Name the kit's twin server of one Nakama release."""
    return f"autofix-kit/nakama:{tag}"


def recipes(releases: tuple[Release, ...]) -> tuple[Recipe, ...]:
    """List every image the releases need, each after those it stands on."""
    found: dict[str, Recipe] = {}

    def add(
        reference: str,
        needs: tuple[str, ...],
        inputs: tuple[ContextFile, ...],
        *extra: tuple[str, str],
        go: str | None = None,
        twin: Release | None = None,
    ) -> None:
        if reference in found:
            return
        below = [found[need].fingerprint for need in needs]
        known = twin_files(twin) if twin else ()
        script = build_script(twin) if twin else ""
        words = (reference, str(go), script, *below)
        mark = fingerprint_of(*words, inputs=(*inputs, *known))
        labels = {KIT_LABEL: "1", FINGERPRINT_LABEL: mark, **dict(extra)}
        found[reference] = Recipe(
            reference=reference,
            needs=needs,
            files=inputs,
            labels=labels,
            go=go,
            twin=twin,
        )

    settings = tuple(
        ContextFile(path=path, content=text.encode())
        for path, text in debian.INPUTS.items()
    )
    add(DEBIAN, (), settings)
    add(COMPILERS, (DEBIAN,), _context("compilers"))
    for version in dict.fromkeys(go for r in releases for go in (r.go, r.builder_go)):
        golang = golang_reference(version)
        add(golang, (COMPILERS,), (), go=version)
    for one in releases:
        below = golang_reference(one.builder_go)
        context = _context("pluginbuilder", GO=one.builder_go)
        add(builder_reference(one.tag), (below,), context)
    entrypoint = ContextFile(
        path="entrypoint",
        content=(_IMAGES / "postgres-entrypoint.sh").read_bytes(),
        mode=0o755,
    )
    add(POSTGRES, (DEBIAN,), (*_context("postgres"), entrypoint))
    for one in releases:
        add(
            server_reference(one.tag),
            (DEBIAN, golang_reference(one.go)),
            _context("nakama"),
            (_TWIN_LABEL, f"twin server of Nakama {one.tag}; not Nakama"),
            twin=one,
        )
    return tuple(found.values())


def _context(name: str, **arguments: str) -> tuple[ContextFile, ...]:
    text = (_IMAGES / f"{name}.Dockerfile").read_text("utf-8")
    for argument, value in arguments.items():
        text = text.replace(f"ARG {argument}\n", f"ARG {argument}={value}\n")
    return (ContextFile(path="Dockerfile", content=text.encode()),)


def fingerprint_of(*words: str, inputs: tuple[ContextFile, ...]) -> str:
    """Return a short digest of all that decides what is made."""
    digest = hashlib.sha256()
    for word in words:
        digest.update(word.encode() + b"\0")
    for file in inputs:
        digest.update(f"{file.path}\0{file.mode}\0{len(file.content)}\0".encode())
        digest.update(file.content)
    return digest.hexdigest()[:16]
