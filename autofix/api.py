"""
autofix as a library: ``autofix.run``, ``autofix.check`` and ``autofix.compare``.

They return values and raise AutofixError; they print nothing, end no process and set
no signal handler. What a plugin does wrong is in the result, never an exception.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from autofix.attempting import attempted
from autofix.checking import Question
from autofix.checking import check as judged
from autofix.comparing import Reader, compared
from autofix.config import SETTINGS, Config
from autofix.core.compare import Comparison
from autofix.core.imports import Imports
from autofix.crash import as_internal_error
from autofix.engines.opening import Opened, RunEngine, open_engine
from autofix.errors import AutofixError, ConfigError
from autofix.layers import load
from autofix.project import find_project, find_projects
from autofix.report.base import Reporter
from autofix.report.fanout import Fanout
from autofix.result import RunResult
from autofix.runfolder import state_home
from autofix.servercache import ServerCache
from autofix.verdict import Verdict
from autofix.watching import Cancellation

__all__ = [
    "AutofixError",
    "Comparison",
    "Config",
    "Reporter",
    "RunResult",
    "Verdict",
    "check",
    "compare",
    "configured",
    "modules",
    "run",
]


def run(
    config: Config,
    *,
    reporter: Reporter | None = None,
    cancelled: threading.Event | None = None,
) -> RunResult:
    """
    Make a plugin load, as ``autofix run`` does; the result tells how it ended.

    ``config.project`` is a folder of one module with plugins: ProjectError if there is
    none, or several (``modules`` lists them). ``reporter`` hears what is done, in this
    thread. Another thread may set ``cancelled``: CancelledRunError comes out at the
    next step, with everything removed and the project as it was. Runs on different
    modules may go on in several threads.
    """
    watch = Cancellation(cancelled or threading.Event())
    hearers = Fanout(watch, *((reporter,) if reporter else ()))
    with _bugs_reported():
        watch.look()
        project = find_project(config.project, package=config.package or None)
    made = attempted(config, project, nullcontext(hearers))
    if made.error is not None:
        raise made.error
    return made.result


def check(
    config: Config,
    *,
    files: Sequence[Path] = (),
    offline: bool = False,
    lock: bool = False,
    reporter: Reporter | None = None,
) -> Verdict:
    """
    Tell what must change before a plugin can load, as ``autofix check`` does.

    ``files`` are plugins already built, judged in the place of the source; ``offline``
    forbids engine and network; ``lock`` also writes autofix.lock. ``config.project``
    is a folder of one module, as for ``run``.
    """
    with _bugs_reported():
        if not files:
            project = find_project(config.project, package=config.package or None)
            config = replace(config, project=project.module_folder)
        (verdict,) = judged(
            Question(config=config, files=tuple(files), offline=offline, lock=lock),
            reporter or Reporter(),
            open_engine=lambda: _engine(config),
            cache=ServerCache.of(os.environ),
        )
    return verdict


def compare(
    server: str | Path,
    plugin: str | Path,
    *,
    imports: Imports | None = None,
    kit: bool = False,
) -> Comparison:
    """
    Compare every package of a built plugin with its server's, as ``autofix compare``.

    Each is a file, or what the command takes: an image, ``IMAGE:/path``, a release
    (``3.40.0``) or an autofix.lock for the server. BinaryError if one is no such file.
    """

    def engine() -> RunEngine:
        return _engine(Config(engine="docker")).engine

    with (
        _bugs_reported(),
        Reader(open_engine=engine, kit=kit, cache=ServerCache.of(os.environ)) as reader,
    ):
        return compared(reader, str(server), str(plugin), imports=imports)


def configured(
    project: str | Path = ".", **settings: str | Path | bool | float
) -> Config:
    """
    Return the Config that a command would have in a folder, from autofix.toml and all.

    ``settings`` are what its options would be (``max_time="20m"``) and beat the
    AUTOFIX_* variables, which beat the file. ConfigError names what is wrong. A Config
    made by hand reads neither.
    """
    for name in settings.keys() - SETTINGS.keys():
        raise ConfigError(
            f"There is no setting {name!r}.",
            todo=f"They are the fields of Config: {', '.join(SETTINGS)}.",
        )
    given = {k: str(v) if isinstance(v, Path) else v for k, v in settings.items()}
    folder = Path(project)
    return load(project=folder, flags=given, environment=os.environ).config


def modules(folder: str | Path = ".") -> tuple[Path, ...]:
    """Return the folder of each module with plugins at or below a folder; ProjectError."""
    return tuple(each.module_folder for each in find_projects(Path(folder)))


def _engine(config: Config) -> Opened:
    run_id = f"library-{secrets.token_hex(4)}"
    return open_engine(config, run_id=run_id, environment=os.environ)


@contextmanager
def _bugs_reported() -> Iterator[None]:
    """Let only AutofixError out: a bug becomes an InternalError with a report."""
    try:
        yield
    except AutofixError:
        raise
    except Exception as error:
        folder = state_home(os.environ) / "crashes"
        raise as_internal_error(error, folder) from error
