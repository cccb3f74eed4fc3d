"""
``autofix.lock``: what a server links, as a small file to be committed beside go.mod.

TOML, sorted, one package a line, so that the change from one Nakama to the next reads
as a diff. Its checksum is over what it says, not over its bytes: comments and line
ends may change (git does that), a version or a hash may not.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from autofix.core.linked import Linked
from autofix.core.model import ModuleVersion
from autofix.core.packages import longest_prefix
from autofix.core.serverrecord import ServerRecord
from autofix.core.tomltext import toml_array, toml_string
from autofix.core.versions import bare_go

LOCK_FILE = "autofix.lock"
FORMAT = 1
OPENING = "# autofix.lock: what"
"""How the file begins, so that it is known under any name."""

STANDARD_LIBRARY = "std"
ITSELF = "."
_CONFLICT = re.compile(r"^(<<<<<<<|>>>>>>>|=======$)", re.MULTILINE)
_HASH = re.compile(r"[0-9a-f]{16}")


class LockError(ValueError):
    """The text is no lock file that can be trusted; the message says in what way."""


def lock_text(record: ServerRecord) -> str:
    """Return the lock file of a server; equal records give equal text."""
    body = "\n".join(_body(record))
    name = _line(record.called)
    return (
        f"{OPENING} {name} links, for 'autofix check' without its image.\n"
        "# Written by 'autofix check --lock', which also renews it. Do not edit.\n"
        f"format = {FORMAT}\n"
        f"checksum = {toml_string(_checksum(body))}\n"
        f"{body}\n"
    )


def parse_lock(text: str) -> ServerRecord:
    """Read a lock file; LockError says what is wrong with it."""
    if _CONFLICT.search(text):
        raise LockError("it has the marks of a merge conflict")
    try:
        stored = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # not only TOMLDecodeError
        raise LockError(f"it is damaged ({str(error)[:120]})") from error
    if stored.get("format") != FORMAT:
        other = stored.get("format")
        raise LockError(
            f"it has format {other!r:.20}, and this autofix reads {FORMAT}"
            if other is not None
            else "it is no lock file of autofix"
        )
    try:
        record = _record(stored)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LockError(f"it is damaged ({error!r:.120})") from error
    if stored.get("checksum") != _checksum("\n".join(_body(record))):
        raise LockError("it was edited by hand: its checksum does not fit")
    return record


def _body(record: ServerRecord) -> Iterator[str]:
    linked = record.linked
    yield ""
    yield "[server]"
    if record.release is not None:
        yield f"nakama = {toml_string(record.release)}"
    yield f"image = {toml_string(record.reference)}"
    yield f"digest = {toml_string(record.digest)}"
    yield f"stand-in = {str(record.stand_in).lower()}"
    yield f"machine = {toml_string(record.machine)}"
    yield f"go = {toml_string(linked.version)}"
    yield f"package = {toml_string(linked.package)}"
    yield f"main = {toml_string(linked.main)}"
    yield f"libraries = {toml_array(linked.libraries)}"
    yield f"glibc = {toml_array(linked.versions)}"
    yield ""
    yield "[settings]"
    for name, value in sorted(linked.settings.items()):
        yield f"{toml_string(name)} = {toml_string(value)}"
    homes = {*linked.modules, linked.main} - {""}
    packages: dict[str, list[str]] = {}
    for package in sorted(linked.hashes):
        packages.setdefault(longest_prefix(package, homes), []).append(package)
    for module in sorted({*linked.modules, *packages}):
        yield ""
        yield f"[modules.{toml_string(module or STANDARD_LIBRARY)}]"
        if module in linked.modules:
            yield f"version = {toml_string(linked.modules[module])}"
        if module in linked.replaced:
            new = linked.replaced[module]
            yield f"replaced-by = {toml_array((new.path, new.version))}"
        for package in packages.get(module, ()):
            name = package if not module else package[len(module) + 1 :] or ITSELF
            yield f"packages.{toml_string(name)} = {toml_string(linked.hashes[package])}"


def _record(stored: Mapping[str, Any]) -> ServerRecord:
    server: Mapping[str, Any] = stored["server"]
    modules: dict[str, str] = {}
    replaced: dict[str, ModuleVersion] = {}
    hashes: dict[str, str] = {}
    for module, about in stored.get("modules", {}).items():
        path = "" if module == STANDARD_LIBRARY else module
        if "version" in about:
            modules[path] = _string(about["version"])
        if "replaced-by" in about:
            new, version = _strings(about["replaced-by"])
            replaced[path] = ModuleVersion(path=new, version=version)
        for name, value in about.get("packages", {}).items():
            if not _HASH.fullmatch(value):
                raise ValueError(f"{value!r:.40} is no package hash")
            hashes[_package(path, name)] = value
    go = _string(server["go"])
    return ServerRecord(
        reference=_string(server["image"]),
        digest=_string(server["digest"]),
        machine=_string(server["machine"]),
        release=_string(server["nakama"]) if "nakama" in server else None,
        stand_in=bool(server["stand-in"]),
        linked=Linked(
            name=_string(server["image"]),
            machine=_string(server["machine"]),
            version=go,
            go=bare_go(go) if go else "",
            package=_string(server["package"]),
            main=_string(server["main"]),
            modules=modules,
            replaced=replaced,
            settings={
                name: _string(value) for name, value in stored["settings"].items()
            },
            hashes=hashes,
            libraries=_strings(server["libraries"]),
            versions=_strings(server["glibc"]),
        ),
    )


def _package(module: str, name: str) -> str:
    if not module:
        return name
    return module if name == ITSELF else f"{module}/{name}"


def _checksum(body: str) -> str:
    return f"sha256:{sha256(body.encode()).hexdigest()}"


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r:.40} is no list")
    return tuple(_string(each) for each in value)


def _line(text: str) -> str:
    return "".join(char for char in text if char.isprintable())
