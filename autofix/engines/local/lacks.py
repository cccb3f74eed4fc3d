"""What this machine lacks for the local engine, each with its mend."""

from __future__ import annotations

import os
import platform
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from autofix.core.versions import compare_go
from autofix.engines.local.postgres import account, client_program, server_programs
from autofix.engines.local.server_file import server_files
from autofix.engines.local.toolchain import FETCHES_OTHERS, go_here, installed

_COMPILERS = ("gcc", "clang", "cc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that the local engine needs: what there is, or what to do."""

    name: str
    what: str
    there: bool
    mend: str = ""


def parts(
    server: Path | None,
    environment: Mapping[str, str],
    *,
    database: bool,
    go: str = "",
) -> Iterator[Part]:
    """
    Look for everything that a run on this machine needs; starts nothing.

    ``go`` is the server's bare release, "" if it is not known yet.
    """
    if platform.system() != "Linux":
        yield Part(
            name="system",
            what=f"Linux (this is {platform.system()})",
            there=False,
            mend="Nakama's servers are Linux programs: use a container engine.",
        )
    yield _go(environment, go)
    yield _compiler(environment)
    yield _server(server, environment)
    yield _database(environment, given=database)


def lacks(
    server: Path | None, environment: Mapping[str, str], *, database: bool
) -> tuple[Part, ...]:
    """Return what is missing for a run on this machine."""
    found = parts(server, environment, database=database)
    return tuple(each for each in found if not each.there)


def _go(environment: Mapping[str, str], exact: str) -> Part:
    name = "Go"
    here = go_here(exact, environment) if exact else None
    if here is not None:
        return Part(name=name, what=f"Go {exact} in {here.root}", there=True)
    gos = tuple(installed(environment))
    able = [each for each in gos if compare_go(each.version, FETCHES_OTHERS) >= 0]
    if able:
        others = f"Go {exact}" if exact else "any other"
        what = f"Go {able[0].version} in {able[0].root}, which can fetch {others}"
        return Part(name=name, what=what, there=True)
    return Part(
        name=name,
        what="a Go from 1.21 on",
        there=False,
        mend="Install Go, or: pip install 'autofix[local]'",
    )


def _compiler(environment: Mapping[str, str]) -> Part:
    chosen = shlex.split(environment.get("CC", ""))[:1] or _COMPILERS
    path = environment.get("PATH", "")
    found = next((place for each in chosen if (place := which(each, path=path))), None)
    name = "C compiler"
    if found:
        return Part(name=name, what=found, there=True)
    return Part(
        name=name,
        what="a C compiler, which Go builds plugins with",
        there=False,
        mend="Install gcc.",
    )


def _server(server: Path | None, environment: Mapping[str, str]) -> Part:
    name = "server"
    for each in server_files(server, environment):
        if os.access(each, os.X_OK) and Path(each).is_file():
            return Part(name=name, what=each, there=True)
    return Part(
        name=name,
        what="a Nakama server (nakama on the PATH)",
        there=False,
        mend="Name its binary by --server FILE.",
    )


def _database(environment: Mapping[str, str], *, given: bool) -> Part:
    name = "database"
    if given:
        psql = client_program(environment)
        if psql is not None:
            return Part(name=name, what=f"the given one, by {psql}", there=True)
        return Part(
            name=name,
            what="psql, to look after --database with",
            there=False,
            mend="Install PostgreSQL's client, or: pip install 'autofix[local]'",
        )
    programs = server_programs(environment)
    if programs is not None and (os.geteuid() != 0 or account() is not None):
        return Part(name=name, what=f"PostgreSQL of {programs.origin}", there=True)
    return Part(
        name=name,
        what="PostgreSQL's programs"
        if programs is None
        else "a user besides root for PostgreSQL to run as (postgres or nobody)",
        there=False,
        mend="Give one by --database user:password@host:port/name, or: "
        "pip install 'autofix[local]'",
    )
