"""Networks whose joint does not fit, evidence whose probability hardly does."""

import random
import warnings

import numpy as np
import pyagrum as gum
import pytest
from pgmpy.inference import VariableElimination

from tp1.bayes import (
    ImpossibleEvidence,
    Network,
    NetworkTooLarge,
    Query,
    QueryError,
    Variable,
    ancestors,
    exam_network,
    parse,
    query,
)
from tp1.bayes.contraction import make_plan

from .oracles import enumerate_worlds, random_network, to_pgmpy, to_pyagrum


def naive(leaves: int, first: float, second: float) -> Network:
    """Make a class C and leaves that are `x` with a tiny probability in both classes."""
    names = [f"F{i}" for i in range(leaves)]
    tables = {name: [[first, 1 - first], [second, 1 - second]] for name in names}
    return Network(
        [Variable("C", ("a", "b")), *(Variable(name, ("x", "y")) for name in names)],
        {name: ["C"] for name in names},
        {"C": [0.5, 0.5], **tables},
    )


def test_alarm_by_pgmpy_and_pyagrum(alarm):
    """One model, and one engine of each library, for the same forty queries with and without `do`."""
    rng = np.random.default_rng(0)
    model, engine = to_pgmpy(alarm), gum.LazyPropagation(to_pyagrum(alarm))
    elimination = VariableElimination(model)
    asked = 0
    while asked < 40:
        target, *seen = (
            str(name) for name in rng.permutation(alarm.names)[: rng.integers(1, 7)]
        )
        evidence = {name: str(rng.choice(alarm[name].states)) for name in seen}
        try:
            ours = query(alarm, Query((target,), evidence=evidence)).probabilities
        except ImpossibleEvidence:
            continue
        asked += 1
        theirs = elimination.query([target], evidence, show_progress=False).values
        np.testing.assert_allclose(ours, theirs, atol=1e-12)
        engine.setEvidence(evidence)
        engine.makeInference()
        answer = engine.posterior(target)
        np.testing.assert_allclose(
            ours, [answer[{target: s}] for s in alarm[target].states], atol=1e-12
        )
        if seen:
            cause, *rest = seen
            done = Query(
                (target,),
                evidence={n: evidence[n] for n in rest},
                interventions={cause: evidence[cause]},
            )
            after = VariableElimination(model.do([cause]))
            theirs = after.query([target], evidence, show_progress=False).values
            np.testing.assert_allclose(
                query(alarm, done).probabilities, theirs, atol=1e-12
            )


def test_several_targets_of_alarm(alarm):
    targets = ("HR", "CATECHOL", "MINVOLSET", "HISTORY")
    ours = query(alarm, Query(targets, evidence={"BP": "LOW"})).probabilities
    theirs = VariableElimination(to_pgmpy(alarm)).query(
        list(targets), {"BP": "LOW"}, show_progress=False
    )
    np.testing.assert_allclose(
        ours,
        theirs.values.transpose([theirs.variables.index(name) for name in targets]),
        atol=1e-12,
    )


def test_barren_and_separated_parts_are_left_out(alarm):
    axis = alarm.axis
    nothing: frozenset[int] = frozenset()
    # MINVOLSET is a root: its own table is all that matters.
    plan = make_plan(alarm, (axis("MINVOLSET"),), nothing, nothing)
    assert (len(plan.answer.tables), len(plan.others)) == (1, 0)
    # VENTMACH blocks MINVOLSET from everything else.
    seen = frozenset({axis("VENTMACH"), axis("HISTORY")})
    assert len(make_plan(alarm, (axis("MINVOLSET"),), seen, nothing).answer.tables) == 2
    # An intervention cuts VENTMACH from MINVOLSET.
    exam = exam_network()
    done = frozenset({exam.axis("L")})
    assert len(make_plan(exam, (exam.axis("R"),), nothing, done).answer.tables) == 2
    done = frozenset({axis("VENTMACH")})
    assert len(make_plan(alarm, (axis("MINVOLSET"),), nothing, done).answer.tables) == 1


def test_causes_of_an_intervened_variable_are_left_out():
    """B → A → X → T and B → U: with X imposed, A is barren though B is not."""
    names = "BAXTU"
    parents = {"A": ["B"], "X": ["A"], "T": ["X"], "U": ["B"]}
    tables = {"B": [0.5, 0.5]} | {name: [[0.3, 0.7], [0.6, 0.4]] for name in "AXTU"}
    net = Network([Variable(name, ("0", "1")) for name in names], parents, tables)
    targets = (net.axis("T"), net.axis("U"))
    assert (
        len(
            make_plan(
                net, targets, frozenset(), frozenset({net.axis("X")})
            ).answer.tables
        )
        == 3
    )
    assert len(make_plan(net, targets, frozenset(), frozenset()).answer.tables) == 5


def test_plans_are_remembered_by_shape(alarm):
    one, other = parse("P(HR | BP=LOW, CVP=HIGH)"), parse("P(HR | CVP=LOW, BP=HIGH)")
    query(alarm, one)
    plans = alarm._memory[make_plan.__wrapped__]
    before = plans.cache_info()
    query(alarm, other)
    after = plans.cache_info()
    assert (after.misses, after.hits) == (before.misses, before.hits + 1)
    assert after.maxsize is not None


def test_impossible_evidence_in_a_separated_part_is_refused():
    """A is no part of P(B), and its evidence is impossible all the same."""
    a, b, c = (
        Variable("A", ("0", "1")),
        Variable("B", ("0", "1")),
        Variable("C", ("0", "1")),
    )
    net = Network(
        [a, b, c],
        {"C": ["A"]},
        {"A": [1.0, 0.0], "B": [0.3, 0.7], "C": [[1.0, 0.0], [0.5, 0.5]]},
    )
    for method in ("joint", "contraction"):
        for text in ("P(B | A=1)", "P(B | C=1)", "P(B | do(A=0), C=1)"):
            with pytest.raises(
                ImpossibleEvidence,
                match=r"has probability 0( after do\(A=0\))?: nothing",
            ):
                query(net, text, method)
        assert query(net, "P(B | do(A=1), C=1)", method)["1"] == pytest.approx(0.7)


@pytest.mark.parametrize("method", ["auto", "joint", "contraction"])
@pytest.mark.parametrize("leaves", [3, 14])
@pytest.mark.parametrize("first", [1e-30, 1e-160, 5e-324])
def test_evidence_beyond_float_is_answered(leaves, first, method):
    """P(evidence) goes down to 1e-4520; the posterior is as plain as ever."""
    net = naive(leaves, first, 3 * first)
    asked = Query(("C",), evidence={f"F{i}": "x" for i in range(leaves)})
    ratio = (net.cpts["F0"][0, 0] / net.cpts["F0"][1, 0]) ** leaves
    expected = ratio / (1 + ratio)
    assert query(net, asked, method)["a"] == pytest.approx(expected, rel=1e-9)


def test_evidence_beyond_float_on_alarm_like_network():
    """Chains, forks and colliders in logarithms, against linear arithmetic on the same network."""
    net = random_network(3, 12)
    names = net.names
    asked = Query(
        (names[0],), evidence={name: net[name].states[0] for name in names[6:]}
    )
    expected = query(net, asked, "contraction").probabilities
    together, total = enumerate_worlds(net, asked)
    np.testing.assert_allclose(
        expected, [together[(s,)] / total for s in net[names[0]].states], atol=1e-12
    )
    # A hundred independent improbable witnesses of the first variable push everything below 1e-3000.
    witnesses = [f"W{i}" for i in range(100)]
    low = {
        w: np.stack(
            [
                np.full(len(net[names[0]].states), 1e-30),
                np.full(len(net[names[0]].states), 1),
            ],
            1,
        )
        for w in witnesses
    }
    low = {w: table / table.sum(axis=1, keepdims=True) for w, table in low.items()}
    large = Network(
        [*net.variables, *(Variable(w, ("x", "y")) for w in witnesses)],
        {**net.parents, **{w: [names[0]] for w in witnesses}},
        {**net.cpts, **low},
    )
    far = Query(
        asked.targets, evidence={**asked.evidence, **dict.fromkeys(witnesses, "x")}
    )
    np.testing.assert_allclose(query(large, far).probabilities, expected, rtol=1e-9)


def test_impossible_is_told_from_improbable():
    net = naive(14, 1e-160, 0.0)
    seen = {f"F{i}": "x" for i in range(14)}
    assert query(net, Query(("C",), evidence=seen))["a"] == 1.0
    with pytest.raises(
        ImpossibleEvidence, match=r"F0=x, .* and 2 more has probability 0"
    ):
        query(
            net,
            Query(("F13",), evidence={**{f"F{i}": "x" for i in range(13)}, "C": "b"}),
        )


def test_a_tight_network_is_answered_by_a_better_order(monkeypatch):
    """The search for an order, and BLAS, are used; the caller's random numbers are none the wiser."""
    monkeypatch.setattr("tp1.bayes.contraction.WORTH_SEARCHING", 100)
    monkeypatch.setattr("tp1.bayes.contraction.WORTH_BLAS", 100)
    net = random_network(1, 40, parents=5, states=(2, 2), fewest_parents=3)
    random.seed(5)
    expected = random.random()  # noqa: S311
    random.seed(5)
    first, *_, last = sorted(net.names, key=lambda name: len(ancestors(net, name)))
    seen = {last: f"{last}=0"}
    answer = query(net, Query((first,), evidence=seen))
    assert random.random() == expected  # noqa: S311
    engine = gum.LazyPropagation(to_pyagrum(net))
    engine.setEvidence(seen)
    engine.addTarget(first)
    engine.makeInference()
    theirs = engine.posterior(first)
    np.testing.assert_allclose(
        answer.probabilities,
        [theirs[{first: s}] for s in net[first].states],
        atol=1e-12,
    )


def test_what_does_not_fit_is_refused_with_its_size():
    dense = random_network(1, 40, parents=13, states=(2, 2), fewest_parents=13)
    first, *_, last = sorted(dense.names, key=lambda name: len(ancestors(dense, name)))
    with pytest.raises(
        NetworkTooLarge,
        match=r"cells \(.* bytes\) in .* operations; at most 3.4e\+07 cells",
    ):
        query(dense, Query((first,), evidence={last: f"{last}=0"}))
    wide = random_network(1, 40, parents=1, states=(2, 2))
    with pytest.raises(NetworkTooLarge, match=r"1.1e\+12 cells"):
        query(wide, Query(wide.names))


def test_an_unknown_method_is_refused():
    with pytest.raises(QueryError, match="unknown method 'join'; did you mean 'joint'"):
        query(naive(2, 0.1, 0.2), "P(C)", "join")


def test_no_warning_escapes():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net = naive(14, 1e-160, 0.0)
        query(net, Query(("C",), evidence={f"F{i}": "x" for i in range(14)}))


def test_distributions():
    answer = query(naive(2, 0.1, 0.3), "P(C, F0=x | F1=y)")
    assert answer.states == (("a", "b"), ("x",))
    assert answer.probabilities.shape == (2, 1)
    assert dict(answer.items()) == {
        ("a", "x"): answer["a", "x"],
        ("b", "x"): answer["b", "x"],
    }
    assert answer.to_dict() == {
        "query": "P(C, F0=x | F1=y)",
        "target": ["C", "F0"],
        "states": [["a", "x"], ["b", "x"]],
        "probabilities": answer.probabilities.ravel().tolist(),
    }
    assert str(answer) == "P(C, F0=x | F1=y)\n  a x  0.056250\n  b x  0.131250"
    for wrong in ("a", ("a", "y"), ("c", "x"), ("a", "x", "x"), (0, "x")):
        with pytest.raises(ValueError, match="state"):
            answer[wrong]
    with pytest.raises(QueryError, match="has 2 probabilities; ask for one state"):
        float(answer)
