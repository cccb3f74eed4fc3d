"""
What private modules need: netrc entries, git's URL rewrites, the SSH agent.

It reaches the builder in memory only. The variables of one command bring it into a
file system that is memory and ends with the container: no layer, no label and no
configuration of a container ever has it. Only what belongs to a host that GOPRIVATE,
GONOPROXY or GOPROXY names is passed on.
"""

from __future__ import annotations

import netrc
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import urlsplit

from autofix.engines.base import CommandResult

FOLDER = "/dev/shm/autofix"  # noqa: S108 - the container's own, in memory
AGENT = "/run/autofix/ssh-agent"
_SSH = (
    "ssh -o BatchMode=yes -o StrictHostKeyChecking=yes "
    f"-o UserKnownHostsFile={FOLDER}/known_hosts"
)
_GRANT = f"""
umask 077 && mkdir -p {FOLDER} && cd {FOLDER} || exit 1
printf %s "$AUTOFIX_NETRC" > netrc
printf %s "$AUTOFIX_GIT" > gitconfig
printf %s "$AUTOFIX_KNOWN_HOSTS" > known_hosts
[ ! -s netrc ] || ln -sf {FOLDER}/netrc "$HOME/.netrc"
[ ! -s gitconfig ] || git config --global --replace-all include.path {FOLDER}/gitconfig
"""
PASSED_ON = (
    "GOPROXY",
    "GOPRIVATE",
    "GONOPROXY",
    "GONOSUMDB",
    "GONOSUMCHECK",
    "GOSUMDB",
    "GOINSECURE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
"""The caller's variables that say how modules are fetched; no others get in."""

_LARGEST = 1 << 20
_GIT_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """
    What is passed on; ``netrc`` and ``git`` are secret.

    ``variables`` say how modules are fetched, ``netrc`` and ``git`` are files of that
    name, ``agent`` is the socket of the user's SSH agent on this machine.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    netrc: str = ""
    git: str = ""
    known_hosts: str = ""
    agent: Path | None = None

    @property
    def sockets(self) -> dict[str, str]:
        """Map the sockets that the builder needs to their paths in it."""
        return {str(self.agent): AGENT} if self.agent else {}

    @property
    def environment(self) -> dict[str, str]:
        """Return what every command of the builder is told."""
        told = dict(self.variables)
        if self.netrc:
            told["NETRC"] = f"{FOLDER}/netrc"
        if self.agent is not None:
            told |= {"SSH_AUTH_SOCK": AGENT, "GIT_SSH_COMMAND": _SSH}
        return told

    def grant(self, run: Callable[..., CommandResult], seconds: float) -> None:
        """Write the files in the builder's memory; ``run`` is ``Builder.run``."""
        if not (self.netrc or self.git or self.agent):
            return
        run(
            ("sh", "-c", _GRANT),
            folder="/",
            environment={
                "AUTOFIX_NETRC": self.netrc,
                "AUTOFIX_GIT": self.git,
                "AUTOFIX_KNOWN_HOSTS": self.known_hosts,
            },
            seconds=seconds,
        )


def go_variables(
    environment: Mapping[str, str], names: Iterable[str]
) -> dict[str, str]:
    """Return the named variables, also those that ``go env -w`` has kept."""
    kept = _kept_by_go(environment)
    found = {name: environment.get(name) or kept.get(name, "") for name in names}
    return {name: value for name, value in found.items() if value}


def module_access(environment: Mapping[str, str]) -> Access:
    """
    Gather what the user's own go and git would use to fetch modules.

    What cannot be read is left out: the go command then says which module it cannot
    have.
    """
    variables = _variables(environment)
    private = tuple(_private_hosts(variables))
    proxies = tuple(_hosts(variables.get("GOPROXY", "").replace("|", ",").split(",")))
    home = Path(environment.get("HOME") or "~").expanduser()
    rewrites = tuple(_rewrites(environment, private)) if private else ()
    targets = _hosts(target for target, _ in rewrites)
    agent = _agent(environment) if private else None
    return Access(
        variables=variables,
        netrc=_netrc(environment, home, (*private, *proxies, *targets)),
        git="".join(
            f'[url "{_quoted(target)}"]\n\tinsteadOf = "{_quoted(original)}"\n'
            for target, original in rewrites
        ),
        known_hosts=_text(home / ".ssh" / "known_hosts") if agent else "",
        agent=agent,
    )


def _variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that are passed on, also those ``go env -w`` has kept."""
    kept = _kept_by_go(environment)
    found = {name: environment.get(name) or kept.get(name, "") for name in PASSED_ON}
    return {name: value for name, value in found.items() if value}


def _kept_by_go(environment: Mapping[str, str]) -> dict[str, str]:
    """Read the file of ``go env -w``."""
    if environment.get("GOENV") == "off":
        return {}
    home = Path(environment.get("HOME") or "~").expanduser()
    folder = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    lines = _text(Path(environment.get("GOENV") or folder / "go" / "env")).splitlines()
    pairs = (line.partition("=") for line in lines if not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs if value}


def _private_hosts(variables: Mapping[str, str]) -> Iterator[str]:
    """Yield the host patterns of GOPRIVATE and GONOPROXY."""
    for name in ("GOPRIVATE", "GONOPROXY"):
        for pattern in variables.get(name, "").split(","):
            if host := pattern.strip().partition("/")[0]:
                yield host


def _hosts(addresses: Iterable[str]) -> Iterator[str]:
    for address in addresses:
        try:
            host = urlsplit(address.strip()).hostname
        except ValueError:
            continue
        if host:
            yield host


def _netrc(environment: Mapping[str, str], home: Path, hosts: tuple[str, ...]) -> str:
    """Return the user's netrc entries for the hosts."""
    path = Path(environment.get("NETRC") or home / ".netrc")
    if not hosts:
        return ""
    try:
        entries = netrc.netrc(str(path)).hosts
    except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
        return ""
    return "".join(
        f"machine {host} login {login} password {password}\n"
        for host, (login, _, password) in entries.items()
        if any(fnmatch(host, pattern) for pattern in hosts)
    )


def _rewrites(
    environment: Mapping[str, str], private: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """Yield git's ``url.TARGET.insteadOf = ORIGINAL`` of the private hosts."""
    words = ("config", "--null", "--get-regexp", r"^url\..*\.insteadof$")
    try:
        found = subprocess.run(
            ["git", "-C", "/", *words],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return
    for entry in found.stdout.decode("utf-8", "replace").split("\0"):
        key, _, original = entry.partition("\n")
        target = key.removeprefix("url.").removesuffix(".insteadof")
        # An address of the form git@host:path has no scheme.
        host = next(_hosts([original]), original.rpartition("@")[2].partition(":")[0])
        if original and any(fnmatch(host, pattern) for pattern in private):
            yield target, original


def _agent(environment: Mapping[str, str]) -> Path | None:
    """Return the SSH agent's socket, where a container could reach it."""
    path = Path(environment.get("SSH_AUTH_SOCK", ""))
    if sys.platform != "linux" or not path.is_absolute():
        return None
    try:
        return path if stat.S_ISSOCK(path.stat().st_mode) else None
    except OSError:
        return None


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return os.fsdecode(file.read(_LARGEST))
    except OSError:
        return ""
