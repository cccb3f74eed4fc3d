"""What govulncheck says, and which versions mend what."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.vulnerabilities import Fix, fixes, mended

TEXT = "golang.org/x/text"
RECORDED = """\
{
  "config": {
    "protocol_version": "v1.0.0",
    "scanner_name": "govulncheck",
    "scanner_version": "v1.9.0",
    "scan_level": "module"
  }
}
{
  "progress": {
    "message": "Checking the code against the vulnerabilities..."
  }
}
{
  "finding": {
    "osv": "GO-2020-0015",
    "fixed_version": "v0.3.3",
    "trace": [
      {
        "module": "golang.org/x/text",
        "version": "v0.3.0"
      }
    ]
  }
}
{
  "finding": {
    "osv": "GO-2021-0113",
    "fixed_version": "v0.3.7",
    "trace": [
      {
        "module": "golang.org/x/text",
        "version": "v0.3.0"
      }
    ]
  }
}
{
  "finding": {
    "osv": "GO-2022-0969",
    "fixed_version": "v1.18.6",
    "trace": [
      {
        "module": "stdlib",
        "version": "v1.18.0"
      }
    ]
  }
}
"""
"""Of govulncheck 1.9.0 with ``-scan module``; Go's own finding is made up in its form."""


def test_fixes_of_modules_are_read() -> None:
    """What Go itself mends is the server's affair."""
    assert (
        Fix(module=TEXT, version="v0.3.3", vulnerability="GO-2020-0015"),
        Fix(module=TEXT, version="v0.3.7", vulnerability="GO-2021-0113"),
    ) == fixes(RECORDED)


def test_without_a_fix_or_a_finding_there_is_nothing() -> None:
    """Some vulnerabilities have no fix yet; mostly there is none at all."""
    unfixed = {"finding": {"osv": "GO-1", "trace": [{"module": TEXT}]}}

    assert () == fixes(json.dumps(unfixed))
    assert () == fixes(" \n")


@pytest.mark.parametrize(
    ("before", "after", "ids"),
    [
        ("v0.3.0", "v0.3.8", ("GO-2020-0015", "GO-2021-0113")),
        ("v0.3.0", "v0.3.3", ("GO-2020-0015",)),
        ("v0.3.3", "v0.3.7", ("GO-2021-0113",)),
        ("v0.3.0", "v0.3.2", ()),
        ("v0.3.7", "v0.3.8", ()),
        ("v0.3.0", "", ()),
    ],
)
def test_a_version_mends_what_was_fixed_on_the_way(
    before: str, after: str, ids: tuple[str, ...]
) -> None:
    """Not what was mended before, nor what needs a newer one."""
    known = fixes(RECORDED)

    assert ids == mended(known, TEXT, before=before, after=after)
    assert () == mended(known, "golang.org/x/tex", before=before, after=after)


SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
FINDINGS = st.fixed_dictionaries(
    {"finding": SHAPES | st.fixed_dictionaries({"osv": SHAPES, "trace": SHAPES})}
)


@given(st.lists(SHAPES | FINDINGS).map(lambda each: "\n".join(map(json.dumps, each))))
def test_other_shapes_are_a_value_error(output: str) -> None:
    """Another program of that name ends no command."""
    try:
        found = fixes(output)
    except ValueError:
        return
    assert all(isinstance(each, Fix) for each in found)
