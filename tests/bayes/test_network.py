"""What a network accepts, what it refuses, and that it does not change."""

import copy
import pickle

import numpy as np
import pytest

from tp1.bayes import (
    BayesError,
    CyclicNetwork,
    DuplicateName,
    InvalidCpt,
    Network,
    NetworkError,
    UnknownParent,
    UnknownState,
    UnknownVariable,
    Variable,
    exam_network,
    joint,
    query,
)
from tp1.errors import Tp1Error

A, B = Variable("A", ("a0", "a1")), Variable("B", ("b0", "b1", "b2"))
PARENTS = {"B": ("A",)}
CPTS = {"A": [0.5, 0.5], "B": [[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]]}


def network(**changed) -> Network:
    return Network([A, B], changed.pop("parents", PARENTS), {**CPTS, **changed})


def test_what_a_network_tells():
    net = exam_network()
    assert net.names == tuple(net) == ("S", "D", "R", "G", "L")
    assert net["G"] is net.variable("G") is net.variables[3]
    assert net["G"].states == ("g0", "g1", "g2")
    assert (net.axis("G"), net.index("G", "g2")) == (3, 2)
    assert net.edges == (("S", "R"), ("S", "G"), ("D", "G"), ("G", "L"))
    assert net.children("S") == ("R", "G")
    assert net.children("L") == ()
    assert net.parents["G"] == ("S", "D")
    assert net.size == 48
    assert "G" in net
    assert "g" not in net
    assert repr(net) == "Network(5 variables, 4 edges, joint of 48 cells)"


def test_nothing_can_be_changed():
    given = np.array([0.5, 0.5])
    net = network(A=given)
    given[:] = [0.0, 1.0]
    np.testing.assert_array_equal(net.cpts["A"], [0.5, 0.5])
    with pytest.raises(ValueError, match="read-only"):
        net.cpts["A"][0] = 1
    with pytest.raises(ValueError, match="read-only"):
        joint(net)[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        query(net, "P(A)").probabilities[0] = 1
    for act in (
        lambda: net.cpts.update(A=given),
        lambda: net.parents.update(A=()),
        lambda: setattr(net, "variables", ()),
        lambda: setattr(A, "name", "Z"),
    ):
        with pytest.raises(AttributeError):
            act()


def test_pickles_and_copies_are_networks():
    net = exam_network()
    joint(net)
    for other in (pickle.loads(pickle.dumps(net)), copy.deepcopy(net)):  # noqa: S301
        assert other.variables == net.variables
        assert other.parents == net.parents
        np.testing.assert_array_equal(joint(other), joint(net))


def test_the_order_of_mappings_does_not_matter():
    net = exam_network()
    turned = Network(
        net.variables,
        dict(reversed(list(net.parents.items()))),
        dict(reversed(list(net.cpts.items()))),
    )
    np.testing.assert_array_equal(joint(turned), joint(net))


def test_rows_off_by_rounding_become_exact():
    net = network(A=[0.5 + 4e-10, 0.5])
    assert net.cpts["A"].sum() == pytest.approx(1, abs=1e-15)
    np.testing.assert_array_equal(network(A=[0.3, 0.7]).cpts["A"], [0.3, 0.7])


def test_negative_zero_is_zero():
    assert not np.signbit(network(A=[-0.0, 1.0]).cpts["A"]).any()


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        (
            {"B": [[0.2, 0.3, 0.5]]},
            InvalidCpt,
            r"CPT of 'B': shape \(1, 3\), expected \(2, 3\).*A: 2, B: 3",
        ),
        ({"B": np.full((3, 2), 0.5)}, InvalidCpt, r"shape \(3, 2\), expected \(2, 3\)"),
        ({"A": 1.0}, InvalidCpt, r"shape \(\), expected \(2,\)"),
        ({"B": [[0.2, 0.3], [1]]}, InvalidCpt, "'B': not an array of numbers"),
        ({"A": ["x", "y"]}, InvalidCpt, "'A': not an array of numbers"),
        ({"A": [1j, 1]}, InvalidCpt, "'A': not an array of numbers"),
        ({"A": None}, InvalidCpt, "CPT of 'A'"),
        ({"A": [-0.5, 1.5]}, InvalidCpt, "entry of A=a0 is -0.5, not a probability"),
        (
            {"B": [[0.2, 0.3, 0.5], [0.1, np.nan, 0.8]]},
            InvalidCpt,
            "entry of A=a1, B=b1 is nan",
        ),
        ({"A": [np.inf, 0]}, InvalidCpt, "entry of A=a0 is inf"),
        ({"A": [1e308, 1e308]}, InvalidCpt, r"entry of A=a0 is 1e\+308"),
        (
            {"A": [0.5, 0.505]},
            InvalidCpt,
            "the row sums to 1.005; it must sum to 1 within 1e-09",
        ),
        (
            {"B": [[0.2, 0.3, 0.5], [0.1, 0.1, 0.7]]},
            InvalidCpt,
            r"the row of A=a1 sums to 0\.8999",
        ),
        ({"A": [0.5, 0.5 + 2e-9]}, InvalidCpt, "sums to 1.000000002"),
        ({"A": [0, 0]}, InvalidCpt, "sums to 0"),
        (
            {"Q": [1]},
            UnknownVariable,
            "a CPT given for 'Q', which is no variable; known: 'A', 'B'",
        ),
        ({"parents": {"B": ("A",), "Q": ()}}, UnknownVariable, "parents given for 'Q'"),
        (
            {"parents": {"B": ("a",)}},
            UnknownParent,
            "'B' has an unknown parent 'a'; did you mean 'A'",
        ),
        ({"parents": {"B": (["A"],)}}, UnknownParent, "'B' has an unknown parent"),
        ({"parents": {"B": ("A", "A")}}, DuplicateName, "'B' has the parent 'A' twice"),
        (
            {"parents": {"B": "A"}},
            NetworkError,
            "must be a sequence of names, not the string 'A'",
        ),
        (
            {"parents": {"B": ("A",), "A": ("B",)}},
            CyclicNetwork,
            "cycle: ('A' → 'B' → 'A'|'B' → 'A' → 'B')",
        ),
        ({"parents": {"B": ("B",)}}, CyclicNetwork, "cycle: 'B' → 'B'"),
    ],
)
def test_wrong_networks_are_refused(changed, error, message):
    with pytest.raises(error, match=message) as caught:
        network(**changed)
    assert isinstance(caught.value, BayesError)
    assert isinstance(caught.value, Tp1Error)
    assert isinstance(caught.value, ValueError)


def test_other_wrong_networks():
    with pytest.raises(DuplicateName, match="two variables are named 'A'"):
        Network([A, A], {}, {"A": [0.5, 0.5]})
    with pytest.raises(InvalidCpt, match="'B' has no CPT"):
        Network([A, B], {}, {"A": [0.5, 0.5]})
    with pytest.raises(NetworkError, match="at least one variable"):
        Network([], {}, {})


@pytest.mark.parametrize(
    ("name", "states", "error"),
    [
        ("A", ("x", "x"), DuplicateName),
        ("A", (), NetworkError),
        ("", ("x",), NetworkError),
        ("A", ("x", ""), NetworkError),
        ("A", (0, 1), NetworkError),
        ("A", "xy", NetworkError),
        (None, ("x",), NetworkError),
    ],
)
def test_wrong_variables_are_refused(name, states, error):
    with pytest.raises(error):
        Variable(name, states)


@pytest.mark.parametrize("name", ["g", "GG", "", None, 3, ("G",), ["G"]])
def test_unknown_names(name):
    net = exam_network()
    for ask in (net.axis, net.variable, net.children, net.__getitem__):
        with pytest.raises(UnknownVariable, match="unknown variable"):
            ask(name)


def test_unknown_states_are_told_the_known_ones():
    net = exam_network()
    with pytest.raises(
        UnknownState, match=r"variable 'G' has no state 'G2'; did you mean 'g2'\?"
    ):
        net.index("G", "G2")
    with pytest.raises(UnknownState, match="known: 'g0', 'g1', 'g2'"):
        net.index("G", "high")
    with pytest.raises(UnknownVariable):
        net.index("Q", "g2")
