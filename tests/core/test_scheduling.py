"""The files of a nightly job, read again as their hosts read them."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.scheduling import Host, Job, parse_clock, snippets

HARD = "-X a=$b%c ${HOME} ${{ x }} \"q\" \\ 's' #"


def job(*arguments: str, folder: str = "/srv/my game") -> Job:
    """Return a job at half past two."""
    return Job(
        program=("/opt/auto fix/bin/autofix",),
        arguments=arguments or ("run", "./plugin", "--ldflags", HARD),
        folder=folder,
        path="/usr/bin:/opt/100%/bin",
        hour=2,
        minute=30,
    )


def unit(text: str) -> dict[str, dict[str, str]]:
    """Read a unit file."""
    parser = configparser.RawConfigParser(delimiters="=", comment_prefixes="#")
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


def unquoted(line: str) -> list[str]:
    """Split ExecStart as systemd.service(5) says: quotes, backslashes, % and $."""
    words = re.findall(r'"((?:[^"\\]|\\.)*)"', line)
    return [
        re.sub(r"\\(.)", r"\1", word).replace("%%", "%").replace("$$", "$")
        for word in words
    ]


words = st.text(
    st.characters(exclude_categories=("C", "Z"), include_characters=" "), min_size=1
)


@given(st.lists(words, max_size=3))
def test_systemd_gives_the_command_back(arguments: list[str]) -> None:
    """No specifier, variable or escape in an argument is read as one."""
    wanted = job("run", *arguments)
    service, _ = snippets(wanted, Host.SYSTEMD)
    line = unit(service.text)["Service"]["ExecStart"]

    assert [*wanted.program, *wanted.arguments] == unquoted(line)


def test_the_timer_fires_at_the_time_and_makes_up_for_a_night() -> None:
    """Persistent: a machine that was off runs it when it is on again."""
    service, timer = snippets(job(), Host.SYSTEMD)

    assert {"OnCalendar": "*-*-* 02:30:00", "Persistent": "true"} == unit(timer.text)[
        "Timer"
    ]
    assert "/srv/my game" == unit(service.text)["Service"]["WorkingDirectory"]
    assert service.place.endswith("/autofix-run-my-game.service")
    assert timer.place.endswith("/autofix-run-my-game.timer")


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd is not installed"
)
def test_systemd_itself_accepts_them(tmp_path: Path) -> None:
    """``systemd-analyze verify`` has nothing to say."""
    program = shutil.which("true") or ""
    wanted = Job(
        program=(program,),
        arguments=("run", HARD),
        folder=str(tmp_path),
        path="/usr/bin",
        hour=2,
        minute=30,
    )
    paths = []
    for each in snippets(wanted, Host.SYSTEMD):
        paths.append(tmp_path / Path(each.place).name)
        paths[-1].write_text(each.text)
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, paths)],
        env={"SYSTEMD_LOG_LEVEL": "warning", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert "autofix-run" not in done.stderr


@given(st.lists(words, max_size=3))
def test_cron_gives_the_command_back(arguments: list[str]) -> None:
    """What cron makes of the line, and the shell of that, is the command."""
    wanted = job("run", *arguments)
    (snippet,) = snippets(wanted, Host.CRON)
    path, line = snippet.text.splitlines()
    minute, hour, *_, command = line.split(" ", 5)
    assert not re.search(r"(?<!\\)%", command)
    told = shlex.split(command.replace("\\%", "%"))

    assert "PATH=/usr/bin:/opt/100%/bin" == path
    assert ("30", "2") == (minute, hour)
    assert ["cd", "/srv/my game", "&&", *wanted.program, *wanted.arguments] == told[:-3]
    assert [">", "$HOME/autofix-run-my-game.log", "2>&1"] == told[-3:]


def workflow(arguments: tuple[str, ...], host: Host) -> tuple[Job, Any]:
    """Return a job and its YAML as a program reads it."""
    wanted = job(*arguments)
    (snippet,) = snippets(wanted, host)
    return wanted, yaml.load(snippet.text, yaml.BaseLoader)  # noqa: S506 (keys as text)


@given(st.lists(words, max_size=3))
def test_github_gives_the_command_back(arguments: list[str]) -> None:
    """The step's script is the command, and no expression is read in it."""
    wanted, found = workflow(("run", *arguments), Host.GITHUB)
    steps = found["jobs"]["autofix"]["steps"]
    (script,) = (each["run"] for each in steps if "env" in each)
    shown = script.replace("${{ '${{' }}", "\0")

    assert "${{" not in shown
    assert ["autofix", *wanted.arguments] == shlex.split(shown.replace("\0", "${{"))
    assert [{"cron": "30 2 * * *"}] == found["on"]["schedule"]
    assert {"contents": "read"} == found["permissions"]


@given(st.lists(words, max_size=3))
def test_gitlab_gives_the_command_back(arguments: list[str]) -> None:
    """The last line of the script is the command; only a schedule starts it."""
    wanted, found = workflow(("run", *arguments), Host.GITLAB)
    made = found["autofix-run-my-game"]

    assert ["autofix", *wanted.arguments] == shlex.split(made["script"][-1])
    assert [{"if": '$CI_PIPELINE_SOURCE == "schedule"'}] == made["rules"]


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("02:30", (2, 30)),
        ("2:05", (2, 5)),
        ("23:59", (23, 59)),
        ("24:00", None),
        ("2", None),
        ("02:60", None),
        ("02:30\n", None),
    ],
)
def test_times_of_day(text: str, clock: tuple[int, int] | None) -> None:
    """Hours and minutes of a day, nothing else."""
    assert clock == parse_clock(text)
