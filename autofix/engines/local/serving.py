"""One start of a server as a process of this machine: its files, output, end."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from autofix.core.model import Evidence, EvidenceSource
from autofix.durable import disk_errors
from autofix.engines.base import Follow
from autofix.engines.listening import Listener, Stop
from autofix.engines.local.builder import NO_ROOM
from autofix.engines.local.lifeline import Lifeline
from autofix.engines.local.memory import oom_kills
from autofix.engines.local.processes import Ceilings, Process

END_SECONDS = 10.0
CEILINGS = Ceilings(data=4 << 30, file=1 << 30)
"""Go keeps more data mapped than it uses, so memory gets twice a container's limit."""

_PASSED_ON = ("LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "TZ")
"""What a program needs of its machine and is no secret; a server gets no more."""


def server_environment(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return a server's environment: nothing of the user's that could be secret."""
    return {
        **{name: environment[name] for name in _PASSED_ON if name in environment},
        "PATH": os.defpath,
        "HOME": str(folder),
        "TMPDIR": str(folder / "tmp"),
        "LANG": "C.UTF-8",
        "NAKAMA_TELEMETRY": "0",
    }


def serve(
    binary: Path,
    arguments: Sequence[str],
    *,
    folder: Path,
    files: Mapping[str, Path],
    environment: Mapping[str, str],
    lifeline: Lifeline,
    seconds: float,
    settle: float,
    source: EvidenceSource,
    follow: Follow,
    hidden: Iterable[str] = (),
    clock: Callable[[], float] = time.monotonic,
) -> Evidence:
    """
    Run a server to its end and return what it said.

    ``folder`` is emptied first; ``files`` maps absolute paths in it to files that are
    copied there. ``environment`` is the user's, of which little is passed on.
    """
    with disk_errors("A server's files cannot be laid out", todo=NO_ROOM):
        lay_out(folder, files)
    started = clock()
    kills = oom_kills()
    listener = Listener(clock=clock, follow=follow, hidden=hidden)
    with Process(
        (str(binary), *arguments),
        folder=folder,
        environment=server_environment(environment, folder),
        lifeline=lifeline,
        ceilings=CEILINGS,
        clock=clock,
    ) as process:
        stop = listener.listen(process, seconds=seconds, settle=settle)
        code = None
        if stop is Stop.ENDED:
            # It may have closed its output and run on in silence.
            code = process.exit_code(max(seconds - (clock() - started), END_SECONDS))
            if code is None:
                stop = Stop.DEADLINE
    return listener.keeper.evidence(
        source=source,
        exit_code=code,
        timed_out=stop is Stop.DEADLINE,
        out_of_memory=code is not None and code != 0 and oom_kills() > kills,
        seconds=clock() - started,
    )


def lay_out(folder: Path, files: Mapping[str, Path]) -> None:
    """Empty a server's folder and copy files to absolute paths in it; OSError."""
    if folder.exists():
        shutil.rmtree(folder)
    (folder / "data" / "modules").mkdir(parents=True)
    (folder / "tmp").mkdir()
    for name, source in sorted(files.items()):
        target = Path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
