"""The commands that lead to what a run has on this machine."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from autofix.engines.inside import Door, Work, shown


def local_doors(work: Work, go: Path | None) -> Iterator[Door]:
    """
    Yield the folders of a run; ``go`` holds the programs of the server's Go.

    There is no wall around them: what is tried there runs as this user.
    """
    variables = {"GOTOOLCHAIN": "local", "GOFLAGS": "", "GOENV": "off"}
    told = [f"{k}={v}" for k, v in shown(variables | dict(work.environment)).items()]
    path = [f'PATH={shlex.quote(str(go))}:"$PATH"'] if go else []
    yield Door(
        name="builder",
        words="the project as it is now, with the server's Go",
        enter=" ".join(
            ("cd", shlex.quote(work.folder), "&& env", *path, shlex.join(told), "sh")
        ),
        tries=(shlex.join(work.build), "go list -m all", "cat go.mod"),
    )
    if work.image is None:
        return
    binary = shlex.quote(work.image.identity)
    modules = shlex.join((f"--runtime.path={work.image.modules}",))
    flags = shlex.join(work.image.start_flags)
    address = shlex.join(("--database.address", work.address))
    start = (
        f"{binary} migrate up {address}",
        f"{binary} {address} {modules} {flags}",
    )
    yield Door(
        name="server",
        words="its folder with the plugin in place; nothing runs yet",
        enter=f"cd {shlex.quote(work.image.folder)}",
        tries=(f"{binary} check {modules}", *(start if work.address else ())),
    )
