"""autofix as a library: values come back, errors come out, nothing is printed."""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

import autofix
from autofix.core.state import State
from autofix.errors import (
    BinaryError,
    CancelledRunError,
    ConfigError,
    EngineUnavailableError,
    ProjectError,
)
from autofix.logs import logger
from autofix.runfolder import KEEP_RUNS, runs_folder, state_home
from tests.cli.test_main import environment
from tests.core.plugin_elves import PluginElf
from tests.shell.test_comparing import PLUGIN, SERVER

GAME = (
    "module example.com/m\n\ngo 1.26.5\n\n"
    "require github.com/heroiclabs/nakama-common v1.47.0\n"
)
MAIN = (
    'package main\n\nimport "github.com/heroiclabs/nakama-common/runtime"\n\n'
    "func InitModule(_ runtime.Logger) error { return nil }\n"
)


@pytest.fixture(autouse=True)
def alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[None]:
    """Give the library a home of its own with no engine; it must print nothing."""
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    handlers = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    yield

    assert ("", "") == capfd.readouterr()
    now = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    assert handlers == now


def game(folder: Path, gomod: str = GAME) -> Path:
    """Write a plugin for Nakama 3.40.0."""
    folder.mkdir(parents=True)
    (folder / "go.mod").write_text(gomod)
    (folder / "main.go").write_text(MAIN)
    return folder


def test_importing_autofix_costs_nothing() -> None:
    """The library is imported with the first name that is taken from the package."""
    code = (
        "import sys, autofix; assert 'autofix.api' not in sys.modules; "
        "autofix.run; assert 'autofix.api' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)

    assert 0 == done.returncode


def test_a_name_that_is_not_there() -> None:
    """It is an AttributeError, as of any module."""
    with pytest.raises(AttributeError, match="no attribute 'ran'"):
        autofix.ran  # type: ignore[attr-defined]  # noqa: B018


def test_a_check_returns_its_verdict(tmp_path: Path) -> None:
    """The values are those of the command: one error for the module that is too new."""
    config = autofix.Config(project=game(tmp_path / "game"))
    new = autofix.Config(
        project=game(tmp_path / "new", GAME.replace("v1.47.0", "v1.48.0")),
        nakama="3.40.0",
    )

    assert 0 == autofix.check(config, offline=True).exit_code
    verdict = autofix.check(new, offline=True)
    assert ["github.com/heroiclabs/nakama-common"] == [
        each.module for each in verdict.errors
    ]


def test_a_run_without_an_engine_raises(tmp_path: Path) -> None:
    """The error comes out, and the reporter has heard the end before."""
    ends: list[autofix.RunResult] = []

    class Hearer(autofix.Reporter):
        """Note the end."""

        def run_ended(self, *, result: autofix.RunResult, state: State) -> None:
            """Note it."""
            del state
            ends.append(result)

    with pytest.raises(EngineUnavailableError):
        autofix.run(
            autofix.Config(project=game(tmp_path / "game"), engine="docker"),
            reporter=Hearer(),
        )
    assert ["engine-unavailable"] == [each.error_code for each in ends]
    assert Path(ends[0].run_folder, "result.json").is_file()


def test_bad_nights_are_pruned_too(tmp_path: Path) -> None:
    """A run that an error ends leaves no more runs than a clean one."""
    runs = runs_folder(state_home(os.environ))
    for number in range(KEEP_RUNS + 5):
        old = runs / f"20200101T{number:06}Z-old"
        old.mkdir(parents=True)
        (old / "run.json").write_text("{}")
    with pytest.raises(EngineUnavailableError):
        autofix.run(autofix.Config(project=game(tmp_path / "game"), engine="docker"))

    assert KEEP_RUNS == len([each for each in runs.iterdir() if not each.is_symlink()])


def test_a_cancelled_run_does_not_begin(tmp_path: Path) -> None:
    """An event that is set already ends it before anything is looked at."""
    cancelled = threading.Event()
    cancelled.set()

    with pytest.raises(CancelledRunError):
        autofix.run(autofix.Config(project=tmp_path / "none"), cancelled=cancelled)
    assert not (tmp_path / "state").exists()


def test_several_modules_are_one_call_each(tmp_path: Path) -> None:
    """A folder of several is refused; ``modules`` lists what to call it with."""
    folders = (game(tmp_path / "all" / "a"), game(tmp_path / "all" / "b"))

    assert folders == autofix.modules(tmp_path / "all")
    for call in (autofix.run, autofix.check):
        with pytest.raises(ProjectError):
            call(autofix.Config(project=tmp_path / "all"))


def test_a_comparison_is_returned(tmp_path: Path) -> None:
    """A plugin with another version of a module is not equal to its server."""
    (tmp_path / "nakama").write_bytes(SERVER)
    (tmp_path / "backend.so").write_bytes(PLUGIN)
    (tmp_path / "other.so").write_bytes(PluginElf(hashes={}).laid_out())
    found = autofix.compare(tmp_path / "nakama", "backend.so")

    assert not found.equal
    assert "example.com/leaf" == found.foretelling.package
    with pytest.raises(BinaryError):
        autofix.compare("nakama", "other.so")


def test_a_config_is_that_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """autofix.toml, then the environment, then what the caller says."""
    folder = game(tmp_path / "game")
    (folder / "autofix.toml").write_text('max-rounds = 7\nnakama = "3.38.0"\n')
    monkeypatch.setenv("AUTOFIX_MAX_TIME", "5m")
    (tmp_path / "a.so").touch()
    config = autofix.configured(
        folder, nakama="3.40.0", allow_dirty=True, build_timeout=90, so=Path("a.so")
    )

    assert (7, 300.0, "3.40.0", True, 90.0, Path("a.so")) == (
        config.max_rounds,
        config.max_time,
        config.nakama,
        config.allow_dirty,
        config.build_timeout,
        config.so,
    )
    with pytest.raises(ConfigError, match="no setting 'nakame'"):
        autofix.configured(folder, nakame="3.40.0")


def test_log_lines_go_to_the_hosts_logging(caplog: pytest.LogCaptureFixture) -> None:
    """A host that listens to the logger ``autofix`` hears them; nobody else does."""
    with caplog.at_level(logging.INFO, logger="autofix"):
        logger().warning("not removed", kind="volume")

    assert ['event="not removed" kind=volume'] == caplog.messages


def test_the_readmes_example_runs(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It prints the finding, then why the run was not possible (no engine here)."""
    game(tmp_path / "my-plugin", GAME.replace("v1.47.0", "v1.48.0"))
    readme = Path(__file__).parents[2].joinpath("README.md").read_text("utf-8")
    (example,) = re.findall(
        r"^    import autofix\n(?:    .*\n|\n)+", readme, re.MULTILINE
    )
    exec(compile(dedent(example), "README.md", "exec"), {})  # noqa: S102

    out = capfd.readouterr().out
    assert out.startswith("go.mod:5 ")
    assert "No container engine answers" in out
