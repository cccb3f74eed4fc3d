from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from xml.etree.ElementTree import fromstring

from hypothesis import given
from hypothesis import strategies as st

from autofix.core.model import (
    Answer,
    BuilderFacts,
    Diagnosis,
    FailureClass,
    Finding,
    ServerFacts,
    TruthSource,
)
from autofix.judging import RUN
from autofix.report.check_json import check_json
from autofix.report.check_text import check_text
from autofix.report.github import check_github, command
from autofix.report.junit import check_junit
from autofix.report.terminal import Terminal
from autofix.report.text import Style
from autofix.result import SideEffect
from autofix.verdict import Basis, Depth, Judged, Level, Mismatch, Verdict
from tests.contract import checked

SERVER = ServerFacts(
    reference="heroiclabs/nakama:3.40.0",
    release="3.40.0",
    go="1.26.5",
    machine="amd64",
    main_module="github.com/heroiclabs/nakama/v3",
    modules={"example.com/leaf": "v1.0.0"},
    source=TruthSource.BINARY,
)
PIN = Mismatch(
    name="module-version",
    text="example.com/leaf is v1.1.0 and must be v1.0.0.",
    file="server/go.mod",
    line=7,
    module="example.com/leaf",
    present="v1.1.0",
    wanted="v1.0.0",
    reason="Both link example.com/leaf/inner.",
    remedy=RUN,
    excludes=("v1.1.0", "v1.2.0"),
)
FLAG = Mismatch(
    name="gotoolchain",
    text="GOTOOLCHAIN=auto is set.",
    level=Level.WARNING,
    file="Dockerfile",
    line=3,
)
VERDICT = Verdict(
    project="/home/u/my game",
    server=SERVER,
    basis=Basis.LOCK,
    basis_text="as autofix.lock has it",
    builder=BuilderFacts(reference="this machine's Go 1.26.5", go="1.26.5"),
    mismatches=(FLAG,),
    judged=(Judged(depth=Depth.LISTED, mismatches=(PIN,), shared=1),),
    noticed=(Finding(name="x", text="Something else.", answer="Left alone."),),
    unknown=("Which packages are linked is not known.",),
    side_effects=(SideEffect(module="example.com/b", before="v1.0.0", after="v1.1.0"),),
    go_line=("1.26.3", "1.26.5"),
    seconds=0.5,
)
CLEAN = replace(
    VERDICT, mismatches=(), judged=(Judged(depth=Depth.LISTED, mismatches=()),)
)


def test_text() -> None:
    """Place, module, versions and reason; what follows, what is not known, what to do."""
    text = check_text([VERDICT])

    assert text.startswith("1 thing must change for Nakama 3.40.0 (Go 1.26.5).\n")
    assert "  server/go.mod:7  example.com/leaf  v1.1.0 -> v1.0.0\n" in text
    assert "      Both link example.com/leaf/inner.\n" in text
    assert "'autofix run' would also exclude v1.1.0, v1.2.0." in text
    assert "  go 1.26.3 -> 1.26.5\n  example.com/b v1.0.0 -> v1.1.0\n" in text
    assert "Worth changing\n  Dockerfile:3\n      GOTOOLCHAIN=auto is set.\n" in text
    assert "Not known\n  - Which packages are linked is not known.\n" in text
    assert "  autofix run '/home/u/my game'\n" in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_run_that_it_proposes_has_the_options_of_the_check() -> None:
    """Without them it would match another server, or find none."""
    text = check_text([VERDICT], options=("--nakama", "3.40.0", "--kit"))

    assert "\n  autofix run --nakama 3.40.0 --kit '/home/u/my game'\n" in text


def test_text_where_nothing_must_change() -> None:
    """The first line says so, in green where there are colours."""
    style = Style(paint=Terminal(live=False, colors=True, width=80).paint)

    assert check_text([CLEAN]).startswith("Nothing must change for Nakama 3.40.0")
    assert "\x1b[32mNothing must change" in check_text([CLEAN], style)
    assert "To change it" not in check_text([CLEAN])


def test_text_of_files() -> None:
    """Each file is named with how it stands."""
    files = (
        Judged(depth=Depth.FILE, mismatches=(), name="a.so", shared=120),
        Judged(
            depth=Depth.FILE,
            mismatches=(PIN,),
            name="b.so",
            foretold="example.com/leaf",
        ),
    )
    text = check_text([replace(VERDICT, judged=files)])

    assert "a.so fits: 120 shared packages agree." in text
    assert "b.so will be refused; the server will name example.com/leaf." in text


def test_json() -> None:
    """All findings are one list; a plugin's name is with each."""
    found = checked(check_json([VERDICT]), "check")

    assert ["gotoolchain", "module-version"] == [
        each["name"] for each in found["findings"]
    ]
    assert ("server/go.mod", 7, ["v1.1.0", "v1.2.0"], "error") == tuple(
        found["findings"][1][key] for key in ("file", "line", "excludes", "level")
    )
    assert ("lock", "3.40.0", 1, 1) == (
        found["server"]["basis"],
        found["server"]["release"],
        found["exit_code"],
        found["schema_version"],
    )


def test_github() -> None:
    """One line a finding, with file, line and title; notices for what is not known."""
    lines = check_github([VERDICT]).splitlines()

    assert (
        "::error file=server/go.mod,line=7,title=autofix%3A module-version::"
        "example.com/leaf is v1.1.0 and must be v1.0.0.%0A"
        "Both link example.com/leaf/inner.%0A'autofix run' changes it.%0A"
        "'autofix run' would also exclude v1.1.0, v1.2.0."
    ) == lines[1]
    assert lines[0].startswith("::warning file=Dockerfile,line=3,")
    assert lines[2].startswith("::notice title=autofix%3A not known::")
    assert "1 thing must change for Nakama 3.40.0 (Go 1.26.5)." == lines[3]


def _undone(text: str) -> str:
    """Undo the escaping as GitHub's runner does it."""
    for code, char in (("0D", "\r"), ("0A", "\n"), ("3A", ":"), ("2C", ",")):
        text = text.replace(f"%{code}", char)
    return text.replace("%25", "%")


@given(st.text(), st.text(min_size=1))
def test_github_values_read_back(data: str, value: str) -> None:
    """Whatever they hold, they end neither their line nor their property."""
    line = command("error", data, title=value, file="go.mod")
    found = re.fullmatch(r"::error title=([^:,]*),file=go\.mod::(.*)", line, re.DOTALL)

    assert found is not None
    assert "\n" not in line
    assert "\r" not in line
    assert (value, data) == (_undone(found[1]), _undone(found[2]))


def test_junit() -> None:
    """Findings are failed tests, warnings passed ones; the counts are right."""
    suites = fromstring(check_junit([VERDICT]))  # noqa: S314 (it is our own)
    (suite,) = suites
    failed = [
        case for case in suite.iter("testcase") if case.find("failure") is not None
    ]

    assert ("2", "1", "0") == tuple(
        suite.get(key) for key in ("tests", "failures", "errors")
    )
    assert ["example.com/leaf"] == [case.get("name") for case in failed]
    assert ("server/go.mod", "7") == (failed[0].get("file"), failed[0].get("line"))
    assert ["go.mod fits Nakama 3.40.0 (Go 1.26.5)"] == [
        case.get("name")
        for case in fromstring(check_junit([CLEAN])).iter("testcase")  # noqa: S314
    ]


@given(st.text())
def test_no_text_breaks_a_format(text: str) -> None:
    """Controls, surrogates' neighbours and markup of all kinds in every field."""
    wild = replace(
        PIN, text=text, reason=text, file=text, module=text, present=text, name=text
    )
    verdict = replace(VERDICT, mismatches=(wild,), unknown=(text,), basis_text=text)
    shown = check_text([verdict])
    lines = check_github([verdict]).splitlines()

    fromstring(check_junit([verdict]))  # noqa: S314 (it is our own)
    checked(check_json([verdict]), "check")
    assert not {"Cc", "Cf", "Cs", "Zl", "Zp"} & {
        unicodedata.category(char) for char in shown if char != "\n"
    }
    assert 4 == len(lines)
    assert all(line.startswith(("::error", "::notice", "2 thing")) for line in lines)


def test_several_modules() -> None:
    """Each is told under its name, all in one document."""
    both = [VERDICT, replace(CLEAN, project="/home/u/other")]
    suites = fromstring(check_junit(both))  # noqa: S314 (it is our own)
    found = checked(check_json(both), "check")

    assert "Module /home/u/my game\n1 thing must change" in check_text(both)
    assert "\nModule /home/u/other\nNothing must change" in check_text(both)
    assert (1, ["/home/u/my game", "/home/u/other"]) == (
        found["exit_code"],
        [each["project"] for each in found["checks"]],
    )
    assert ("3", "1", "1.000") == tuple(
        suites.get(key) for key in ("tests", "failures", "time")
    )
    assert 2 == len(suites)
    assert "Nothing must change" in check_github(both).splitlines()[-1]


def test_a_network_that_cannot_be_reached_is_not_the_project_s_fault() -> None:
    """Exit code 3, as of a run: there is no verdict on the project."""
    unreachable = Diagnosis(
        name="network-unreachable",
        failure_class=FailureClass.MODULE_FETCH,
        answer=Answer.STOP,
        words="The proxy does not answer.",
        remedy="",
        quoted="",
    )
    cut = Judged(depth=Depth.LISTED, mismatches=(PIN,), ended=unreachable)

    assert 3 == replace(VERDICT, judged=(*VERDICT.judged, cut)).exit_code
    assert 1 == replace(VERDICT, judged=(replace(cut, ended=None),)).exit_code
