"""`query`: a question in, a labelled distribution out, by whichever route suits the size of the network."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from tp1.bayes.contraction import contract
from tp1.bayes.errors import (
    ImpossibleEvidence,
    QueryError,
    UnknownState,
    nearest,
    shorten,
)
from tp1.bayes.joint import MAX_AXES, condition, do, joint, marginal
from tp1.bayes.network import Array, Network, remember
from tp1.bayes.parsing import Query, parse
from tp1.bayes.variable import Variable

METHODS = ("auto", "joint", "contraction")

# Up to this many cells, summing the joint is faster than contracting the CPTs (see benchmarks/).
SMALL_JOINT = 2**8


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """The answer to a query.

    Attributes
    ----------
    query : Query
    variables : tuple of Variable
        The variables asked, in order.
    probabilities : ndarray, read-only
        One axis per variable asked; of a variable of which one state is asked, only the entry of that state.

    Examples
    --------
    >>> from tp1.bayes import exam_network, query
    >>> answer = query(exam_network(), "P(R, G | D=d1)")
    >>> answer["r1", "g2"] == answer.probabilities[1, 2]
    True
    """

    query: Query
    variables: tuple[Variable, ...]
    probabilities: Array

    @property
    def states(self) -> tuple[tuple[str, ...], ...]:
        """The states along each axis of `probabilities`."""
        asked = self.query.asked
        return tuple(
            (asked[v.name],) if v.name in asked else v.states for v in self.variables
        )

    def __getitem__(self, states: str | tuple[str, ...]) -> float:
        chosen = tuple(states) if isinstance(states, tuple | list) else (states,)
        if len(chosen) != len(self.variables):
            names = ", ".join(v.name for v in self.variables)
            raise UnknownState(
                f"{len(chosen)} states given; one is needed for each of {names}"
            )
        for variable, known, state in zip(
            self.variables, self.states, chosen, strict=True
        ):
            if state not in known:
                hint = nearest(state, known)
                raise UnknownState(
                    f"{self.query} has no state {shorten(state)} of {shorten(variable.name)}; {hint}"
                )
        cell = tuple(
            known.index(state) for known, state in zip(self.states, chosen, strict=True)
        )
        return float(self.probabilities[cell])

    def __float__(self) -> float:
        if self.probabilities.size != 1:
            raise QueryError(
                f"{self.query} has {self.probabilities.size} probabilities; ask for one state to get one"
            )
        return float(self.probabilities.item())

    def items(self) -> Iterator[tuple[tuple[str, ...], float]]:
        """Yield each combination of states with its probability, the last variable changing fastest."""
        return zip(
            product(*self.states), self.probabilities.ravel().tolist(), strict=True
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON needs: the query, its targets, their combined states and probabilities."""
        return {
            "query": str(self.query),
            "target": list(self.query.targets),
            "states": [list(states) for states, _ in self.items()],
            "probabilities": [probability for _, probability in self.items()],
        }

    def __str__(self) -> str:
        """Return a small table: a line for the query, then one for each combination of states."""
        rows = [
            (" ".join(states), f"{p:.6f}" if p == 0 or p >= 1e-3 else f"{p:.4e}")
            for states, p in self.items()
        ]
        width = max(len(states) for states, _ in rows)
        return "\n".join(
            [str(self.query), *(f"  {states:<{width}}  {p}" for states, p in rows)]
        )


def query(network: Network, asked: str | Query, method: str = "auto") -> Distribution:
    """Answer a query exactly.

    Parameters
    ----------
    network : Network
    asked : str or Query
        For instance ``"P(R | do(G=g2), D=d1)"``; see `tp1.bayes.parse`.
    method : {"auto", "joint", "contraction"}
        From the joint, or by contraction of the CPTs; ``"auto"`` takes the joint where it is small.

    Returns
    -------
    Distribution

    Raises
    ------
    QuerySyntaxError, UnknownVariable, UnknownState, ContradictoryQuery
        If the query is wrong.
    ImpossibleEvidence
        If the evidence has probability 0 (after the interventions).
    NetworkTooLarge
        If the computation does not fit in memory.
    """
    if not isinstance(method, str) or method not in METHODS:
        raise QueryError(
            f"unknown method {shorten(method)}; {nearest(method, METHODS)}"
        )
    if not isinstance(asked, Query):
        asked = parse(asked)
    targets = tuple([network.axis(name) for name in asked.targets])
    evidence = _indices(network, asked.evidence)
    interventions = _indices(network, asked.interventions)
    kept = _indices(network, asked.asked)
    try:
        route = _from_joint if _takes_joint(network, method) else contract
        P = route(network, targets, evidence, interventions)
    except ImpossibleEvidence:
        raise ImpossibleEvidence(_why_impossible(asked)) from None
    if kept:
        P = P[
            tuple(
                slice(kept[a], kept[a] + 1) if a in kept else slice(None)
                for a in targets
            )
        ]
    P.flags.writeable = False
    return Distribution(asked, tuple([network.variables[axis] for axis in targets]), P)


def _takes_joint(network: Network, method: str) -> bool:
    is_small = network.size <= SMALL_JOINT and len(network.shape) <= MAX_AXES
    return method == "joint" or (method == "auto" and is_small)


def _from_joint(
    network: Network,
    targets: tuple[int, ...],
    evidence: Mapping[int, int],
    interventions: Mapping[int, int],
) -> Array:
    if interventions:
        # Each mutilated network remembers its joint: keep many of the small ones only.
        mutilate = _remembered_mutilated if network.size <= SMALL_JOINT else _mutilated
        network = mutilate(network, frozenset(interventions.items()))
    P = joint(network)
    try:
        P = marginal(condition(P, evidence), targets)
    except ImpossibleEvidence:
        # Or so improbable that this joint underflows: contraction can tell, and answers if it is not 0.
        return contract(network, targets, evidence, interventions)
    answer = P.reshape([size for axis, size in enumerate(P.shape) if axis in targets])
    return (
        answer.transpose(np.argsort(np.argsort(targets)))
        if len(targets) > 1
        else answer
    )


def _mutilated(network: Network, interventions: frozenset[tuple[int, int]]) -> Network:
    return do(
        network,
        {
            network.names[axis]: network.variables[axis].states[index]
            for axis, index in interventions
        },
    )


_remembered_mutilated = remember(64)(_mutilated)


def _indices(network: Network, states: Mapping[str, str]) -> dict[int, int]:
    return {
        network.axis(name): network.index(name, state) for name, state in states.items()
    }


def _why_impossible(asked: Query) -> str:
    observed = _listed(asked.evidence)
    after = f" after do({_listed(asked.interventions)})" if asked.interventions else ""
    return f"the evidence {observed} has probability 0{after}: nothing can be conditioned on it"


def _listed(states: Mapping[str, str], few: int = 12) -> str:
    shown = ", ".join(f"{name}={state}" for name, state in list(states.items())[:few])
    return shown + (f" and {len(states) - few} more" if len(states) > few else "")
