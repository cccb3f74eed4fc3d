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
    """Each version reached from the main module is told, with who asks for it."""
    through = (MAIN, "example.com/a@v1.0.0", "example.com/b@v1.0.0")

    assert demands(GRAPH, ["example.com/leaf"], MAIN) == (
        demand("v1.2.0", MAIN),
        demand("v1.2.0", *through),
        demand("v1.10.0", *through),
    )


def test_chain_is_shortest() -> None:
    """Of several chains the shortest is told."""
    graph = GRAPH + "example.com/plugin example.com/b@v1.0.0\n"

    found = demands(graph, ["example.com/leaf"], MAIN)

    assert found[-1] == demand("v1.10.0", MAIN, "example.com/b@v1.0.0")


def test_wanted_modules_in_order() -> None:
    """Modules come in the order asked, those nobody requires not at all."""
    found = demands(GRAPH, ["example.com/b", "example.com/x", "example.com/a"], MAIN)

    assert ["example.com/b", "example.com/a", "example.com/a"] == [
        each.module.path for each in found
    ]


def test_empty_graph() -> None:
    """No graph has no demands."""
    assert demands("", ["example.com/leaf"], MAIN) == ()


def test_large_graph_is_fast() -> None:
    """Ten thousand edges take a fraction of a second."""
    edges = [f"{MAIN} m0@v1.0.0"]
    for number in range(2000):
        edges += [
            f"m{number}@v1.0.0 m{(number * 7 + step) % 2001}@v1.0.0"
            for step in range(1, 6)
        ]
    started = time.perf_counter()
    found = demands("\n".join(edges), [f"m{number}" for number in range(2001)], MAIN)

    assert time.perf_counter() - started < 1
    assert len(found) >= 2000


@given(
    st.lists(st.tuples(st.sampled_from("pabc"), st.sampled_from("abcx")), max_size=12)
)
def test_chains_follow_edges(edges: list[tuple[str, str]]) -> None:
    """Every chain starts at the main module and follows edges of the graph."""
    nodes = {"p": "p", **{name: f"{name}@v1.0.0" for name in "abcx"}}
    lines = {f"{nodes[one]} {nodes[other]}" for one, other in edges}

    for each in demands("\n".join(sorted(lines)), ["x"], "p"):
        path = (*each.chain, str(each.module))
        assert path[0] == "p"
        assert all(f"{one} {two}" in lines for one, two in pairwise(path))
