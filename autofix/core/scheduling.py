"""
A command every night: the files that systemd, cron, GitHub and GitLab take for it.

Each has its own way to quote; what a user put into the command arrives unchanged.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

LONGEST_HOURS = 6
"""A job that hangs longer than any limit of autofix's own is ended by its host."""


class Host(StrEnum):
    """What starts the command."""

    SYSTEMD = "systemd"
    CRON = "cron"
    GITHUB = "github"
    GITLAB = "gitlab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """
    A command of autofix and when it runs.

    ``program`` (the words that start autofix) and ``path`` (a PATH) are this machine's,
    ``folder`` is where the command is to run; ``arguments`` begin with its name.
    """

    program: tuple[str, ...]
    arguments: tuple[str, ...]
    folder: str
    path: str
    hour: int
    minute: int

    @property
    def name(self) -> str:
        """Name the job by its command and folder: ``autofix-run-my-game``."""
        folder = re.sub(r"[^a-z0-9]+", "-", PurePath(self.folder).name.lower())
        return f"autofix-{self.arguments[0]}-{folder}".strip("-")

    @property
    def clock(self) -> str:
        """Return the time as people write it."""
        return f"{self.hour:02}:{self.minute:02}"

    @property
    def cron(self) -> str:
        """Return the time as cron writes it."""
        return f"{self.minute} {self.hour} * * *"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A file, where it goes, and what else is to be done, a line each."""

    place: str
    text: str
    todo: tuple[str, ...] = ()


def parse_clock(text: str) -> tuple[int, int] | None:
    """Return hour and minute of ``02:30``, None for what is no time of a day."""
    match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text, re.ASCII)
    return (int(match[1]), int(match[2])) if match else None


def snippets(job: Job, host: Host) -> tuple[Snippet, ...]:
    """Return the files that make a host run the job every night."""
    match host:
        case Host.SYSTEMD:
            return _systemd(job)
        case Host.CRON:
            return _cron(job)
        case Host.GITHUB:
            return _github(job)
        case Host.GITLAB:
            return _gitlab(job)


def _systemd(job: Job) -> tuple[Snippet, ...]:
    words = " ".join(map(_unit_word, (*job.program, *job.arguments)))
    # A fleet ends its night itself, at the hour that it or its file was told.
    longest = "infinity" if job.arguments[0] == "fleet" else f"{LONGEST_HOURS}h"
    service = f"""\
[Unit]
Description={job.name}

[Service]
Type=oneshot
WorkingDirectory={job.folder.replace("%", "%%")}
Environment={_unit_assignment("PATH", job.path)}
EnvironmentFile=-%h/.config/autofix/environment
ExecStart={words}
TimeoutStartSec={longest}
TimeoutStopSec=2min
Nice=10
"""
    timer = f"""\
[Unit]
Description={job.name} every night

[Timer]
OnCalendar=*-*-* {job.clock}:00
Persistent=true

[Install]
WantedBy=timers.target
"""
    folder = "~/.config/systemd/user"
    return (
        Snippet(place=f"{folder}/{job.name}.service", text=service),
        Snippet(
            place=f"{folder}/{job.name}.timer",
            text=timer,
            todo=(
                "Secrets (AUTOFIX_NOTIFY=...): ~/.config/autofix/environment, mode 600",
                "systemctl --user daemon-reload",
                f"systemctl --user enable --now {job.name}.timer",
                'loginctl enable-linger "$USER"',
                f"journalctl --user -u {job.name}",
            ),
        ),
    )


def _unit_word(word: str) -> str:
    """Quote a word of ExecStart: no specifier, no variable, no escape is read."""
    text = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text.replace("%", "%%").replace("$", "$$")}"'


def _unit_assignment(name: str, value: str) -> str:
    """Quote a value of Environment, in which a dollar sign means nothing."""
    text = value.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{name}={text}"'


def _cron(job: Job) -> tuple[Snippet, ...]:
    command = shlex.join((*job.program, *job.arguments))
    # Written anew each night, so that it does not grow; runs keep their own logs.
    log = f'"$HOME/{job.name}.log"'
    line = f"cd {shlex.quote(job.folder)} && {command} > {log} 2>&1"
    # In a command, though not in an assignment, cron reads % as the end of a line.
    line = line.replace("%", "\\%")
    return (
        Snippet(
            place="crontab -e",
            text=f"PATH={job.path}\n{job.cron} {line}\n",
            todo=(
                "Secrets (AUTOFIX_NOTIFY=...) can stand above it, a line each.",
                "A night on which the machine is off is left out; systemd's is not.",
            ),
        ),
    )


def _github(job: Job) -> tuple[Snippet, ...]:
    text = f"""\
name: {job.name}
on:
  schedule:
    - cron: "{job.cron}"
  workflow_dispatch:
permissions:
  contents: read
jobs:
  autofix:
    runs-on: ubuntu-latest
    timeout-minutes: {LONGEST_HOURS * 60}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install 'autofix[notify]'
      - run: {_scalar(_expressionless(_command(job)))}
        env:
          AUTOFIX_NOTIFY: ${{{{ secrets.AUTOFIX_NOTIFY }}}}
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: autofix-runs
          path: ~/.local/state/autofix/runs
          if-no-files-found: ignore
"""
    todo = (f"{job.clock} is UTC there; paths are relative to the repository.",)
    return (Snippet(place=f".github/workflows/{job.name}.yml", text=text, todo=todo),)


def _expressionless(text: str) -> str:
    """Keep GitHub from reading an expression into a command."""
    return text.replace("${{", "${{ '${{' }}")


def _gitlab(job: Job) -> tuple[Snippet, ...]:
    text = f"""\
{job.name}:
  image: python:3.12
  services:
    - name: docker:27-dind
      alias: docker
  variables:
    DOCKER_HOST: "tcp://docker:2375"
    DOCKER_TLS_CERTDIR: ""
  rules:
    - if: $CI_PIPELINE_SOURCE == "schedule"
  timeout: {LONGEST_HOURS} hours
  script:
    - pip install 'autofix[notify]'
    - {_scalar(_command(job))}
  after_script:
    - cp -r ~/.local/state/autofix/runs autofix-runs || true
  artifacts:
    when: always
    paths:
      - autofix-runs
"""
    todo = (
        f"Build > Pipeline schedules > New schedule: {job.cron}",
        "AUTOFIX_NOTIFY is a masked variable of the project (Settings > CI/CD).",
        "The runner must allow privileged services, for the engine.",
    )
    return (Snippet(place=".gitlab-ci.yml", text=text, todo=todo),)


def _command(job: Job) -> str:
    return shlex.join(("autofix", *job.arguments))


def _scalar(text: str) -> str:
    """Quote a text for YAML, of which JSON is a part."""
    return json.dumps(text, ensure_ascii=False)
