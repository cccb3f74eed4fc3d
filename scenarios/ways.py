"""How the kit runs scenarios: in its containers, or with its servers on this machine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from autofix.config import Config
from autofix.engines.local.toolchain import any_go
from autofix.scenarios.running import Way
from autofix.scenarios.scenario import PRIVATE, Scenario
from scenarios.kit import KitError, ensure_images, local_server
from scenarios.privatehost import private_host, private_variables


def ensure(tags: Iterable[str], engine: str) -> None:
    """Make the images, or the servers, that are missing for these releases."""
    if engine == "docker":
        ensure_images(tags)
        return
    for tag in tags:
        local_server(tag)


def way(scenario: Scenario, engine: str = "docker", strategy: str = "all") -> Way:
    """Run a scenario with Nakama's own images where they are, else with stand-ins."""
    server = local_server(scenario.nakama) if engine == "local" else None
    bundle = os.environ.get("SSL_CERT_FILE")
    return Way(
        config=Config(
            engine=engine,
            server=server,
            kit=engine == "docker",
            ca_bundle=Path(bundle) if bundle else None,
        ),
        strategy=strategy,
        surroundings=partial(_surroundings, engine),
    )


@contextmanager
def _surroundings(
    engine: str, scenario: Scenario, work: Path
) -> Iterator[Mapping[str, str]]:
    """Serve what the scenario's user can reach; yield the user's environment."""
    if scenario.private is None:
        yield {}
        return
    source, home = scenario.path / PRIVATE, work / "home"
    with private_host(scenario.private, source, home):
        own = _own_caches(home) if engine == "local" else {}
        yield {**private_variables(scenario.private, home), **own}


def _own_caches(home: Path) -> Mapping[str, str]:
    """Let git and Go find what is in the home, with the machine's own caches."""
    names = ("GOMODCACHE", "GOCACHE")
    go = any_go(os.environ)
    if go is None:
        raise KitError("There is no Go on this machine.")
    found = subprocess.run(
        [go.go, "env", *names],
        cwd="/",
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout.splitlines()
    return {"HOME": str(home), **dict(zip(names, found, strict=True))}
