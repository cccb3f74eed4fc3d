from __future__ import annotations

import time
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from autofix.core.graph import demands
from autofix.core.model import ModuleVersion
from autofix.core.observations import Demand

MAIN = "example.com/plugin"
GRAPH = """\
example.com/plugin go@1.26.5
example.com/plugin example.com/a@v1.0.0
example.com/plugin example.com/leaf@v1.2.0
example.com/a@v1.0.0 example.com/b@v1.0.0
example.com/a@v1.0.0 go@1.21
example.com/b@v1.0.0 example.com/leaf@v1.10.0
example.com/b@v1.0.0 example.com/leaf@v1.2.0
example.com/c@v1.0.0 example.com/leaf@v9.9.9
example.com/b@v1.0.0 example.com/a@v1.0.0
go@1.26.5 toolchain@go1.26.5
not an edge
nonsense
"""


def demand(version: str, *chain: str) -> Demand:
    """Make the demand for one version of the leaf."""
    module = ModuleVersion(path="example.com/leaf", version=version)
    return Demand(module=module, chain=chain)


def test_demands() -> None:
    """Each version above the pin that something requires is told, with who does."""
    through = (MAIN, "example.com/a@v1.0.0", "example.com/b@v1.0.0")

    assert (demand("v1.10.0", *through),) == demands(
        GRAPH, {"example.com/leaf": "v1.2.0"}, MAIN
    )
    assert (demand("v1.2.0", *through), demand("v1.10.0", *through)) == demands(
        GRAPH, {"example.com/leaf": "v1.1.0"}, MAIN
    )


def test_a_line_of_the_main_module_is_no_demand() -> None:
    """It is rewritten to the pin's version, whatever it says."""
    graph = f"{MAIN} example.com/leaf@v1.2.0\n"

    assert () == demands(graph, {"example.com/leaf": "v1.0.0"}, MAIN)


def test_what_only_a_version_above_a_pin_requires_is_no_demand() -> None:
    """It is not reached once the pin stands, so no exclude is needed for it."""
    graph = (
        f"{MAIN} example.com/a@v1.0.0\n"
        "example.com/a@v1.0.0 example.com/b@v1.1.0\n"
        "example.com/b@v1.1.0 example.com/leaf@v9.0.0\n"
    )
    pins = {"example.com/b": "v1.0.0", "example.com/leaf": "v1.0.0"}

    assert ["example.com/b@v1.1.0"] == [
        str(each.module) for each in demands(graph, pins, MAIN)
    ]


def test_what_the_pinned_version_itself_requires_counts() -> None:
    """The graph is followed through a pin's own version."""
    graph = (
        f"{MAIN} example.com/b@v1.1.0\nexample.com/b@v1.0.0 example.com/leaf@v2.0.0\n"
    )
    pins = {"example.com/b": "v1.0.0", "example.com/leaf": "v1.0.0"}

    assert (demand("v2.0.0", MAIN, "example.com/b@v1.0.0"),) == demands(
        graph, pins, MAIN
    )


def test_chain_is_shortest() -> None:
    """Of several chains the shortest is told."""
    graph = GRAPH + "example.com/plugin example.com/b@v1.0.0\n"

    found = demands(graph, {"example.com/leaf": "v1.2.0"}, MAIN)

    assert found[-1] == demand("v1.10.0", MAIN, "example.com/b@v1.0.0")


def test_pinned_modules_in_order() -> None:
    """Modules come in the order of the pins, those nobody raises not at all."""
    pins = {"example.com/b": "v0.1.0", "example.com/x": "v0.1.0"}
    pins["example.com/leaf"] = "v1.9.0"
    graph = GRAPH + "example.com/a@v1.0.0 example.com/leaf@v1.10.0\n"

    assert ["example.com/b", "example.com/leaf"] == [
        each.module.path for each in demands(graph, pins, MAIN)
    ]


def test_empty_graph() -> None:
    """No graph has no demands."""
    assert () == demands("", {"example.com/leaf": "v1.0.0"}, MAIN)


def test_large_graph_is_fast() -> None:
    """Ten thousand edges take a fraction of a second."""
    edges = [f"{MAIN} m0@v1.0.0"]
    for number in range(2000):
        edges += [
            f"m{number}@v1.0.0 m{(number * 7 + step) % 2001}@v1.0.0"
            for step in range(1, 6)
        ]
    started = time.process_time()
    pins = {f"m{number}": "v0.1.0" for number in range(1000, 2001)}
    found = demands("\n".join(edges), pins, MAIN)

    assert time.process_time() - started < 1
    assert found


@given(
    st.lists(st.tuples(st.sampled_from("pabc"), st.sampled_from("abcx")), max_size=12)
)
def test_chains_follow_edges(edges: list[tuple[str, str]]) -> None:
    """Every chain starts at the main module and follows edges of the graph."""
    nodes = {"p": "p", **{name: f"{name}@v1.0.0" for name in "abcx"}}
    lines = {f"{nodes[one]} {nodes[other]}" for one, other in edges}

    for each in demands("\n".join(sorted(lines)), {"x": "v0.1.0"}, "p"):
        path = (*each.chain, str(each.module))
        assert path[0] == "p"
        assert all(f"{one} {two}" in lines for one, two in pairwise(path))
