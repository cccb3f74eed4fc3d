"""
Which engine a command works with: containers where they can be had, else this machine.

Each engine is imported only when it is opened: docker's client alone takes longer to
import than the rest of autofix.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from autofix.config import SETTINGS, Config
from autofix.core.model import Finding
from autofix.engines.base import Engine
from autofix.engines.leftovers import Swept
from autofix.engines.ownership import this_owner
from autofix.errors import EngineUnavailableError
from autofix.images import ImageRoles
from autofix.preparing import Roles

MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
"""Python's names of machines as Go's."""

Progress = Callable[[str], None]


class RunEngine(Engine, Protocol):
    """An engine opened for one run; leaving its context removes all of the run."""

    def __enter__(self) -> Self:
        """Return itself."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove what is left of the run."""
        ...

    def sweep(self) -> Swept:
        """Remove what dead runs of this host left here."""
        ...

    def disks(self) -> Sequence[Path]:
        """Return folders on the disks of this machine that it writes to."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An engine, what it tries for each role, and what a user must know of it."""

    engine: RunEngine
    roles: Roles
    findings: tuple[Finding, ...] = ()


def open_engine(
    config: Config,
    *,
    run_id: str,
    environment: Mapping[str, str],
    progress: Progress = lambda _text: None,
) -> Opened:
    """
    Open the engine that ``config`` asks for.

    With ``auto`` this machine's own processes serve where no container engine answers,
    or where a server's binary or a database was given for them. EngineUnavailableError
    if neither can be had; it says what each lacks.
    """
    local = bool(config.server or config.database)
    if config.engine == "local" or (config.engine == "auto" and local):
        return _local(config, run_id, environment, progress)
    try:
        return _docker(config, run_id, environment, progress)
    except EngineUnavailableError as error:
        images = config.server_image or config.builder_image or config.database_image
        if config.engine == "docker" or images:
            raise
        return _instead(error, config, run_id, environment, progress)


def _instead(
    error: EngineUnavailableError,
    config: Config,
    run_id: str,
    environment: Mapping[str, str],
    progress: Progress,
) -> Opened:
    """Open this machine's engine if it has all that a run needs."""
    from autofix.engines.local.lacks import lacks  # noqa: PLC0415 (see above)

    missing = lacks(config.server, environment, database=bool(config.database))
    if missing:
        raise EngineUnavailableError(
            error.what,
            why="\n".join(
                (
                    *((error.why,) if error.why else ()),
                    "Without containers (--engine local) this machine lacks: "
                    + "; ".join(each.what for each in missing),
                )
            ),
            todo=error.todo,
        ) from error
    progress(f"{error.what} Using this machine's own Go, server and PostgreSQL.")
    return _local(config, run_id, environment, progress)


def _docker(
    config: Config, run_id: str, environment: Mapping[str, str], progress: Progress
) -> Opened:
    from autofix.engines.docker import DockerEngine  # noqa: PLC0415 (see above)

    engine = DockerEngine.from_environment(
        run_id=run_id,
        environment=environment,
        machine=MACHINES.get(platform.machine().lower(), "amd64"),
        ca_bundle=config.ca_bundle,
        progress=progress,
        keep=config.keep,
    )
    return Opened(engine=engine, roles=ImageRoles(config=config))


def _local(
    config: Config, run_id: str, environment: Mapping[str, str], progress: Progress
) -> Opened:
    from autofix.engines.local.engine import LocalEngine  # noqa: PLC0415 (see above)
    from autofix.engines.local.given import Address  # noqa: PLC0415
    from autofix.engines.local.roles import LocalRoles  # noqa: PLC0415

    address = Address.parse(config.database) if config.database else None
    # The go command gets the rest of it; passwords and tokens are not its business.
    secret = {setting.variable for setting in SETTINGS.values() if setting.secret}
    environment = {k: v for k, v in environment.items() if k not in secret}
    engine = LocalEngine(
        this_owner(run_id),
        environment=environment,
        address=address,
        ca_bundle=config.ca_bundle,
        progress=progress,
    )
    roles = LocalRoles(
        server=config.server, database=address is not None, environment=environment
    )
    return Opened(engine=engine, roles=roles, findings=(NO_SANDBOX,))


NO_SANDBOX = Finding(
    name="no-sandbox",
    text="The server and the plugin's code run as processes of this machine, as this "
    "user (--engine local): nothing keeps them from its files and network.",
    answer="Run only plugins that you trust, or where a container or a virtual machine "
    "is around autofix.",
)
