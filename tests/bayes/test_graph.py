"""Ancestors, d-separation and paths, against networkx and against the numbers."""

import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tp1.bayes import (
    Network,
    NetworkTooLarge,
    Query,
    QueryError,
    UnknownVariable,
    Variable,
    active_paths,
    ancestors,
    d_separated,
    descendants,
    exam_network,
    paths,
    query,
)

from .oracles import networks, random_network


def graph(network: Network) -> nx.DiGraph:
    found = nx.DiGraph()
    found.add_nodes_from(network.names)
    found.add_edges_from(network.edges)
    return found


def test_ancestors_and_descendants_of_the_exam():
    net = exam_network()
    assert ancestors(net, "L") == {"G", "S", "D"}
    assert ancestors(net, ["R", "G"]) == {"S", "D"}
    assert ancestors(net, ["L", "G"]) == {"G", "S", "D"}
    assert ancestors(net, []) == ancestors(net, "S") == set()
    assert descendants(net, "S") == {"R", "G", "L"}
    assert descendants(net, ["D", "R"]) == {"G", "L"}


@settings(max_examples=60)
@given(networks(nodes=9), st.data())
def test_ancestors_and_descendants_by_networkx(network, data):
    names = data.draw(st.sets(st.sampled_from(network.names)))
    g = graph(network)
    assert ancestors(network, names) == set().union(
        *(nx.ancestors(g, name) for name in names)
    )
    assert descendants(network, names) == set().union(
        *(nx.descendants(g, name) for name in names)
    )


@pytest.mark.parametrize(
    ("x", "y", "seen", "separated"),
    [
        ("R", "G", (), False),
        ("R", "G", "S", True),
        ("D", "R", (), True),
        ("D", "R", "G", False),
        ("D", "R", "L", False),
        ("D", "R", ("L", "S"), True),
        ("S", "L", "G", True),
        (("S", "R"), "L", ("G", "D"), True),
        (("S", "D"), ("R", "L"), (), False),
    ],
)
def test_separation_in_the_exam(x, y, seen, separated):
    assert d_separated(exam_network(), x, y, seen) is separated
    assert d_separated(exam_network(), y, x, seen) is separated


@settings(max_examples=200)
@given(networks(nodes=9), st.data())
def test_separation_by_networkx_and_by_paths(network, data):
    x, y, *others = data.draw(st.permutations(network.names))
    seen = data.draw(st.sets(st.sampled_from(others))) if others else set()
    separated = d_separated(network, x, y, seen)
    assert separated == nx.is_d_separator(graph(network), {x}, {y}, seen)
    assert separated == (not active_paths(network, x, y, seen))
    assert {path.nodes for path in paths(network, x, y, seen)} == {
        tuple(nodes)
        for nodes in nx.all_simple_paths(graph(network).to_undirected(), x, y)
    }


@settings(max_examples=80)
@given(networks(nodes=8), st.data())
def test_separation_of_sets_by_networkx(network, data):
    names = data.draw(st.permutations(network.names))
    i, j = sorted(data.draw(st.tuples(*[st.integers(1, len(names) - 1)] * 2)))
    x, y, seen = names[:i], names[i : j + 1], names[j + 1 :]
    assert d_separated(network, x, y, seen) == nx.is_d_separator(
        graph(network), set(x), set(y), set(seen)
    )


@pytest.mark.parametrize("seed", range(8))
def test_separation_is_independence_in_the_numbers(seed):
    """Random tables have no independence but those of the graph."""
    net = random_network(seed, 5)
    for x, y in itertools.combinations(net.names, 2):
        others = [name for name in net.names if name not in (x, y)]
        for seen in itertools.chain.from_iterable(
            itertools.combinations(others, k) for k in range(3)
        ):
            gap = 0.0
            for states in itertools.product(*(net[name].states for name in seen)):
                together = query(
                    net, Query((x, y), evidence=dict(zip(seen, states, strict=True)))
                ).probabilities
                apart = together.sum(axis=1, keepdims=True) * together.sum(
                    axis=0, keepdims=True
                )
                gap = max(gap, float(np.abs(together - apart).max()))
            assert (gap < 1e-13) == d_separated(net, x, y, seen), (x, y, seen, gap)


def test_the_path_from_d_to_r():
    (path,) = paths(exam_network(), "D", "R")
    assert str(path) == "D → G ← S → R"
    assert (path.nodes, path.arrows, path.open) == (
        ("D", "G", "S", "R"),
        ("→", "←", "→"),
        False,
    )
    collider, fork = path.junctions
    assert (collider.name, collider.role, collider.open, collider.because) == (
        "G",
        "collider",
        False,
        (),
    )
    assert (fork.name, fork.role, fork.open, fork.because) == ("S", "fork", True, ())
    assert collider.reason == "neither G nor anything below it is observed"
    assert fork.reason == "S is not observed"


@pytest.mark.parametrize(
    ("ends", "seen", "name", "role", "is_open", "because", "reason"),
    [
        ("DR", "G", "G", "collider", True, ("G",), "G is observed"),
        ("DR", "L", "G", "collider", True, ("L",), "L, below G, is observed"),
        ("DR", "S", "S", "fork", False, ("S",), "S is observed"),
        ("DL", "", "G", "chain", True, (), "G is not observed"),
        ("LD", "G", "G", "chain", False, ("G",), "G is observed"),
    ],
)
def test_junctions(ends, seen, name, role, is_open, because, reason):
    (path,) = paths(exam_network(), *ends, seen or ())
    (found,) = [junction for junction in path.junctions if junction.name == name]
    assert (found.role, found.open, found.because, found.reason) == (
        role,
        is_open,
        because,
        reason,
    )


def test_an_observation_far_below_opens_a_collider():
    names = ("A", "B", "C", "D", "E")
    parents = {"C": ["A", "B"], "D": ["C"], "E": ["D"]}
    tables = {"A": [0.5, 0.5], "B": [0.5, 0.5], "C": np.full((2, 2, 2), 0.5)}
    tables |= {name: np.full((2, 2), 0.5) for name in "DE"}
    net = Network([Variable(name, ("0", "1")) for name in names], parents, tables)
    assert d_separated(net, "A", "B")
    assert not d_separated(net, "A", "B", "E")
    ((collider,),) = (path.junctions for path in active_paths(net, "A", "B", "E"))
    assert (collider.name, collider.open, collider.because) == ("C", True, ("E",))
    (path,) = paths(net, "A", "B", ("E", "D"))
    assert path.junctions[0].because == ("D", "E")
    assert path.junctions[0].reason == "D, E, below C, are observed"


def test_wrong_sets_are_refused():
    net = exam_network()
    for x, y, seen in (
        ("S", "S", ()),
        ("S", "R", "S"),
        ("S", "R", ("R",)),
        (("S", "D"), ("D", "L"), ()),
    ):
        with pytest.raises(QueryError, match="no variable in common"):
            d_separated(net, x, y, seen)
    with pytest.raises(QueryError, match="neither of them empty"):
        d_separated(net, [], "S")
    for ask in (ancestors, descendants):
        with pytest.raises(UnknownVariable):
            ask(net, ["S", "Q"])
    with pytest.raises(UnknownVariable):
        d_separated(net, "S", "R", "Q")
    with pytest.raises(UnknownVariable):
        paths(net, "S", "Q")


def test_too_many_paths_are_refused(monkeypatch):
    monkeypatch.setattr("tp1.bayes.graph.MAX_STEPS", 1000)
    net = random_network(1, 30, parents=6)
    with pytest.raises(NetworkTooLarge, match="more than 1000 partial paths"):
        paths(net, "X0", "X1")
