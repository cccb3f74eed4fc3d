"""The views of a run under way: plain lines, the live view, events, the folder."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest

from autofix.core.actions import Build, Edit, Prepare
from autofix.core.gomod import GoMod, ModEdit
from autofix.core.model import Finding, ModuleVersion
from autofix.core.observations import Built, Prepared
from autofix.core.state import Phase, Policy, State
from autofix.errors import DiskFullError, ReadOnlyError
from autofix.report.base import Reporter
from autofix.report.console import ConsoleReporter
from autofix.report.events import EventReporter
from autofix.report.fanout import Fanout
from autofix.report.folder import FolderReporter
from autofix.report.json import bare, result_json
from autofix.report.plain import PlainReporter
from autofix.report.terminal import Terminal, terminal
from autofix.result import RunResult
from tests.contract import checked
from tests.report.values import (
    ARTIFACT,
    BROKEN,
    BUILDER,
    HOSTILE,
    MISMATCH,
    PIN,
    SERVER,
    clean,
    line,
)

STATE = State(policy=Policy(), round=2)


def tell(reporter: Reporter, folder: Path = Path("/run")) -> None:
    """Play the events of a short run."""
    reporter.run_began(project="/plugin", run_folder=str(folder))
    reporter.phase_began(phase=Phase.PREPARE, round_=0, action=Prepare())
    reporter.note(text="reading the server")
    prepared = Prepared(
        server=SERVER,
        builder=BUILDER,
        gomod=GoMod(module="m", go="1.26", toolchain=""),
        plugin="backend.so",
    )
    reporter.phase_ended(
        phase=Phase.PREPARE, round_=0, observation=prepared, seconds=1.0
    )
    reporter.found(finding=Finding(name="n", text="Tags differ.", answer="So what."))
    reporter.phase_began(phase=Phase.BUILD, round_=1, action=Build())
    reporter.output(phase=Phase.BUILD, line=line(f"# {HOSTILE}"))
    built = Built(artifact=ARTIFACT)
    reporter.phase_ended(phase=Phase.BUILD, round_=1, observation=built, seconds=12.0)
    reporter.diagnosed(diagnosis=MISMATCH, round_=1)
    edit = Edit(
        edit=ModEdit(requires=(ModuleVersion(path=PIN.module, version=PIN.version),)),
        pins=(PIN,),
        why=f"require {PIN.module}@{PIN.version}",
    )
    reporter.phase_began(phase=Phase.PIN, round_=1, action=edit)
    reporter.pinned(pin=PIN, before="v1.36.12")
    reporter.diagnosed(diagnosis=BROKEN, round_=2)
    reporter.run_ended(result=clean(), state=STATE)


PLAIN = """\
[    0.0s] project /plugin
[    0.0s] run folder /run
[    0.0s] reading server, builder and project
[    0.0s]   reading the server
[    0.0s] Nakama 3.40.0 (heroiclabs/nakama:3.40.0, Go 1.26.5); builder heroiclabs/nakama-pluginbuilder:3.40.0 (Go 1.26.5)
[    0.0s] note: Tags differ. So what.
[    0.0s] round 1: building the plugin
[    0.0s] round 1: built backend.so, 19.7 MB, in 12 s
[    0.0s] round 1: go-dependency: plugin was built with a different version of package google.golang.org/protobuf/internal/pragma
[    0.0s] round 1: pinning: require google.golang.org/protobuf@v1.36.11
[    0.0s] round 1: pinned google.golang.org/protobuf v1.36.12 -> v1.36.11
[    0.0s] round 2: plugin-init: InitModule returned an error: no such table.
[    0.0s]     it said: no such table
"""


def test_plain_lines() -> None:
    """One line an event, with its time, and nothing that a log would choke on."""
    stream = io.StringIO()
    with PlainReporter(stream, clock=lambda: 0.0) as reporter:
        tell(reporter)

    assert PLAIN == stream.getvalue()


def test_verbose_lines_are_escaped() -> None:
    """What programs print is shown when asked for, and never obeyed."""
    stream = io.StringIO()
    with PlainReporter(stream, clock=lambda: 0.0, verbose=True) as reporter:
        tell(reporter)

    shown = r"    build | # \x1b]0;owned\x07\x1b[2Jred\r\u202eevil"
    assert f"[    0.0s] {shown}\n" in stream.getvalue()


class Closed(io.StringIO):
    """A pipe whose reader has gone."""

    def write(self, text: str, /) -> int:
        """Fail as a closed pipe does."""
        raise BrokenPipeError(32, text)


def test_a_reader_that_leaves_does_not_end_the_run() -> None:
    """``autofix run 2>&1 | head`` must not stop an unattended run."""
    with PlainReporter(Closed(), clock=lambda: 0.0) as reporter:
        tell(reporter)

    assert 2 == reporter.round


def test_silence_is_broken() -> None:
    """A long step says every now and then that it is still alive, and on what."""
    stream = io.StringIO()
    with PlainReporter(stream, silence=0.02) as reporter:
        reporter.phase_began(phase=Phase.BUILD, round_=3, action=Build())
        reporter.output(phase=Phase.BUILD, line=line("go: downloading x"))
        deadline = time.monotonic() + 10
        while "still" not in stream.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)

    assert (
        "still round 3: building the plugin, 0.0 s; last line: go: d"
        in stream.getvalue()
    )


def test_the_live_view_leaves_the_permanent_lines() -> None:
    """Marks like [nakama] survive, hostile text is shown, the moving lines vanish."""
    stream = io.StringIO()
    live = Terminal(live=True, colors=False, width=80)
    with ConsoleReporter(stream, live, verbose=True) as reporter:
        tell(reporter)
        reporter.output(phase=Phase.START, line=line("[nakama] [/nakama/data]"))
    text = stream.getvalue()

    assert "round 1: pinned google.golang.org/protobuf v1.36.12 -> v1.36.11" in text
    assert "start | [nakama] [/nakama/data]" in text
    assert "\x1b]0;" not in text
    assert "\x07" not in text


def test_events_are_json_lines() -> None:
    """Each event is one object with its time and its data."""
    stream = io.StringIO()
    tell(EventReporter(stream, outputs=True))
    events = [checked(each, "events") for each in stream.getvalue().splitlines()]

    assert [
        "run began",
        "phase began",
        "step began",
        "phase ended",
        "finding",
        "phase began",
        "output",
        "phase ended",
        "failure diagnosed",
        "phase began",
        "module pinned",
        "failure diagnosed",
        "run ended",
    ] == [event["event"] for event in events]
    assert 19_700_000 == events[7]["size"]
    assert "v1.36.11" == events[8]["diagnosis"]["facts"]["version"]
    assert "clean" == events[-1]["ending"]
    assert all("time" in event for event in events)


def test_the_folder_keeps_everything(tmp_path: Path) -> None:
    """Events, the round's log verbatim, and the result are in the run folder."""
    with FolderReporter() as reporter:
        tell(reporter, tmp_path)

    events = (tmp_path / "events.jsonl").read_text().splitlines()
    assert "run ended" == checked(events[-1], "events")["event"]
    assert (
        f"# {HOSTILE}\n" == (tmp_path / "round-01" / "build.log").read_bytes().decode()
    )
    assert result_json(clean()) == (tmp_path / "result.json").read_text()
    assert reporter.failure is None


def test_a_folder_that_vanishes_stops_the_run_but_not_the_result(
    tmp_path: Path,
) -> None:
    """Losing the folder is an error while running, and only noted at the end."""
    gone = tmp_path / "gone"
    gone.mkdir()
    with FolderReporter() as reporter:
        reporter.run_began(project="/p", run_folder=str(gone))
        (gone / "events.jsonl").unlink()
        gone.rmdir()
        gone.write_text("in the way")
        with pytest.raises(Exception, match=r"The run folder .* cannot be written"):
            reporter.output(phase=Phase.BUILD, line=line("x"))
        reporter.run_ended(result=clean(), state=STATE)

    assert reporter.result == clean()
    assert reporter.failure is not None


class Recorder(Reporter):
    """Notes the order of its calls in a list it shares with others."""

    def __init__(self, name: str, heard: list[str]) -> None:
        self.name, self.heard = name, heard

    def note(self, *, text: str) -> None:
        """Note a note."""
        self.heard.append(f"{self.name} {text}")

    def run_ended(self, *, result: RunResult, state: State) -> None:
        """Note the end."""
        self.heard.append(f"{self.name} {result.run_id} {state.round}")


def test_several_reporters_hear_the_same_in_order() -> None:
    """A fanout passes everything on, first to the first."""
    heard: list[str] = []
    fanout = Fanout(Recorder("a", heard), Recorder("b", heard))
    tell(fanout)

    assert ["a reading the server", "b reading the server"] == heard[:2]
    assert ["a cafe0001 2", "b cafe0001 2"] == heard[2:]


def test_a_fanout_passes_every_method_on() -> None:
    """A method added to Reporter must be added to Fanout as well."""
    public = {name for name in vars(Reporter) if not name.startswith("_")}

    assert public == {name for name in vars(Fanout) if not name.startswith("_")}


def test_the_json_result_has_every_field() -> None:
    """Keys are the fields, values are plain, and the schema is named."""
    data = checked(result_json(clean()), "run")

    assert 1 == data.pop("schema_version")
    assert set(RunResult.__dataclass_fields__) == set(data)
    assert "clean" == data["ending"]["kind"]
    assert ["1.27.0", "1.26.5"] == data["go_line"]
    assert {"google.golang.org/protobuf": "v1.36.11"} == data["server"]["modules"]


def test_foreign_values_have_no_json_form() -> None:
    """A value that is no value of ours is a bug, not a repr in somebody's JSON."""
    with pytest.raises(TypeError):
        bare(object())


class Tty(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.mark.parametrize(
    ("tty", "environment", "color", "live", "colors"),
    [
        (True, {"TERM": "xterm"}, None, True, True),
        (True, {"TERM": "xterm", "NO_COLOR": "1"}, None, True, False),
        (True, {"TERM": "xterm", "NO_COLOR": "1"}, True, True, True),
        (True, {"TERM": "xterm"}, False, True, False),
        (True, {"TERM": "dumb"}, None, False, False),
        (True, {"TERM": "xterm", "TTY_INTERACTIVE": "0"}, None, False, True),
        (False, {"TERM": "xterm"}, None, False, False),
        (False, {"TERM": "xterm", "FORCE_COLOR": "1"}, None, False, True),
        (False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, None, False, False),
        (False, {"GITHUB_ACTIONS": "true"}, None, False, False),
    ],
)
def test_what_a_stream_can_show(
    tty: bool, environment: dict[str, str], color: bool | None, live: bool, colors: bool
) -> None:
    """NO_COLOR, FORCE_COLOR, TERM and the user's own choice, in this order."""
    shown = terminal(Tty() if tty else io.StringIO(), environment, color=color)

    assert (live, colors) == (shown.live, shown.colors)


def test_disk_errors_are_environment_errors() -> None:
    """Both kinds of failing writes end with exit code 3."""
    assert {3} == {DiskFullError.exit_code, ReadOnlyError.exit_code}
