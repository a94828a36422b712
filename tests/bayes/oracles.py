"""What the answers are checked against: explicit enumeration, pgmpy, pyAgrum; and random networks to ask."""

import itertools
import math
from collections.abc import Mapping, Sequence
from importlib.resources import files

import numpy as np
import pyagrum as gum
from hypothesis import strategies as st
from pgmpy.factors.discrete import TabularCPD
from pgmpy.inference import VariableElimination
from pgmpy.models import DiscreteBayesianNetwork

from tp1.bayes import Network, Query, Variable

ALARM = str(files("pgmpy") / "utils" / "example_models" / "alarm.bif.gz")


def enumerate_worlds(
    network: Network, query: Query
) -> tuple[dict[tuple[str, ...], float], float]:
    """Sum the probabilities of all worlds, one at a time; return P(targets, evidence) and P(evidence)."""
    totals: dict[tuple[str, ...], list[float]] = {}
    evidence: list[float] = []
    for states in itertools.product(*(v.states for v in network.variables)):
        world = dict(zip(network.names, states, strict=True))
        if any(
            world[name] != state
            for name, state in {**query.interventions, **query.evidence}.items()
        ):
            continue
        probability = math.prod(
            entry(network, name, world)
            for name in network.names
            if name not in query.interventions
        )
        totals.setdefault(tuple(world[name] for name in query.targets), []).append(
            probability
        )
        evidence.append(probability)
    return {states: math.fsum(found) for states, found in totals.items()}, math.fsum(
        evidence
    )


def entry(network: Network, name: str, world: Mapping[str, str]) -> float:
    table = network.cpts[name]
    for member in (*network.parents[name], name):
        table = table[network[member].states.index(world[member])]
    return float(table)


def to_pgmpy(network: Network) -> DiscreteBayesianNetwork:
    model = DiscreteBayesianNetwork()
    model.add_nodes_from(network.names)
    model.add_edges_from(network.edges)
    for name in network.names:
        parents, size = network.parents[name], len(network[name].states)
        model.add_cpds(
            TabularCPD(
                name,
                size,
                network.cpts[name].reshape(-1, size).T,
                evidence=list(parents) or None,
                evidence_card=[len(network[parent].states) for parent in parents]
                or None,
                state_names={
                    member: list(network[member].states) for member in (name, *parents)
                },
            )
        )
    return model


def ask_pgmpy(network: Network, query: Query) -> np.ndarray:
    model = to_pgmpy(network)
    if query.interventions:
        model = model.do(list(query.interventions))
    answer = VariableElimination(model).query(
        list(query.targets),
        {**query.evidence, **query.interventions},
        show_progress=False,
    )
    return answer.values.transpose(
        [answer.variables.index(name) for name in query.targets]
    )


def to_pyagrum(network: Network) -> gum.BayesNet:
    model = gum.BayesNet()
    for variable in network.variables:
        model.add(
            gum.LabelizedVariable(variable.name, variable.name, list(variable.states))
        )
    for parent, child in network.edges:
        model.addArc(parent, child)
    for name in network.names:
        fill_pyagrum(
            model, name, network.cpts[name], (*network.parents[name], name), network
        )
    return model


def fill_pyagrum(
    model: gum.BayesNet,
    name: str,
    table: np.ndarray,
    axes: Sequence[str],
    network: Network,
) -> None:
    for cell in np.ndindex(table.shape):
        where = {
            member: network[member].states[i]
            for member, i in zip(axes, cell, strict=True)
        }
        model.cpt(name)[where] = float(table[cell])


def ask_pyagrum(network: Network, query: Query) -> np.ndarray:
    model = to_pyagrum(network)
    for name, state in query.interventions.items():
        for parent in network.parents[name]:
            model.eraseArc(parent, name)
        mass = np.array([float(state == other) for other in network[name].states])
        fill_pyagrum(model, name, mass, (name,), network)
    engine = gum.LazyPropagation(model)
    engine.setEvidence(dict(query.evidence))
    engine.addJointTarget(set(query.targets))
    engine.makeInference()
    answer = engine.jointPosterior(set(query.targets))
    values = np.empty([len(network[name].states) for name in query.targets])
    for cell in np.ndindex(values.shape):
        values[cell] = answer[
            {
                name: network[name].states[i]
                for name, i in zip(query.targets, cell, strict=True)
            }
        ]
    return values


def random_network(
    seed: int,
    nodes: int,
    parents: int = 3,
    states: tuple[int, int] = (2, 3),
    zeros: float = 0.0,
    fewest_parents: int = 0,
) -> Network:
    """Make a network whose axes are not in topological order; `zeros` is the share of impossible entries."""
    rng = np.random.default_rng(seed)
    names = [f"X{i}" for i in range(nodes)]
    variables = [
        Variable(
            n, tuple(f"{n}={k}" for k in range(rng.integers(*states, endpoint=True)))
        )
        for n in names
    ]
    size = {v.name: len(v.states) for v in variables}
    order = [names[i] for i in rng.permutation(nodes)]
    chosen = {
        name: [
            order[j]
            for j in rng.permutation(i)[
                : rng.integers(fewest_parents, parents, endpoint=True)
            ]
        ]
        for i, name in enumerate(order)
    }
    cpts = {}
    for name in names:
        table = rng.dirichlet(
            np.ones(size[name]), size=[size[parent] for parent in chosen[name]]
        )
        table = np.where(rng.random(table.shape) < zeros, 0.0, table)
        table[..., 0] += table.sum(axis=-1) == 0
        cpts[name] = table / table.sum(axis=-1, keepdims=True)
    return Network(variables, chosen, cpts)


@st.composite
def networks(
    draw: st.DrawFn, nodes: int = 6, fewest_states: int = 2, zeros: float = 0.0
) -> Network:
    return random_network(
        draw(st.integers(0, 2**32 - 1)),
        draw(st.integers(2, nodes)),
        states=(fewest_states, 3),
        zeros=zeros,
    )


@st.composite
def questions(draw: st.DrawFn, network: Network, do: bool = True) -> Query:
    """Draw a query on a network: every variable is a target, observed, intervened on, or left alone."""
    names = draw(st.permutations(network.names))
    roles = draw(
        st.lists(
            st.sampled_from("tei." if do else "te."),
            min_size=len(names),
            max_size=len(names),
        )
    )
    picked: dict[str, list[str]] = {role: [] for role in "tei."}
    for name, role in zip(names, ["t", *roles[1:]], strict=True):
        picked[
            "t"
            if role == "t" and len(picked["t"]) < 3
            else "."
            if role == "t"
            else role
        ].append(name)
    return Query(
        tuple(picked["t"]),
        evidence={
            name: draw(st.sampled_from(network[name].states)) for name in picked["e"]
        },
        interventions={
            name: draw(st.sampled_from(network[name].states)) for name in picked["i"]
        },
    )
