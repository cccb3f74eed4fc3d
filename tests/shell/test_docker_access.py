"""What of the user's own access to private modules reaches a builder."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from autofix.core.model import Evidence, EvidenceSource
from autofix.engines.base import CommandResult
from autofix.engines.docker.access import AGENT, Access, module_access

NETRC = """
machine git.studio.example login build password hunter2
machine ci.studio.example login build password tr0ub4dor
machine mail.example login me password private
default login anonymous password none
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home folder with credentials for three hosts."""
    (tmp_path / ".netrc").write_text(NETRC)
    (tmp_path / ".gitconfig").write_text(
        '[url "https://oauth2:t0ken@git.studio.example/"]\n'
        "\tinsteadOf = https://git.studio.example/\n"
        '[url "ssh://git@elsewhere.example/"]\n'
        "\tinsteadOf = https://elsewhere.example/\n"
    )
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "known_hosts").write_text("git.studio.example ssh-ed25519 A\n")
    return tmp_path


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Path]:
    """Return a socket as an SSH agent has one."""
    path = tmp_path / "agent"
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(str(path))
        yield path


def _environment(home: Path, **more: str) -> dict[str, str]:
    return {"HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1", **more}


def test_nothing_is_passed_on_without_a_private_host(home: Path, agent: Path) -> None:
    """Credentials stay at home where no variable names a host that needs them."""
    access = module_access(_environment(home, SSH_AUTH_SOCK=str(agent)))

    assert Access() == access


def test_only_what_private_hosts_need_is_passed_on(home: Path, agent: Path) -> None:
    """Netrc entries, rewrites and the agent, but none of other hosts."""
    access = module_access(
        _environment(home, GOPRIVATE="git.studio.example/*", SSH_AUTH_SOCK=str(agent))
    )

    rewrite = (
        '[url "https://oauth2:t0ken@git.studio.example/"]\n'
        '\tinsteadOf = "https://git.studio.example/"\n'
    )

    assert (
        "machine git.studio.example login build password hunter2\n",
        rewrite,
        "git.studio.example ssh-ed25519 A\n",
        {str(agent): AGENT},
    ) == (access.netrc, access.git, access.known_hosts, access.sockets)


def test_patterns_match_as_go_reads_them(home: Path) -> None:
    """A star stands for any part of the host's name."""
    access = module_access(_environment(home, GONOPROXY="*.studio.example"))

    assert ["git.studio.example", "ci.studio.example"] == [
        line.split()[1] for line in access.netrc.splitlines()
    ]


def test_a_proxy_of_ones_own_gets_its_entry(home: Path) -> None:
    """GOPROXY names a host, too, but neither rewrites nor the agent are for it."""
    proxy = "https://ci.studio.example/go|https://other.example,direct"
    access = module_access(_environment(home, GOPROXY=proxy))

    assert ("machine ci.studio.example login build password tr0ub4dor\n", "") == (
        access.netrc,
        access.git,
    )


def test_what_go_env_keeps_counts(home: Path) -> None:
    """``go env -w GOPRIVATE=...`` is how most people set it; the environment wins."""
    kept = home / ".config" / "go" / "env"
    kept.parent.mkdir(parents=True)
    kept.write_text("GOPRIVATE=git.studio.example\nGOPROXY=direct\nGOBIN=/tmp\n")

    assert {"GOPRIVATE": "git.studio.example", "GOPROXY": "off"} == module_access(
        _environment(home, GOPROXY="off")
    ).variables
    assert {} == module_access(_environment(home, GOENV="off")).variables


def test_files_that_cannot_be_read_are_left_out(home: Path) -> None:
    """A broken netrc and no git do not end a run that may need neither."""
    (home / ".netrc").write_text("machine\n")
    access = module_access(
        _environment(
            home,
            GOPRIVATE="git.studio.example",
            PATH=str(home),
            SSH_AUTH_SOCK=str(home / ".netrc"),
        )
    )

    assert ("", {}) == (access.netrc, access.sockets)


def test_secrets_are_variables_of_one_command_only() -> None:
    """What every later command is told holds no secret."""
    access = Access(
        variables={"GOPRIVATE": "x.example"},
        netrc="machine x.example login a password s3cret\n",
        git='[url "https://t0ken@x.example/"]\n',
    )
    seen: list[dict[str, str]] = []

    def run(_arguments: Sequence[str], **options: Any) -> CommandResult:
        seen.append(options["environment"])
        return CommandResult(
            arguments=(),
            stdout=b"",
            evidence=Evidence(source=EvidenceSource.GO, lines=(), exit_code=0),
        )

    access.grant(run, 1.0)

    assert [access.netrc] == [each["AUTOFIX_NETRC"] for each in seen]
    assert not any("s3cret" in each for each in access.environment.values())
    assert not any("t0ken" in each for each in access.environment.values())
