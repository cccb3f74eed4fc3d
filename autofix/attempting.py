"""One module's run, kept in its run folder whatever ends it: no exception is lost."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autofix.config import Config
from autofix.crash import as_internal_error
from autofix.delivery import Delivery
from autofix.errors import AutofixError, InternalError, InterruptedRunError
from autofix.project import Project
from autofix.report.base import Reporter
from autofix.report.fanout import Fanout
from autofix.report.folder import FolderReporter
from autofix.result import RunResult
from autofix.runfolder import state_home
from autofix.session import run_session

if TYPE_CHECKING:
    from autofix.halting import Halt


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """
    What came of one module; ``error`` is what prevented or ended its run.

    ``unkept`` is why the run folder could not be written to the end.
    """

    result: RunResult
    error: AutofixError | None = None
    unkept: AutofixError | None = None

    @property
    def is_last(self) -> bool:
        """Tell whether no other module is to be begun after it."""
        return isinstance(self.error, InterruptedRunError | InternalError)


def attempted(
    config: Config,
    project: Project,
    view: AbstractContextManager[Reporter],
    delivery: Delivery | None = None,
    halt: Halt | None = None,
) -> Attempt:
    """
    Run one module, heard by the view and kept in its run folder; raise nothing.

    An exception that is no AutofixError is a bug: it becomes an InternalError that
    names the written report.
    """
    with FolderReporter() as keeper:
        try:
            with view as reporter:
                heard = Fanout(reporter, keeper)
                result = run_session(config, heard, project, delivery, halt)
                made = Attempt(result=result, unkept=keeper.failure)
        except Exception as error:  # noqa: BLE001 (it becomes the result of the run)
            failure = as_autofix_error(error, keeper.folder)
            if keeper.result is None:
                keeper.keep_result(failed(failure, config, keeper.folder))
            kept = keeper.result or failed(failure, config, keeper.folder)
            if failure is not error:
                failure.__cause__ = error
            made = Attempt(result=kept, error=failure, unkept=keeper.failure)
    return made


def as_autofix_error(error: Exception, folder: Path | None) -> AutofixError:
    """Return the error, or what is told of a bug; its report is in ``folder``."""
    if isinstance(error, AutofixError):
        return error
    return as_internal_error(error, folder or state_home(os.environ) / "crashes")


def failed(error: AutofixError, config: Config, folder: Path | None) -> RunResult:
    """Return the result of a run that an error ended before it had one."""
    return RunResult(
        run_id="",
        run_folder=str(folder or ""),
        project=str(config.project.absolute()),
        ending=None,
        error=str(error),
        error_code=error.code,
        exit_code=error.exit_status
        if isinstance(error, InterruptedRunError)
        else error.exit_code,
        server=None,
        builder=None,
    )
