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
from scenarios.kit.engine import open_engine
from scenarios.kit.errors import KitError
from scenarios.kit.progress import Progress, StepEnded, StepNoted, StepStarted
from scenarios.kit.recipes import fingerprint_of, recipes, server_reference
from scenarios.kit.release import Release, release
from scenarios.kit.twin_source import build_script, check_versions, twin_files

BUILD_SECONDS = 1800.0
LARGEST = 1 << 30


def local_server(tag: str, progress: Progress = lambda _event: None) -> Path:
    """
    Return the twin server's binary of one release, making it if it is missing.

    What is built here has the package hashes of what is in the kit's image (on Debian
    12 it is the same bit for bit), so it is taken from there if an engine has a current
    one. KitError says what failed.
    """
    one = release(tag)
    path = _place(one)
    if not path.is_file():
        with alone(progress):
            if not path.is_file():
                _keep(_from_image(one) or build_twin(one, progress), path)
    return path


def build_twin(one: Release, progress: Progress = lambda _event: None) -> bytes:
    """Build the twin of a release with this machine's own Go."""
    step = f"twin server {one.tag} on this machine"
    progress(StepStarted(step=step))
    with local_builder(
        one.go, note=lambda text: progress(StepNoted(step=step, line=text))
    ) as builder:
        seconds, binary = _built(one, builder, progress, step)
    progress(StepEnded(step=step, seconds=seconds))
    return binary


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


def _from_image(one: Release) -> bytes | None:
    """Read the binary out of the kit's image, None if it is not there or not current."""
    reference = server_reference(one.tag)
    (recipe,) = (each for each in recipes((one,)) if each.reference == reference)
    try:
        with open_engine() as engine:
            if engine.fingerprints().get(reference) == recipe.fingerprint:
                return engine.file(reference, "/nakama/nakama")
    except KitError:
        pass  # without an engine it is built
    return None


def _keep(binary: bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_bytes(binary)
    partial.chmod(0o755)
    partial.replace(path)


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
