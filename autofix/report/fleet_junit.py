"""A fleet's summary as JUnit XML: a suite for each server, a test for each plugin."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from autofix.core.fleetledger import Verdict
from autofix.core.fleetsummary import CellResult, FleetSummary
from autofix.report import fleet_words as words
from autofix.report.escape import escape


def fleet_junit(summary: FleetSummary) -> str:
    """Return an XML document that ends with a newline."""
    suites = Element("testsuites")
    for server in summary.servers:
        results = [each for each in summary.cells if each.server == server]
        name = f"autofix {summary.action.value} for {server}"
        suite = SubElement(suites, "testsuite", name=escape(name))
        for result in results:
            _case(suite, result)
        _count(suite)
    _count(suites)
    indent(suites)
    text = tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _case(suite: Element, result: CellResult) -> None:
    cell = result.cell
    case = SubElement(
        suite,
        "testcase",
        classname=escape(f"autofix.{result.server}"),
        name=escape(result.plugin),
        time=f"{cell.seconds if cell else 0.0:.3f}",
    )
    if cell is None:
        SubElement(case, "skipped", message=words.label(result))
    elif not result.clean:
        # A failure is the plugin's; an error is the machine's or autofix's.
        kind = "failure" if cell.verdict is Verdict.NOT_CLEAN else "error"
        told = escape(words.reason(result))
        found = SubElement(case, kind, type=escape(words.label(result)), message=told)
        found.text = told


def _count(element: Element) -> None:
    for name, tag in (
        ("tests", "testcase"),
        ("failures", "failure"),
        ("errors", "error"),
        ("skipped", "skipped"),
    ):
        element.set(name, str(sum(1 for _ in element.iter(tag))))
    seconds = sum(float(each.get("time", "0")) for each in element.iter("testcase"))
    element.set("time", f"{seconds:.3f}")
