"""The sixteen answers, from oracles that share nothing with the package."""

import itertools
import math

import numpy as np
import pyagrum as gum
import pytest

from tp1.bayes import EXAM_QUERIES, Network, exam_network, joint, parse, query

from .oracles import ask_pgmpy, ask_pyagrum, to_pyagrum

# The assignment, typed again from its statement: entry by entry, a function of the whole world.
STATES = {
    "S": ("s0", "s1"),
    "D": ("d0", "d1"),
    "R": ("r0", "r1"),
    "G": ("g0", "g1", "g2"),
    "L": ("l0", "l1"),
}
P_S = {"s0": 0.2, "s1": 0.8}
P_D = {"d0": 0.9, "d1": 0.1}
P_R = {"s0": {"r0": 0.9, "r1": 0.1}, "s1": {"r0": 0.2, "r1": 0.8}}
P_G = {
    "s0d0": {"g0": 0.5, "g1": 0.3, "g2": 0.2},
    "s0d1": {"g0": 0.9, "g1": 0.08, "g2": 0.02},
    "s1d0": {"g0": 0.1, "g1": 0.2, "g2": 0.7},
    "s1d1": {"g0": 0.3, "g1": 0.4, "g2": 0.3},
}
P_L = {
    "g0": {"l0": 0.9, "l1": 0.1},
    "g1": {"l0": 0.6, "l1": 0.4},
    "g2": {"l0": 0.01, "l1": 0.99},
}
FACTORS = {
    "S": lambda w: P_S[w["S"]],
    "D": lambda w: P_D[w["D"]],
    "R": lambda w: P_R[w["S"]][w["R"]],
    "G": lambda w: P_G[w["S"] + w["D"]][w["G"]],
    "L": lambda w: P_L[w["G"]][w["L"]],
}
WORLDS = [
    dict(zip(STATES, states, strict=True))
    for states in itertools.product(*STATES.values())
]

# letter: (target, observed, intervened on), typed again too.
QUESTIONS = {
    "a": ("G", {}, {}),
    "b": ("G", {"R": "r1"}, {}),
    "c": ("G", {"R": "r0"}, {}),
    "d": ("G", {"R": "r1", "S": "s0"}, {}),
    "e": ("G", {"R": "r0", "S": "s0"}, {}),
    "f": ("R", {"D": "d1"}, {}),
    "g": ("R", {"D": "d0"}, {}),
    "h": ("R", {"D": "d1", "G": "g2"}, {}),
    "i": ("R", {"D": "d0", "G": "g2"}, {}),
    "j": ("R", {"D": "d1", "L": "l1"}, {}),
    "k": ("R", {"D": "d0", "L": "l1"}, {}),
    "l": ("R", {}, {"G": "g2"}),
    "m": ("R", {"G": "g2"}, {}),
    "n": ("R", {}, {}),
    "o": ("G", {}, {"L": "l1"}),
    "p": ("G", {"L": "l1"}, {}),
}


@pytest.fixture(scope="module")
def net() -> Network:
    return exam_network()


def enumerated(
    target: str, observed: dict[str, str], imposed: dict[str, str]
) -> dict[str, float]:
    weights = dict.fromkeys(STATES[target], 0.0)
    for world in WORLDS:
        if all(world[name] == state for name, state in {**observed, **imposed}.items()):
            weights[world[target]] += math.prod(
                FACTORS[name](world) for name in STATES if name not in imposed
            )
    total = sum(weights.values())
    return {state: weight / total for state, weight in weights.items()}


def test_the_network_is_the_assignment(net):
    assert {v.name: v.states for v in net.variables} == STATES
    assert net.names == ("S", "D", "R", "G", "L")
    assert set(net.edges) == {("S", "R"), ("S", "G"), ("D", "G"), ("G", "L")}
    assert all(v.label for v in net.variables)
    P = joint(net)
    assert P.shape == (2, 2, 2, 3, 2)
    for world in WORLDS:
        cell = tuple(STATES[name].index(world[name]) for name in STATES)
        assert P[cell] == pytest.approx(
            math.prod(f(world) for f in FACTORS.values()), abs=1e-16
        )


def test_the_queries_are_the_assignment():
    assert list(EXAM_QUERIES) == list("abcdefghijklmnop") == list(QUESTIONS)
    for letter, (target, observed, imposed) in QUESTIONS.items():
        asked = parse(EXAM_QUERIES[letter])
        assert (asked.targets, asked.evidence, asked.interventions) == (
            (target,),
            observed,
            imposed,
        )
        assert asked.asked == ({"G": "g1"} if letter == "p" else {})


@pytest.mark.parametrize("method", ["auto", "joint", "contraction"])
@pytest.mark.parametrize("letter", QUESTIONS)
def test_answer_by_enumeration(net, letter, method):
    answer = query(net, EXAM_QUERIES[letter], method)
    expected = enumerated(*QUESTIONS[letter])
    if letter == "p":
        assert float(answer) == pytest.approx(expected["g1"], abs=1e-14)
        assert answer["g1"] == float(answer)
    else:
        assert {state: answer[state] for state in expected} == pytest.approx(
            expected, abs=1e-14
        )


@pytest.mark.parametrize("letter", QUESTIONS)
def test_answer_by_pgmpy_and_pyagrum(net, letter):
    asked = parse(EXAM_QUERIES[letter])
    kept = [STATES["G"].index("g1")] if letter == "p" else slice(None)
    ours = query(net, asked).probabilities
    np.testing.assert_allclose(ours, ask_pgmpy(net, asked)[kept], atol=1e-12)
    np.testing.assert_allclose(ours, ask_pyagrum(net, asked)[kept], atol=1e-12)


@pytest.mark.parametrize("letter", ["l", "o"])
def test_interventions_by_do_calculus(net, letter):
    """pyAgrum derives a formula without `do` from the graph: no network is mutilated there."""
    target, _, imposed = QUESTIONS[letter]
    model = gum.CausalModel(to_pyagrum(net))
    _, impact, _ = gum.causalImpact(
        model, on=target, doing=set(imposed), values=imposed
    )
    theirs = [impact[{target: state}] for state in STATES[target]]
    np.testing.assert_allclose(
        query(net, EXAM_QUERIES[letter]).probabilities, theirs, atol=1e-12
    )


def test_what_the_pairs_show(net):
    p = {
        letter: query(net, text).probabilities for letter, text in EXAM_QUERIES.items()
    }
    far, near = 1e-2, 1e-12
    assert np.abs(p["b"] - p["c"]).max() > far  # R informs on G through S
    assert np.abs(p["d"] - p["e"]).max() < near  # S blocks
    assert np.abs(p["f"] - p["g"]).max() < near  # D and R are independent
    assert np.abs(p["h"] - p["i"]).max() > far  # G opens the collider
    assert np.abs(p["j"] - p["k"]).max() > far  # and so does L, below it
    assert np.abs(p["l"] - p["n"]).max() < near  # acting on G says nothing of R
    assert np.abs(p["m"] - p["n"]).max() > far  # seeing it does
    assert np.abs(p["o"] - p["a"]).max() < near
