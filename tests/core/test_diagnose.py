from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autofix.core.diagnose import QUOTE_LIMIT, Context, diagnose, explain
from autofix.core.model import (
    Answer,
    Diagnosis,
    Evidence,
    EvidenceSource,
    FailureClass,
    OutputLine,
    Stream,
)
from autofix.core.signatures import TABLE, signature_table
from tests.core.failure_cases import NAKAMA_3_40, FailureCase, failure_cases

CASES = failure_cases()
SPOKEN = {entry.name for entry in TABLE if entry.voice is not None}
"""Entries that quote a line; the others judge how a process ended."""

MISMATCH = (
    '{"level":"error","ts":"2026-11-22T14:17:29.004Z",'
    '"caller":"server/runtime_go.go:3861","msg":"Could not open Go module",'
    '"path":"/nakama/data/modules/backend.so","error":"plugin.Open('
    '\\"/nakama/data/modules/backend\\"): plugin was built with a different version '
    'of package github.com/gofrs/uuid/v5"}'
)
UUID = "github.com/gofrs/uuid/v5"


def evidence_of(
    *texts: str,
    source: EvidenceSource = EvidenceSource.SERVER,
    exit_code: int | None = 1,
) -> Evidence:
    """Return evidence with these lines on stdout."""
    lines = tuple(OutputLine(stream=Stream.STDOUT, text=text) for text in texts)
    return Evidence(source=source, lines=lines, exit_code=exit_code)


def diagnosis_of(case: FailureCase) -> Diagnosis:
    """Diagnose a case as it reached us: as evidence or as pasted text."""
    if case.evidence is not None:
        return diagnose(case.evidence, case.context)
    return explain(case.text, case.context)[0]


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        (
            ("./a.go:4:2: not enough arguments in call to nk.LeaderboardCreate",),
            (
                "./a.go:4: not enough arguments in call to nk.LeaderboardCreate. The "
                "interface of nakama-common changed."
            ),
        ),
        (
            ("./a.go:4:2: undefined: x", "./b.go:9:1: undefined: runtime.Old"),
            (
                "./a.go:4: undefined: x. It is the first of 2 errors. The interface of "
                "nakama-common changed: undefined: runtime.Old."
            ),
        ),
        (("./a.go:4:2: undefined: x",), "./a.go:4: undefined: x."),
    ],
)
def test_compile_errors_are_told_once(errors: tuple[str, ...], words: str) -> None:
    """One error is not counted, and the one quoted is not quoted again."""
    said = evidence_of(
        "# example.com/game", *errors, source=EvidenceSource.BUILD, exit_code=1
    )

    assert (
        f"The project's own code does not compile: {words}"
        == diagnose(said, Context()).words
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_recorded_failure_is_recognised(case: FailureCase) -> None:
    """A recorded failure hits its entry, with the class, answer and facts of it."""
    found = diagnosis_of(case)

    assert (case.expect, case.failure_class, case.answer) == (
        found.name,
        found.failure_class.value,
        found.answer.value,
    )
    assert case.facts == {key: found.facts.get(key) for key in case.facts}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_diagnosis_is_fit_for_people(case: FailureCase) -> None:
    """Words and remedy are whole sentences, and the quote is of the evidence."""
    found = diagnosis_of(case)

    assert found.words.endswith((".", "!", "?"))
    assert found.remedy.endswith(".")
    assert not re.search(r"\{[a-z_]+\}", found.words + found.remedy)
    assert all(line[:400] in case.text for line in found.quoted.split("\n"))


def test_a_line_about_a_file_without_a_name_is_about_another_file() -> None:
    """A cut line can name the module folder itself (found by mutation)."""
    text = MISMATCH.replace("modules/backend.so", "modules/").replace(
        "modules/backend", "modules/."
    )
    found = diagnose(evidence_of(text), Context(plugin="backend.so"))

    assert "stale-plugin" == found.name


def test_every_entry_has_a_recorded_case() -> None:
    """No entry of the table is there without a recorded failure that hits it."""
    recorded = {case.expect for case in CASES}

    assert [] == [entry.name for entry in TABLE if entry.name not in recorded]


def test_names_are_unique() -> None:
    """A name stands for one entry."""
    names = [entry.name for entry in TABLE]

    assert sorted(set(names)) == sorted(names)


def test_every_case_says_where_it_is_from() -> None:
    """A recorded failure without a source is worth nothing."""
    assert [] == [case.title for case in CASES if not case.seen]


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.expect in SPOKEN],
    ids=lambda case: case.title,
)
def test_recorded_failure_can_be_pasted(case: FailureCase) -> None:
    """A failure that has lines is recognised from the pasted lines alone too."""
    assert case.expect in [found.name for found in explain(case.text, case.context)]


def test_table_rows_are_readable() -> None:
    """The documentation's rows are in the table's order and have no braces."""
    rows = signature_table()

    assert [entry.name for entry in TABLE] == [row.name for row in rows]
    assert [] == [row.name for row in rows if "{" in row.words + row.remedy]


def test_first_failed_line_wins() -> None:
    """A database that is down is told, although a plugin line follows."""
    down = (
        '{"level":"fatal","ts":"x","caller":"y","msg":"Error pinging database",'
        '"error":"connection refused"}'
    )

    found = diagnose(evidence_of(down, MISMATCH), Context())

    assert "database-unreachable" == found.name


def test_own_log_lines_are_never_load_failures() -> None:
    """What the plugin's own logger writes is ignored, whatever it says."""
    own = MISMATCH.replace('"caller"', '"runtime":"go","caller"')

    assert "unknown" == diagnose(evidence_of(own), Context()).name
    assert [] == explain(own, Context())


def test_prints_of_the_plugin_are_not_the_loader() -> None:
    """A plain line of a server is not taken for the loader's answer."""
    line = "plugin was built with a different version of package example.com/a"

    assert "unknown" == diagnose(evidence_of(line), Context()).name


def test_unknown_stays_unknown() -> None:
    """A failure nobody knows is called unknown and quoted, with nothing to pin."""
    line = '{"level":"fatal","ts":"x","msg":"Flux capacitor missing","error":"88 mph"}'

    found = diagnose(evidence_of('{"level":"info","msg":"a"}', line), Context())

    assert ("unknown", FailureClass.UNKNOWN, Answer.STOP) == (
        found.name,
        found.failure_class,
        found.answer,
    )
    assert line == found.quoted
    assert {"exit_code": "1"} == found.facts


def test_silence_quotes_the_last_word() -> None:
    """A server that falls silent is quoted with the last line it wrote."""
    provider = '{"level":"info","ts":"x","msg":"Initialising Go runtime provider"}'
    lines = ('{"level":"info","ts":"x","msg":"Nakama starting"}', provider)

    found = diagnose(evidence_of(*lines, exit_code=0), Context(plugin="a.so"))

    assert ("init-panics-silent", provider) == (found.name, found.quoted)


def test_a_pasted_log_that_ends_while_the_plugin_is_opened_tells_what_that_means() -> (
    None
):
    """Its end is not known, so it is said as a condition; a later line takes it back."""
    provider = '{"level":"info","ts":"x","msg":"Initialising Go runtime provider"}'
    (found,) = explain(f"nakama  | {provider}\n", Context())
    later = f'{provider}\n{{"level":"info","ts":"x","msg":"hello from the plugin"}}\n'

    assert "init-panics-silent" == found.name
    assert found.words.startswith(
        "The log ends with 'Initialising Go runtime provider'."
    )
    assert [] == explain(later, Context())


@pytest.mark.parametrize(
    ("path", "plugin", "name"),
    [
        ("/nakama/data/modules/backend.so", "backend.so", "package-version-differs"),
        ("/srv/modules/backend.so", "backend.so", "package-version-differs"),
        (
            "/nakama/data/modules/go/backend.so",
            "go/backend.so",
            "package-version-differs",
        ),
        ("/nakama/data/modules/go/backend.so", "backend.so", "stale-plugin"),
        ("/nakama/data/modules/backend-old.so", "backend.so", "stale-plugin"),
        ("/nakama/data/modules/backend.SO", "", "package-version-differs"),
    ],
)
def test_only_other_files_are_stale(path: str, plugin: str, name: str) -> None:
    """The run's own plugin is told from others by its place below the module folder."""
    line = MISMATCH.replace("/nakama/data/modules/backend.so", path)

    found = diagnose(evidence_of(line), Context(plugin=plugin))

    assert name == found.name


def test_plugins_built_together_are_not_stale() -> None:
    """A line about any of them is about what this run built."""
    line = MISMATCH.replace("backend.so", "market.so")
    context = Context(plugin="chat.so", others=("market.so",))

    assert "package-version-differs" == diagnose(evidence_of(line), context).name


def test_quotes_are_bounded() -> None:
    """A diagnosis never carries more than its share of a log."""
    found = diagnose(evidence_of(MISMATCH[:-2] + "x" * 60_000 + '"}'), Context())

    assert QUOTE_LIMIT == len(found.quoted)
    assert all(len(value) <= 500 for value in found.facts.values())


def test_cut_record_is_still_read() -> None:
    """A record that lost its end to the line limit is recognised all the same."""
    whole = MISMATCH.replace('"}', ": stack")
    cut = OutputLine(stream=Stream.STDOUT, text=whole, truncated=True)
    evidence = Evidence(source=EvidenceSource.SERVER, lines=(cut,), exit_code=1)

    found = diagnose(evidence, Context(server=NAKAMA_3_40))

    assert "package-version-differs" == found.name


@pytest.mark.parametrize(
    "pasted",
    [
        MISMATCH,
        f"nakama-1  | {MISMATCH}",
        f"nakama_1    | {MISMATCH}\r",
        f"2026-11-22T14:17:29.004123456Z {MISMATCH}",
        f"2026-11-22T14:17:29.004Z stdout F {MISMATCH}",
        f"\x1b[36mnakama-1  | \x1b[0m{MISMATCH}",
        f"> {MISMATCH}",
        f"plugin was built with a different version of package {UUID}",
        f"`plugin was built with a different version of package {UUID}`.",
        f"error: plugin was built with a different version of package {UUID}, help!",
        f"plugin was built with a different version of package {UUID} (previous failure)",
        (
            f'"error":"plugin.Open(\\"/x/backend\\"): plugin was built with a different '
            f'version of package {UUID}"'
        ),
        "+ exec /nakama/nakama\n" + MISMATCH + "\n" + MISMATCH,
    ],
)
def test_pastes_in_all_their_forms(pasted: str) -> None:
    """However a line was copied, the package is read from it, and told once."""
    found = explain(pasted, Context(server=NAKAMA_3_40))

    assert [("package-version-differs", UUID, "v5.4.0")] == [
        (item.name, item.facts["package"], item.facts["version"]) for item in found
    ]


def test_crash_loop_is_told_once() -> None:
    """A log of many restarts yields each failure once, in order."""
    other = MISMATCH.replace(UUID, "go.uber.org/multierr")

    found = explain(f"{MISMATCH}\n{MISMATCH}\n{other}\n{MISMATCH}", Context())

    assert [UUID, "go.uber.org/multierr"] == [item.facts["package"] for item in found]


def test_records_on_one_line_are_told_apart() -> None:
    """Records that a shell joined with spaces are read one by one."""
    info = '{"level":"info","ts":"x","msg":"Nakama starting"}'

    (found,) = explain(f"{info} {MISMATCH} {info}", Context())

    assert UUID == found.facts["package"]


def test_long_logs_are_explained_in_time() -> None:
    """A long log costs seconds at most, and its last lines count."""
    info = '{"level":"info","ts":"2026-11-22T14:17:29.004Z","msg":"tick"}'
    text = "\n".join([info, "2026/11/22 plain words of somebody"] * 20_000)
    began = time.process_time()

    found = explain(f"{text}\n{MISMATCH}", Context())

    assert ["package-version-differs"] == [item.name for item in found]
    assert time.process_time() - began < 15


def test_nothing_in_a_healthy_log() -> None:
    """A log without a failure explains nothing."""
    healthy = (
        '{"level":"info","ts":"x","msg":"Found runtime modules","count":1,'
        '"modules":["backend.so"]}\n{"level":"info","ts":"x","msg":"Startup done"}'
    )

    assert [] == explain(healthy, Context(plugin="backend.so"))


def test_words_change_with_what_is_known() -> None:
    """With a server the module and version are named, without one what to look up."""
    known = explain(MISMATCH, Context(server=NAKAMA_3_40))[0]
    unknown = explain(MISMATCH, Context())[0]

    assert f"Pin {UUID} to v5.4.0" in known.remedy
    assert "vendor/modules.txt" in unknown.remedy


TEXTS = st.one_of(
    st.text(max_size=300),
    st.sampled_from([line for case in CASES for line in case.text.split("\n")]),
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A recorded line with a piece cut out, doubled or replaced."""
    line = draw(TEXTS)
    start = draw(st.integers(0, len(line)))
    end = draw(st.integers(start, len(line)))
    piece = draw(st.one_of(st.just(""), st.just(line[start:end] * 3), st.text()))
    return line[:start] + piece + line[end:]


@given(
    lines=st.lists(mutated(), max_size=12),
    source=st.sampled_from(EvidenceSource),
    exit_code=st.one_of(st.none(), st.integers(-1, 256)),
    timed_out=st.booleans(),
    case=st.sampled_from(CASES),
)
@settings(deadline=None, max_examples=150)
def test_any_evidence_is_diagnosed(
    lines: list[str],
    source: EvidenceSource,
    exit_code: int | None,
    timed_out: bool,
    case: FailureCase,
) -> None:
    """Whatever lines come, a diagnosis is returned, bounded, and never an exception."""
    evidence = Evidence(
        source=source,
        lines=tuple(OutputLine(stream=Stream.STDERR, text=line) for line in lines),
        exit_code=exit_code,
        timed_out=timed_out,
    )

    found = diagnose(evidence, case.context)

    assert len(found.quoted) <= QUOTE_LIMIT
    assert isinstance(explain("\n".join(lines), case.context), list)


NASTY = {
    "spaces": " " * 60_000,
    "dots": "." * 60_000,
    "slashes": "../" * 20_000,
    "mods": "/mod/" * 12_000,
    "at": "a@v1/" * 12_000 + ".go:1:1: x",
    "colons": ":" * 60_000,
    "quotes": '"' * 60_000,
    "escapes": '{"level":"error","msg":"' + "\\" * 60_000,
    "braces": '{"' * 30_000,
    "nested": '{"level":' * 9_000,
    "ansi": "\x1b[" * 30_000,
    "osc": "\x1b]" * 30_000,
    "go": "go: " * 15_000,
    "module": "module " * 9_000,
    "package": "package " * 8_000,
    "open": 'plugin.Open("' * 5_000,
    "different": "plugin was built with a different version of package " * 1_200,
    "requires": "a@v1 requires go >= " * 3_000,
    "verifying": "verifying a@" * 5_000,
    "pipes": "a | " * 15_000,
    "stamps": "2026-11-22T14:17:29" * 3_000,
    "words": "a" * 60_000,
}


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_adversarial_lines_cost_little(text: str) -> None:
    """No line makes the patterns backtrack: twenty of them within two seconds."""
    lines = (text,) * 20
    began = time.process_time()

    for source in EvidenceSource:
        diagnose(evidence_of(*lines, source=source), Context(server=NAKAMA_3_40))
    explain("\n".join(lines), Context(server=NAKAMA_3_40))

    assert time.process_time() - began < 6 * 2
