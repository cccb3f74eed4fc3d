"""Results and events for the tests of the views."""

from __future__ import annotations

from autofix.core.model import (
    Answer,
    Artifact,
    ArtifactKind,
    BuilderFacts,
    Diagnosis,
    Ending,
    EndKind,
    FailureClass,
    Finding,
    OutputLine,
    Pin,
    ServerFacts,
    Stream,
    TruthSource,
)
from autofix.result import PinResult, RoundResult, RunResult, SideEffect

PROTOBUF = "google.golang.org/protobuf"
SENTENCE = (
    f"plugin was built with a different version of package {PROTOBUF}/internal/pragma"
)
QUOTED = (
    '{"level":"error","msg":"Could not open Go module","error":'
    f'"plugin.Open(\\"/nakama/data/modules/backend\\"): {SENTENCE}"}}'
)
HOSTILE = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x1b[0m\r\u202eevil"

SERVER = ServerFacts(
    reference="heroiclabs/nakama:3.40.0",
    release="3.40.0",
    go="1.26.5",
    machine="amd64",
    main_module="github.com/heroiclabs/nakama/v3",
    modules={PROTOBUF: "v1.36.11"},
    source=TruthSource.BINARY,
)
BUILDER = BuilderFacts(reference="heroiclabs/nakama-pluginbuilder:3.40.0", go="1.26.5")
MISMATCH = Diagnosis(
    name="package-version-differs",
    failure_class=FailureClass.GO_DEPENDENCY,
    answer=Answer.PIN,
    words="The plugin was built with another version.",
    remedy="Pin it.",
    quoted=QUOTED,
    facts={"module": PROTOBUF, "version": "v1.36.11"},
)
BROKEN = Diagnosis(
    name="init-returned-error",
    failure_class=FailureClass.PLUGIN_INIT,
    answer=Answer.STOP,
    words="InitModule returned an error: no such table.",
    remedy="Mend InitModule.",
    quoted="no such table",
)
PIN = Pin(
    module=PROTOBUF,
    version="v1.36.11",
    package=f"{PROTOBUF}/internal/pragma",
    quoted=QUOTED,
    round=1,
)
ARTIFACT = Artifact(
    name="backend.so", size=19_700_000, sha256="0" * 64, kind=ArtifactKind.ELF
)


def line(text: str) -> OutputLine:
    """Return a line on stdout."""
    return OutputLine(stream=Stream.STDOUT, text=text)


def clean() -> RunResult:
    """Return a clean result with something in every field."""
    return RunResult(
        run_id="cafe0001",
        run_folder="/state/runs/1",
        project="/home/dev/my plugin",
        ending=Ending(kind=EndKind.CLEAN, words="The server starts with the plugin."),
        error="",
        error_code="",
        exit_code=0,
        server=SERVER,
        builder=BUILDER,
        pins=(
            PinResult(
                module=PROTOBUF,
                before="v1.36.12",
                after="v1.36.11",
                direct=True,
                package=PIN.package,
                quoted=QUOTED,
                round=1,
                source="server binary",
                excludes=("v1.36.12",),
                demanded_by=("example.com/m", "example.com/a@v1.0.0"),
            ),
        ),
        side_effects=(SideEffect(module="x.io/y", before="v1.1.0", after=""),),
        dropped_replaces=(f"{PROTOBUF} => ../pb",),
        go_line=("1.27.0", "1.26.5"),
        dropped_toolchain="go1.27.2",
        rounds=(
            RoundResult(
                number=1, diagnosis=MISMATCH, build_seconds=20.0, server_seconds=1.0
            ),
            RoundResult(
                number=2, diagnosis=None, build_seconds=10.0, server_seconds=3.0
            ),
        ),
        findings=(Finding(name="skew", text="Tags differ.", answer="Built right."),),
        modules_found=("backend.so",),
        applied=True,
        files=("go.sum", "go.mod"),
        diff="--- a/go.mod\n+++ b/go.mod\n@@ -1 +1 @@\n-a\n+b\n",
        seconds=75.0,
    )
