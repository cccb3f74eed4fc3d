"""A Debian root file system by debootstrap, for machines without a registry."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from scenarios.kit.engine import Note
from scenarios.kit.errors import KitError

SUITE = "bookworm"
PACKAGES = ("ca-certificates", "tini")
_SECONDS = 600

# No manuals, no fsync, no service starts: what is installed on top comes in faster.
SETTINGS = {
    "etc/apt/apt.conf.d/90kit": (
        'APT::Install-Recommends "false";\nAcquire::Languages "none";\n'
        'Acquire::Retries "3";\n'
    ),
    "etc/dpkg/dpkg.cfg.d/90kit": (
        "force-unsafe-io\npath-exclude /usr/share/doc/*\npath-exclude /usr/share/man/*\n"
        "path-exclude /usr/share/locale/*\n"
    ),
    "usr/sbin/policy-rc.d": "#!/bin/sh\nexit 101\n",
}
_LEFT_OUT = (
    "./dev/*",
    "./proc/*",
    "./sys/*",
    "./tmp/*",
    "./var/cache/apt/*.bin",
    "./var/cache/apt/archives/*.deb",
    "./var/lib/apt/lists/*",
    "./var/log/*",
    "./usr/share/doc/*",
    "./usr/share/man/*",
    "./usr/share/locale/*",
)

INPUTS = {
    **SETTINGS,
    "bootstrapped": "\n".join((SUITE, *PACKAGES)),
    "left out": "\n".join(_LEFT_OUT),
}
"""All that decides what the tree holds, by name."""


@contextmanager
def debian_tree(note: Note) -> Iterator[IO[bytes]]:
    """
    Bootstrap Debian and yield it as a tar stream; needs root on a Debian machine.

    The mirror is the machine's own, else debootstrap's default.
    """
    debootstrap = _debootstrap(note)
    with tempfile.TemporaryDirectory(prefix="autofix-kit-") as scratch:
        root = Path(scratch) / "root"
        command = [
            debootstrap,
            "--variant=minbase",
            f"--include={','.join(PACKAGES)}",
            SUITE,
            str(root),
        ]
        if mirror := machine_mirror():
            command.append(mirror)
        _run(command, note)
        for path, text in SETTINGS.items():
            (root / path).write_text(text, "utf-8")
        (root / "usr/sbin/policy-rc.d").chmod(0o755)
        excludes = [f"--exclude={pattern}" for pattern in _LEFT_OUT]
        with subprocess.Popen(
            ["tar", "-C", str(root), "--numeric-owner", *excludes, "-c", "."],
            stdout=subprocess.PIPE,
        ) as packing:
            if packing.stdout is None:
                raise KitError("tar gave no output.")
            yield packing.stdout
        if packing.returncode:
            raise KitError(f"Packing the Debian tree failed ({packing.returncode}).")


def machine_mirror(sources: Path = Path("/etc/apt")) -> str | None:
    """Return the plain-http Debian mirror of this machine's apt, if it has one."""
    files = [sources / "sources.list", *sorted((sources / "sources.list.d").glob("*"))]
    for file in files:
        if not file.is_file():
            continue
        for line in file.read_text("utf-8", "replace").splitlines():
            words = line.split()
            if not words or words[0] not in {"deb", "URIs:"}:
                continue
            for word in words:
                if word.startswith("http://") and word.rstrip("/").endswith("/debian"):
                    return word
    return None


def _debootstrap(note: Note) -> str:
    if os.geteuid() != 0:
        raise KitError(
            "Debian images can be made only by root.",
            why="debootstrap changes into the new root file system.",
            todo="Run this as root, or pull the official heroiclabs images instead.",
        )
    if found := shutil.which("debootstrap", path=f"{os.defpath}:/usr/sbin:/sbin"):
        return found
    if shutil.which("apt-get") is None:
        raise KitError(
            "debootstrap is not installed.",
            why="The kit makes its Debian image with it.",
            todo="Install debootstrap, or pull the official heroiclabs images instead.",
        )
    _run(["apt-get", "update", "-q"], note)
    _run(["apt-get", "install", "-qy", "--no-install-recommends", "debootstrap"], note)
    return shutil.which("debootstrap", path="/usr/sbin:/usr/bin") or "debootstrap"


def _run(command: list[str], note: Note) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    tail: list[str] = []
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment,
    ) as running:
        for line in running.stdout or ():
            tail = [*tail[-19:], line.rstrip()]
            note(line.rstrip())
        status = running.wait(_SECONDS)
    if status:
        raise KitError(
            f"{Path(command[0]).name} failed (exit code {status}).",
            why="The last lines were:\n" + "\n".join(tail),
            todo="Check that this machine reaches its Debian mirror.",
        )
