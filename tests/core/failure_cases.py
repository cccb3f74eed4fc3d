"""The recorded failures of tests/data/lines as values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autofix.core.diagnose import Context
from autofix.core.model import (
    Artifact,
    ArtifactKind,
    BuilderFacts,
    Evidence,
    EvidenceSource,
    OutputLine,
    ServerFacts,
    Stream,
    TruthSource,
)

FOLDER = Path(__file__).parents[1] / "data" / "lines"

NAKAMA_3_40 = ServerFacts(
    reference="heroiclabs/nakama:3.40.0",
    release="3.40.0",
    go="1.26.5",
    machine="amd64",
    main_module="github.com/heroiclabs/nakama/v3",
    modules={
        "github.com/blugelabs/ice": "v1.0.0",
        "github.com/blugelabs/ice/v2": "v2.0.1",
        "github.com/gofrs/uuid/v5": "v5.4.0",
        "github.com/heroiclabs/nakama-common": "v1.47.0",
        "go.uber.org/multierr": "v1.11.0",
        "golang.org/x/net": "v0.57.0",
        "golang.org/x/text": "v0.40.0",
        "google.golang.org/grpc": "v1.82.0",
        "google.golang.org/protobuf": "v1.36.11",
        "gopkg.in/natefinch/lumberjack.v2": "v2.2.1",
        "gopkg.in/yaml.v3": "v3.0.1",
    },
    source=TruthSource.BINARY,
    packages={
        "google.golang.org/protobuf/internal/pragma": "google.golang.org/protobuf",
        "github.com/heroiclabs/nakama-common/api": (
            "github.com/heroiclabs/nakama-common"
        ),
    },
)
"""An excerpt of what the 3.40.0 server links."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureCase:
    """
    One recorded failure and the entry of the table that must recognise it.

    ``evidence`` is None for pasted text; ``text`` is all its lines either way.
    """

    title: str
    expect: str
    failure_class: str
    answer: str
    seen: str
    context: Context
    facts: Mapping[str, str]
    evidence: Evidence | None
    text: str


def failure_cases() -> tuple[FailureCase, ...]:
    """Return all recorded failures, in the order of their files."""
    return tuple(
        _case(f"{path.stem}-{number}", entry)
        for path in sorted(FOLDER.glob("*.toml"))
        for number, entry in enumerate(_entries(path), start=1)
    )


def _entries(path: Path) -> list[dict[str, Any]]:
    return list(tomllib.loads(path.read_text(encoding="utf-8"))["case"])


def _case(title: str, entry: dict[str, Any]) -> FailureCase:
    stdout, stderr = entry.get("stdout", []), entry.get("stderr", [])
    lines = (
        *(OutputLine(stream=Stream.STDOUT, text=line) for line in stdout),
        *(OutputLine(stream=Stream.STDERR, text=line) for line in stderr),
    )
    pasted = entry["source"] == "paste"
    return FailureCase(
        title=f"{title}-{entry['expect']}",
        expect=entry["expect"],
        failure_class=entry["class"],
        answer=entry["answer"],
        seen=entry["seen"],
        context=_context(entry.get("context", {})),
        facts=entry.get("facts", {}),
        evidence=None if pasted else _evidence(entry, lines),
        text="\n".join((*stdout, *stderr)),
    )


def _evidence(entry: dict[str, Any], lines: tuple[OutputLine, ...]) -> Evidence:
    return Evidence(
        source=EvidenceSource(entry["source"]),
        lines=lines,
        exit_code=entry.get("exit_code"),
        timed_out=entry.get("timed_out", False),
        out_of_memory=entry.get("out_of_memory", False),
        seconds=entry.get("seconds", 0.0),
    )


def _context(entry: dict[str, Any]) -> Context:
    server = NAKAMA_3_40 if entry.get("server") else None
    return Context(
        plugin=entry.get("plugin", ""),
        server=_with_settings(server, entry.get("server_settings", {})),
        builder=BuilderFacts(reference="builder", go="1.26.5") if server else None,
        artifact=_artifact(entry),
        project_module=entry.get("project_module", ""),
        pins=entry.get("pins", {}),
    )


def _with_settings(
    server: ServerFacts | None, settings: dict[str, str]
) -> ServerFacts | None:
    if server is None:
        return None
    return ServerFacts(
        reference=server.reference,
        release=server.release,
        go=server.go,
        machine=server.machine,
        main_module=server.main_module,
        modules=server.modules,
        source=server.source,
        packages=server.packages,
        settings=settings,
    )


def _artifact(entry: dict[str, Any]) -> Artifact | None:
    if not any(key.startswith("plugin_") for key in entry):
        return None
    return Artifact(
        name=entry["plugin"],
        size=4_863_536,
        sha256="0" * 64,
        kind=ArtifactKind(entry.get("plugin_kind", "ELF")),
        machine=entry.get("plugin_machine", ""),
        go=entry.get("plugin_go", ""),
        modules=entry.get("plugin_modules", {}),
        settings=entry.get("plugin_settings", {}),
    )
