"""
The whole error tree: what stops autofix, as opposed to what it diagnoses.

Each leaf has its own ``code`` (stable, for machines) and the exit code of its
branch; each message has three parts: what happened, why that usually is, and what
to do. A failure of the *plugin* is never an exception: it is a ``Diagnosis``.
"""

from __future__ import annotations

from typing import ClassVar


class AutofixError(Exception):
    """
    The root of every error autofix raises on purpose.

    ``what`` says what happened, ``why`` what usually causes it, ``todo`` what the
    user can do; the last two may be empty.
    """

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "error"

    def __init__(self, what: str, *, why: str = "", todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.todo = todo

    def __str__(self) -> str:
        return "\n".join(part for part in (self.what, self.why, self.todo) if part)


class UsageError(AutofixError):
    """The command line, the configuration or the project given cannot be used."""

    exit_code = 2
    code = "usage"


class ConfigError(UsageError):
    """A configuration value is unknown, malformed or contradicts another."""

    code = "config"


class ProjectError(UsageError):
    """The folder given holds no Go plugin that autofix can work on."""

    code = "project"


class DirtyProjectError(ProjectError):
    """go.mod, go.sum or vendor/ have uncommitted changes."""

    code = "dirty-project"


class ProjectChangedError(ProjectError):
    """Somebody else changed the project's files while autofix worked."""

    code = "project-changed"


class ProjectLockedError(ProjectError):
    """Another autofix works on the same project."""

    code = "project-locked"


class BranchError(UsageError):
    """A commit was asked for on a branch that is there, or cannot be."""

    code = "branch"


class GitError(UsageError):
    """git was asked for something that it cannot do here."""

    code = "git"


class BinaryError(UsageError):
    """A file given is no Go server or plugin that could be compared."""

    code = "binary"


class RunUnreadableError(UsageError):
    """A run folder or a journal is damaged, or of a version that cannot be read."""

    code = "run-unreadable"


class ScenarioError(UsageError):
    """A scenario's file does not say what a scenario needs, or there is no such one."""

    code = "scenario"


class BundleError(UsageError):
    """A file given is no bundle of a run, or none that can be trusted."""

    code = "bundle"


class LockFileError(UsageError):
    """A lock file given is damaged, edited by hand or not autofix's."""

    code = "lock-file"


class TargetError(UsageError):
    """Which Nakama to match cannot be told, or no such release exists."""

    code = "target"


class EnvironmentUnusableError(AutofixError):
    """The machine lacks something that autofix needs; the plugin is not to blame."""

    exit_code = 3
    code = "environment"


class EngineUnavailableError(EnvironmentUnusableError):
    """No container engine answers."""

    code = "engine-unavailable"


class EngineLostError(EnvironmentUnusableError):
    """The engine answered before and does not any more."""

    code = "engine-lost"


class ImageMissingError(EnvironmentUnusableError):
    """An image is neither in the engine nor can it be pulled."""

    code = "image-missing"


class ForeignImageError(EnvironmentUnusableError):
    """An image is there but is not what its role needs (a server, a builder)."""

    code = "foreign-image"


class DiskFullError(EnvironmentUnusableError):
    """There is no room left, here or in the engine."""

    code = "disk-full"


class ReadOnlyError(EnvironmentUnusableError):
    """A file or folder that must be written cannot be."""

    code = "read-only"


class NetworkError(EnvironmentUnusableError):
    """A registry or the module proxy cannot be reached."""

    code = "network"


class DatabaseUnavailableError(EnvironmentUnusableError):
    """The run's own PostgreSQL did not come up."""

    code = "database-unavailable"


class UnsafeArchiveError(EnvironmentUnusableError):
    """What came out of a container is not the plain files that were asked for."""

    code = "unsafe-archive"


class OutputTooLargeError(EnvironmentUnusableError):
    """A command wrote more than autofix is ready to hold."""

    code = "output-too-large"


class TransientError(AutofixError):
    """A call failed for a reason that passes; only ``retrying`` handles this."""

    exit_code = 3
    code = "transient"


class NotReproducedError(AutofixError):
    """A failure that is to be reduced does not come about here."""

    code = "not-reproduced"


class InterruptedRunError(AutofixError):
    """A signal asked autofix to stop; everything was cleaned up."""

    code = "interrupted"

    def __init__(self, signal_number: int) -> None:
        super().__init__("Interrupted; everything of this run has been removed.")
        self.signal_number = signal_number

    @property
    def exit_status(self) -> int:
        """Return 128 plus the signal's number, as shells do (130, 143)."""
        return 128 + self.signal_number


class CancelledRunError(AutofixError):
    """A program that runs autofix as a library told it to stop; all was cleaned up."""

    code = "cancelled"


class HaltedRunError(AutofixError):
    """A run stopped after the round that its user had named; nothing went wrong."""

    exit_code = 0
    code = "halted"


class InternalError(AutofixError):
    """A bug in autofix: something happened that its own rules exclude."""

    exit_code = 70
    code = "internal"
