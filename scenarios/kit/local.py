"""The twin server of a release without containers: built by this machine's own Go."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from autofix.core.model import EvidenceSource, OutputLine
from autofix.engines.archive import Entry, unpack_bytes
from autofix.engines.local.builder import LocalBuilder, local_builder
from scenarios.kit.build import alone
from scenarios.kit.errors import KitError
from scenarios.kit.progress import Progress, StepEnded, StepNoted, StepStarted
from scenarios.kit.recipes import fingerprint_of
from scenarios.kit.release import Release, release
from scenarios.kit.twin_source import build_script, check_versions, twin_files

BUILD_SECONDS = 1800.0
LARGEST = 1 << 30


def local_server(tag: str, progress: Progress = lambda _event: None) -> Path:
    """
    Return the twin server's binary of one release, building it if it is missing.

    It has the same package hashes as the one in the kit's image. KitError says what
    failed.
    """
    one = release(tag)
    path = _place(one)
    if not path.is_file():
        with alone(progress):
            if not path.is_file():
                _make(one, path, progress)
    return path


def local_cache(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder in which the binaries are kept."""
    home = environment.get("XDG_CACHE_HOME", "")
    return (Path(home) if home else Path.home() / ".cache") / "autofix-kit"


def remove_local() -> tuple[str, ...]:
    """Remove every binary that was ever built here; return their folders."""
    found = sorted(local_cache().glob("nakama-*"))
    for folder in found:
        shutil.rmtree(folder)
    return tuple(map(str, found))


def _place(one: Release) -> Path:
    mark = fingerprint_of(one.go, build_script(one), inputs=twin_files(one))
    return local_cache() / f"nakama-{one.tag}-{mark}" / "nakama"


def _make(one: Release, path: Path, progress: Progress) -> None:
    step = f"twin server {one.tag} on this machine"
    progress(StepStarted(step=step))
    with local_builder(
        one.go, note=lambda text: progress(StepNoted(step=step, line=text))
    ) as builder:
        seconds, binary = _built(one, builder, progress, step)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_bytes(binary)
    partial.chmod(0o755)
    partial.replace(path)
    progress(StepEnded(step=step, seconds=seconds))


def _built(
    one: Release, builder: LocalBuilder, progress: Progress, step: str
) -> tuple[float, bytes]:
    folder = f"{builder.root}/twin"
    files = twin_files(one)
    builder.put([Entry(name=f.path, content=f.content) for f in files], folder)

    def follow(line: OutputLine) -> bool:
        progress(StepNoted(step=step, line=line.text))
        return False

    result = builder.run(
        ("sh", "-ec", build_script(one, copy=f"{builder.root}/fetching")),
        folder=folder,
        environment={},
        seconds=BUILD_SECONDS,
        source=EvidenceSource.BUILD,
        follow=follow,
    )
    if not result.succeeded:
        raise KitError(
            f"The twin of {one.tag} could not be built on this machine.",
            why="\n".join(line.text for line in result.evidence.lines[-20:]),
        )
    info = unpack_bytes(builder.fetch(f"{folder}/buildinfo.txt"), size=LARGEST)
    check_versions(one, info)
    binary = unpack_bytes(builder.fetch(f"{folder}/nakama"), size=LARGEST)
    return result.evidence.seconds, binary
