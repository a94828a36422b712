"""The five functions that chapter 1 shows: factor, joint, marginal, condition, do."""

import inspect

import numpy as np
import pytest

from tp1.bayes import (
    ImpossibleEvidence,
    NetworkTooLarge,
    UnknownState,
    UnknownVariable,
    condition,
    do,
    exam_network,
    factor,
    joint,
    marginal,
    query,
)

from .oracles import entry, random_network


def test_factors_lie_on_their_own_axes():
    net = exam_network()
    assert {name: factor(net, name).shape for name in net.names} == {
        "S": (2, 1, 1, 1, 1),
        "D": (1, 2, 1, 1, 1),
        "R": (2, 1, 2, 1, 1),
        "G": (2, 2, 1, 3, 1),
        "L": (1, 1, 1, 3, 2),
    }


@pytest.mark.parametrize("seed", range(20))
def test_factors_when_parents_are_listed_in_another_order(seed):
    net = random_network(seed, 5)
    for name in net.names:
        table = np.broadcast_to(factor(net, name), net.shape)
        for cell in np.ndindex(net.shape):
            world = {
                v.name: v.states[i] for v, i in zip(net.variables, cell, strict=True)
            }
            assert table[cell] == entry(net, name, world)


def test_the_joint_is_a_distribution_made_once():
    net = exam_network()
    assert joint(net).sum() == pytest.approx(1, abs=1e-15)
    assert joint(net) is joint(net)


def test_marginal_and_condition_keep_the_axes():
    P = joint(exam_network())
    assert marginal(P, [0, 3]).shape == (2, 1, 1, 3, 1)
    np.testing.assert_allclose(
        marginal(P, [0, 3]).squeeze(), np.einsum("sdrgl->sg", P), atol=1e-15
    )
    given = condition(P, {3: 2, 0: 1})
    assert given.shape == (1, 2, 2, 1, 2)
    np.testing.assert_allclose(
        given.squeeze(), P[1, :, :, 2] / P[1, :, :, 2].sum(), atol=1e-15
    )
    assert given.sum() == pytest.approx(1, abs=1e-15)
    np.testing.assert_allclose(condition(P, {}), P, atol=1e-15)


def test_conditioning_on_nothing_possible_is_refused():
    with pytest.raises(ImpossibleEvidence, match="has probability 0"):
        condition(np.array([[0.0, 0.0], [0.5, 0.5]]), {0: 0})


@pytest.mark.parametrize("axes", [[2], [-1], ["G"], [0, 5]])
def test_axes_that_a_distribution_lacks_are_refused(axes):
    P = np.full((2, 2), 0.25)
    with pytest.raises(UnknownVariable, match="the axes are 0 to 1"):
        marginal(P, axes)
    with pytest.raises(UnknownVariable, match="the axes are 0 to 1"):
        condition(P, dict.fromkeys(axes, 0))


@pytest.mark.parametrize("index", [2, -1, "g0", None])
def test_indices_that_an_axis_lacks_are_refused(index):
    with pytest.raises(UnknownState, match="axis 0: it has 2 states"):
        condition(np.full((2, 2), 0.25), {0: index})


def test_do_cuts_and_imposes():
    net = exam_network()
    after = do(net, {"G": "g2", "R": "r0"})
    assert after.edges == (("G", "L"),)
    np.testing.assert_array_equal(after.cpts["G"], [0, 0, 1])
    np.testing.assert_array_equal(after.cpts["R"], [1, 0])
    assert net.edges == (("S", "R"), ("S", "G"), ("D", "G"), ("G", "L"))
    # Truncated factorisation: the other factors, where the intervention holds; nothing elsewhere.
    P = joint(after)
    expected = factor(net, "S") * factor(net, "D") * factor(net, "L")
    np.testing.assert_allclose(P[:, :, 0, 2], expected[:, :, 0, 2], atol=1e-16)
    assert P.sum() == pytest.approx(1, abs=1e-15)
    assert do(net, {}).edges == net.edges


def test_do_refuses_what_is_not_there():
    with pytest.raises(UnknownVariable):
        do(exam_network(), {"Q": "g2"})
    with pytest.raises(UnknownState):
        do(exam_network(), {"G": "g3"})


def test_a_joint_that_does_not_fit_is_refused():
    net = random_network(0, 40, states=(2, 2))
    with pytest.raises(
        NetworkTooLarge, match=r"40 variables has 1.1e\+12 cells \(8.8e\+12 bytes\)"
    ):
        joint(net)
    with pytest.raises(NetworkTooLarge):
        query(net, "P(X0)", "joint")
    with pytest.raises(NetworkTooLarge, match="64 variables"):
        joint(random_network(0, 65, states=(1, 1)))
    # A count that no float holds.
    with pytest.raises(NetworkTooLarge, match="1e361 cells"):
        joint(random_network(0, 1200, parents=0, states=(2, 2)))


@pytest.mark.parametrize(
    ("function", "label"),
    [
        (joint, "joint"),
        (marginal, "marginal"),
        (condition, "conditional"),
        (do, "truncated"),
    ],
)
def test_the_line_of_each_equation_says_which(function, label):
    assert inspect.getsource(function).count(f"  # @eq-{label}\n") == 1
