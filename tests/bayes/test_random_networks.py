"""Random networks and queries against enumeration, pgmpy and pyAgrum."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tp1.bayes import ImpossibleEvidence, Query, do, query

from .oracles import ask_pgmpy, ask_pyagrum, enumerate_worlds, networks, questions

METHODS = ["joint", "contraction"]


@settings(max_examples=150)
@given(st.data())
def test_pgmpy_and_pyagrum_agree(data):
    network = data.draw(networks())
    asked = data.draw(questions(network))
    ours = query(network, asked)
    assert ours.probabilities.shape == tuple(
        len(network[name].states) for name in asked.targets
    )
    np.testing.assert_allclose(
        ours.probabilities, ask_pgmpy(network, asked), atol=1e-12
    )
    np.testing.assert_allclose(
        ours.probabilities, ask_pyagrum(network, asked), atol=1e-12
    )


@settings(max_examples=150)
@given(st.data(), st.sampled_from([0.0, 0.3, 0.6]))
def test_enumeration_agrees_and_impossible_evidence_is_refused(data, zeros):
    """Variables of one state, tables with zeros: the libraries are no help there, enumeration is."""
    network = data.draw(networks(nodes=5, fewest_states=1, zeros=zeros))
    asked = data.draw(questions(network))
    together, p_evidence = enumerate_worlds(network, asked)
    for method in METHODS:
        if p_evidence == 0:
            with pytest.raises(ImpossibleEvidence):
                query(network, asked, method)
        else:
            answer = query(network, asked, method)
            assert answer.probabilities.sum() == pytest.approx(1, abs=1e-12)
            for states, probability in answer.items():
                assert probability == pytest.approx(
                    together[states] / p_evidence, abs=1e-12
                )
                assert answer[states] == probability


@settings(max_examples=100)
@given(st.data())
def test_joint_and_contraction_agree(data):
    network = data.draw(networks(nodes=9))
    asked = data.draw(questions(network))
    by_joint, by_contraction = (
        query(network, asked, method).probabilities for method in METHODS
    )
    np.testing.assert_allclose(by_joint, by_contraction, rtol=0, atol=1e-12)


@settings(max_examples=150)
@given(st.data())
def test_doing_to_a_root_is_seeing_it(data):
    network = data.draw(networks())
    root = data.draw(
        st.sampled_from([name for name in network.names if not network.parents[name]])
    )
    target = data.draw(
        st.sampled_from([name for name in network.names if name != root])
    )
    state = data.draw(st.sampled_from(network[root].states))
    for method in METHODS:
        done = query(network, Query((target,), interventions={root: state}), method)
        seen = query(network, Query((target,), evidence={root: state}), method)
        np.testing.assert_allclose(done.probabilities, seen.probabilities, atol=1e-13)


@settings(max_examples=100)
@given(st.data())
def test_an_intervention_is_a_query_on_the_mutilated_network(data):
    network = data.draw(networks())
    asked = data.draw(questions(network))
    mutilated = do(network, asked.interventions)
    for method in METHODS:
        np.testing.assert_allclose(
            query(network, asked, method).probabilities,
            query(
                mutilated, Query(asked.targets, evidence=asked.evidence), method
            ).probabilities,
            atol=1e-13,
        )


@settings(max_examples=100)
@given(st.data())
def test_orders_do_not_matter(data):
    """Nor that of the evidence, nor that of the targets beyond the order of the axes."""
    network = data.draw(networks())
    asked = data.draw(questions(network))
    turned = Query(
        asked.targets[::-1],
        evidence=dict(reversed(asked.evidence.items())),
        interventions=dict(reversed(asked.interventions.items())),
    )
    for method in METHODS:
        answer, back = query(network, asked, method), query(network, turned, method)
        np.testing.assert_allclose(
            answer.probabilities, back.probabilities.T, atol=1e-14
        )
        assert all(
            back[states[::-1]] == pytest.approx(p, abs=1e-14)
            for states, p in answer.items()
        )
