"""
A check's verdict as JUnit XML, which CI systems show as tests.

Each finding is a test case that failed; a project or plugin without errors is one that
passed. Characters that XML cannot hold are shown as text, not dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from autofix.report import check_words as words
from autofix.report.escape import escape
from autofix.verdict import Level, Mismatch, Verdict


def check_junit(verdicts: Sequence[Verdict]) -> str:
    """Return an XML document with a suite for each verdict, ending with a newline."""
    suites = Element("testsuites")
    for verdict in verdicts:
        _suite(suites, verdict)
    _count(
        suites,
        sum(len(each.errors) for each in verdicts),
        sum(each.seconds for each in verdicts),
    )
    indent(suites)
    text = tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(suites: Element, verdict: Verdict) -> None:
    name = f"autofix check {verdict.project}".rstrip()
    suite = SubElement(suites, "testsuite", name=escape(name))
    for name in _passed(verdict):
        SubElement(suite, "testcase", classname="autofix", name=escape(name))
    for mismatch in verdict.all:
        _case(suite, mismatch)
    output = SubElement(suite, "system-out")
    told = (words.headline(verdict), words.rests_on(verdict), *verdict.unknown)
    output.text = "\n".join(map(escape, told))
    _count(suite, len(verdict.errors), verdict.seconds)


def _count(element: Element, failures: int, seconds: float) -> None:
    element.set("tests", str(sum(1 for _ in element.iter("testcase"))))
    element.set("failures", str(failures))
    element.set("errors", "0")
    element.set("time", f"{seconds:.3f}")


def _passed(verdict: Verdict) -> Iterator[str]:
    own = any(each.level is Level.ERROR for each in verdict.mismatches)
    for plugin in verdict.judged:
        errors = any(each.level is Level.ERROR for each in plugin.mismatches)
        if not errors and (plugin.name or not own):
            subject = plugin.name or "go.mod"
            yield f"{subject} fits {words.server_name(verdict.server)}"


def _case(suite: Element, mismatch: Mismatch) -> None:
    case = SubElement(
        suite,
        "testcase",
        classname=f"autofix.{escape(mismatch.name)}",
        name=escape(mismatch.module or mismatch.place or mismatch.name),
    )
    if mismatch.file:
        case.set("file", escape(mismatch.file))
    if mismatch.line:
        case.set("line", str(mismatch.line))
    where = f"{mismatch.place}: " if mismatch.place else ""
    sentences = (f"{where}{mismatch.text}", *words.explained(mismatch))
    body = "\n".join(map(escape, sentences))
    if mismatch.level is Level.ERROR:
        failure = SubElement(
            case, "failure", type=escape(mismatch.name), message=escape(mismatch.text)
        )
        failure.text = body
    else:
        SubElement(case, "system-out").text = body
