"""Vendored projects in the automaton, and vendor/modules.txt as text."""

from __future__ import annotations

from dataclasses import replace

from autofix.core.actions import Build, Edit, Vendor
from autofix.core.automaton import Decision, decide
from autofix.core.gomod import ModEdit
from autofix.core.model import EvidenceSource
from autofix.core.observations import (
    Began,
    Edited,
    Failed,
    Observation,
    Selected,
    Vendored,
)
from autofix.core.state import Policy, State
from autofix.core.vendortext import (
    missing_packages,
    out_of_step,
    with_module,
    with_sums,
)
from tests.core.test_decisions import COMMON, SERVER, gomod, prepared, said

LINKED = {COMMON: Selected(version="v1.35.0", packages=(f"{COMMON}/api",))}
STANDS = {COMMON: Selected(version="v1.36.0", packages=(f"{COMMON}/api",))}
PRIVATE = "git.studio.invalid/studio/ranks"
GONE = Failed(
    evidence=said(
        EvidenceSource.GO,
        f"main.go:7:2: {PRIVATE}@v1.4.0: reading https://proxy.example/{PRIVATE}/@v/"
        "v1.4.0.zip: 404 Not Found",
    )
)
SHARING = replace(SERVER, packages={f"{COMMON}/api": COMMON})
VENDORED = replace(
    prepared(gomod("v1.35.0")), vendored=True, linked=LINKED, server=SHARING
)


def after(*observations: Observation) -> Decision:
    """Feed observations to the automaton, which predicts, and return its decision."""
    decision = decide(State(policy=Policy()), Began())
    for observation in observations:
        decision = decide(decision.state, observation)
    return decision


def test_a_module_that_is_only_in_vendor_is_read_there() -> None:
    """Nothing that selects versions is asked any more, and go mod vendor is not run."""
    decision = after(VENDORED, GONE)
    assert isinstance(decision.action, Edit)
    assert (ModEdit(), True) == (decision.action.edit, decision.action.in_vendor)
    assert ["vendor-edited-in-place"] == [each.name for each in decision.state.findings]

    low = Edited(gomod=gomod("v1.35.0"), selected=LINKED, linked=LINKED)
    rung = after(VENDORED, GONE, low)
    assert isinstance(rung.action, Edit)
    assert rung.action.in_vendor
    assert rung.action.edit.requires
    stands = Edited(gomod=gomod("v1.36.0"), selected=STANDS, linked=STANDS)
    assert isinstance(after(VENDORED, GONE, low, stands).action, Build)


def test_a_module_that_no_line_names_is_not_called_a_module() -> None:
    """The words stand for what cannot be had, whichever it is."""
    said_ = Failed(
        evidence=said(EvidenceSource.GO, "go: module lookup disabled by GOPROXY=off")
    )
    (finding,) = after(VENDORED, said_).state.findings

    assert finding.text.startswith("Not every module can be had here, so ")
    assert "those that cannot are taken from vendor/" in finding.text


def test_a_fetch_that_fails_twice_is_explained() -> None:
    """The pinned module itself cannot be had, either."""
    decision = after(VENDORED, GONE, GONE)

    assert decision.state.ending is not None
    assert PRIVATE in decision.state.ending.words


def test_a_project_without_vendor_has_no_such_way() -> None:
    """It is explained at once."""
    decision = after(replace(VENDORED, vendored=False), GONE)

    assert decision.state.ending is not None
    assert not decision.state.in_vendor


def test_patches_are_told() -> None:
    """What was kept, and what could not be."""
    stands = Edited(gomod=gomod("v1.36.0"), selected=STANDS, linked=STANDS)
    before = after(VENDORED, stands)
    assert isinstance(before.action, Vendor)
    seen = Vendored(kept=("a/b/c.go",), lost=tuple(f"d/{i}.go" for i in range(7)))
    state = after(VENDORED, stands, seen).state

    assert ["vendor-patches-kept", "vendor-patches-lost"] == [
        each.name for each in state.findings
    ]
    assert "a/b/c.go" in state.findings[0].text
    assert "d/4.go and 2 more" in state.findings[1].text


TEXT = """\
# example.com/a v1.0.0
## explicit; go 1.20
example.com/a
example.com/a/b
# example.com/c v1.1.0 => ../c
## explicit
example.com/c
# example.com/e v1.0.0
## explicit; go 1.21
example.com/e
"""


def test_a_block_is_rewritten_in_its_place() -> None:
    """All other blocks stay as they are."""
    new = with_module(
        TEXT, "example.com/a", "v1.2.0", go="1.22", packages=["example.com/a/x"]
    )
    head = "# example.com/a v1.2.0\n## explicit; go 1.22\nexample.com/a/x\n"

    assert head + TEXT[TEXT.index("# example.com/c") :] == new


def test_a_new_block_comes_in_its_order() -> None:
    """Between those of the modules before and after it, or at the end."""
    new = with_module(TEXT, "example.com/d", "v0.1.0", go="", packages=[])
    last = with_module(TEXT, "example.com/z", "v0.1.0", go="1.20", packages=["z"])

    assert "example.com/c\n# example.com/d v0.1.0\n## explicit\n# example.com/e" in new
    assert f"{TEXT}# example.com/z v0.1.0\n## explicit; go 1.20\nz\n" == last


def test_no_go_note_where_the_file_has_none() -> None:
    """Go before 1.17 writes none."""
    old = "# example.com/a v1.0.0\n## explicit\nexample.com/a\n"
    new = with_module(old, "example.com/a", "v1.1.0", go="1.20", packages=["a"])

    assert "# example.com/a v1.1.0\n## explicit\na\n" == new


def test_what_is_out_of_step() -> None:
    """Other versions and new requirements; replaced modules never."""
    text = TEXT.replace("example.com/a", COMMON)

    assert {COMMON: "v1.36.0"} == out_of_step(text, gomod("v1.36.0"))
    assert {COMMON: "v1.36.0"} == out_of_step("", gomod("v1.36.0"))
    assert {} == out_of_step(text.replace("v1.0.0", "v1.36.0"), gomod("v1.36.0"))
    replaced = TEXT.replace("example.com/c", COMMON)
    assert {} == out_of_step(replaced, gomod("v1.36.0"))


def test_missing_packages_in_the_words_of_each_go() -> None:
    """Observed with Go 1.16.3, 1.19.13, 1.23.5 and 1.26.5."""
    tag = "golang.org/x/text/internal/tag"
    place = f"/builder/vendor/{tag}"
    texts = (
        f'vendor/a/b.go:13:2: cannot find package "." in:\n\t{place}',
        f"a.go:1:2: cannot find module providing package {tag}: import lookup disabled",
        f"\timports go.uber.org/zap\n\timports {tag}: no Go files in {place}",
    )

    for text in texts:
        assert [tag] == [*missing_packages(text)]


def test_sums_are_added_in_order_and_once() -> None:
    """Behind the module's own lines, or where it belongs by its name."""
    text = "a v1.0.0 h1:x=\na v1.0.0/go.mod h1:y=\nc v1.0.0 h1:z=\n"
    sums = {
        ("a", "v1.0.0"): "h1:x=",
        ("a", "v1.1.0"): "h1:n=",
        ("b", "v1.0.0"): "h1:b=",
    }

    assert (
        "a v1.0.0 h1:x=\na v1.0.0/go.mod h1:y=\na v1.1.0 h1:n=\nb v1.0.0 h1:b=\n"
        "c v1.0.0 h1:z=\n"
    ) == with_sums(text, sums)
