"""Inference without the joint: the CPTs are contracted, two at a time, along a good order.

P(targets, evidence) is a sum of products of CPTs. Done pair by pair, summing each variable out as soon as no
other table mentions it, it needs in most networks no table near the size of the joint: variable elimination
(Koller & Friedman 2009, chapter 9), in an order that `opt_einsum` finds (Smith & Gray 2018).
"""

import math
import random
import threading
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from string import ascii_letters
from typing import Any

import numpy as np
from opt_einsum import RandomGreedy
from opt_einsum.paths import greedy, linear_to_ssa

from tp1.bayes.errors import ImpossibleEvidence, NetworkTooLarge, magnitude
from tp1.bayes.joint import MAX_AXES, MAX_CELLS, SMALLEST_PROBABILITY
from tp1.bayes.network import Array, Network, remember

# About a minute of work: a query is an interactive thing.
MAX_OPERATIONS = 2**36
# Operations above which a search for a better order repays its own time, and in one step BLAS its overhead.
WORTH_SEARCHING, WORTH_BLAS = 2**22, 2**14
# Fewer trials for very many tables; none where the table would have to become a million times smaller.
TRIALS, TABLES_TRIED = 32, 2**15
HOPELESS = MAX_CELLS * 2**20

EVERY = slice(None)

Labels = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One contraction: the tables at `operands` make a new one, appended to the list."""

    operands: tuple[int, ...]
    inputs: tuple[str, ...]
    output: str
    subscripts: str
    cost: int


@dataclass(frozen=True, slots=True)
class Group:
    """Tables that share free variables with each other, and with no other group.

    Given the evidence, groups are independent: only that of the targets matters, unless another one makes the
    evidence impossible.
    """

    tables: tuple[
        tuple[Array, tuple[int | None, ...]], ...
    ]  # a CPT, and which of its axes to fix (none: ())
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """How to answer the queries of one shape: the same targets, observed and intervened variables."""

    answer: Group
    shape: tuple[int, ...]
    others: tuple[Group, ...]


# Products may underflow, whatever the caller has told NumPy: see the logarithms below.
@np.errstate(under="ignore")
def contract(
    network: Network,
    targets: Labels,
    evidence: Mapping[int, int],
    interventions: Mapping[int, int],
) -> Array:
    """Return P(targets | do(interventions), evidence) by contraction.

    Parameters
    ----------
    network : Network
    targets : tuple of int
        The axes asked, in the order of the axes of the answer.
    evidence, interventions : mapping from int to int
        The index observed, or imposed, on each axis.

    Returns
    -------
    ndarray
        One axis per target.

    Raises
    ------
    ImpossibleEvidence
        If the evidence has probability 0: exactly, not by underflow.
    NetworkTooLarge
        If the best order found needs too large a table, or too many operations.
    """
    if len(targets) > MAX_AXES:
        raise NetworkTooLarge(
            f"{len(targets)} variables are asked together; at most {MAX_AXES} fit in one table"
        )
    plan = make_plan(network, targets, frozenset(evidence), frozenset(interventions))
    fixed = {**evidence, **interventions}
    answer = _run(plan.answer, fixed)
    total = answer.sum()
    # Products of many small numbers underflow; logarithms do not, and tell a tiny probability from none.
    if total < SMALLEST_PROBABILITY:
        logs = _run(plan.answer, fixed, logs=True)
        if logs.max() == -np.inf:
            raise ImpossibleEvidence("the evidence has probability 0")
        answer = np.exp(logs - logs.max())
        total = answer.sum()
    for group in plan.others:
        if (
            _run(group, fixed) < SMALLEST_PROBABILITY
            and _run(group, fixed, logs=True) == -np.inf
        ):
            raise ImpossibleEvidence("the evidence has probability 0")
    return (answer / total).reshape(plan.shape)


@remember(512)
def make_plan(
    network: Network,
    targets: Labels,
    evidence: frozenset[int],
    interventions: frozenset[int],
) -> Plan:
    """Choose the tables that matter and the order of their contractions; remembered on the network.

    Three things keep the work small. A variable that is no ancestor of a target or of the evidence sums to 1,
    and is left out: it is barren (Shachter 1986). A variable intervened on loses its CPT, and is fixed in
    those of its children. So is an observed one everywhere, and what the evidence d-separates from the
    targets falls into other groups: left out, unless a zero in a CPT could make the evidence impossible.
    """
    shape = network.shape
    # A variable of one state is as good as observed: it would only lengthen the tables' shapes.
    fixed = (
        evidence
        | interventions
        | {axis for axis, size in enumerate(shape) if size == 1}
    )
    relevant = _relevant(network, {*targets, *evidence}, interventions)
    families = [
        tuple(
            network.axis(member)
            for member in (*network.parents[network.names[axis]], network.names[axis])
        )
        for axis in sorted(relevant - interventions)
    ]
    output = tuple(axis for axis in targets if axis not in fixed)

    answer: list[Labels] = []
    others: list[Group] = []
    for members in _groups(families, fixed):
        if any(axis in output for family in members for axis in family):
            answer += members
        elif any(
            network.cpts[network.names[family[-1]]].min() == 0 for family in members
        ):
            others.append(_make_group(network, members, fixed, ()))
    return Plan(
        _make_group(network, answer, fixed, output),
        tuple(shape[axis] for axis in targets),
        tuple(others),
    )


def _relevant(
    network: Network, start: Collection[int], interventions: Collection[int]
) -> set[int]:
    """Return `start` and its ancestors, where no edge enters an intervened variable."""
    found, unvisited = set(start), list(start)
    while unvisited:
        axis = unvisited.pop()
        if axis not in interventions:
            new = {
                network.axis(parent) for parent in network.parents[network.names[axis]]
            } - found
            found |= new
            unvisited += new
    return found


def _groups(families: Sequence[Labels], fixed: Collection[int]) -> list[list[Labels]]:
    """Part the families into those connected through free variables."""
    mentions: dict[int, list[int]] = {}
    for number, family in enumerate(families):
        for axis in family:
            if axis not in fixed:
                mentions.setdefault(axis, []).append(number)
    groups, unplaced = [], dict.fromkeys(range(len(families)))
    while unplaced:
        group, unvisited = [], [unplaced.popitem()[0]]
        while unvisited:
            family = families[unvisited.pop()]
            group.append(family)
            # Popping the mentions of an axis makes each axis a bridge once.
            reached = {
                number
                for axis in family
                for number in mentions.pop(axis, ())
                if number in unplaced
            }
            for number in reached:
                del unplaced[number]
            unvisited += sorted(reached)
        groups.append(group)
    return groups


def _make_group(
    network: Network, families: Sequence[Labels], fixed: frozenset[int], output: Labels
) -> Group:
    tables = tuple(
        (
            network.cpts[network.names[family[-1]]],
            tuple(axis if axis in fixed else None for axis in family)
            if fixed.intersection(family)
            else (),
        )
        for family in families
    )
    labels = [
        tuple(axis for axis in family if axis not in fixed) for family in families
    ]
    return Group(tables, tuple(_make_steps(network, labels, output)))


def _make_steps(
    network: Network, labels: Sequence[Labels], output: Labels
) -> list[Step]:
    """Turn the best order found into steps; raise `NetworkTooLarge` if even that one costs too much."""
    if not labels:
        return []
    sizes = dict(enumerate(network.shape))
    problem = [frozenset(axes) for axes in labels], frozenset(output), sizes
    steps, operations, cells = _compile(greedy(*problem), labels, output, sizes)
    if operations > WORTH_SEARCHING and cells < HOPELESS:
        search = RandomGreedy(max_repeats=min(TRIALS, 1 + TABLES_TRIED // len(labels)))
        with _random_state_kept():
            found = _compile(search(*problem), labels, output, sizes)
        candidates = ((steps, operations, cells), found)
        steps, operations, cells = min(
            candidates, key=lambda plan: (plan[2] > MAX_CELLS, plan[1])
        )
    if cells > MAX_CELLS or operations > MAX_OPERATIONS:
        raise NetworkTooLarge(
            f"the best order found to contract {len(labels)} tables makes one of {magnitude(cells)} cells "
            f"({magnitude(8 * cells)} bytes) in {magnitude(operations)} operations; at most "
            f"{magnitude(MAX_CELLS)} cells and {magnitude(MAX_OPERATIONS)} operations are allowed: "
            "observe more variables, or ask fewer"
        )
    return steps


def _compile(
    order: Sequence[Sequence[int]],
    labels: Sequence[Labels],
    output: Labels,
    sizes: Mapping[int, int],
) -> tuple[list[Step], int, int]:
    """Write an order as steps; return them with their total of operations and their largest table."""
    live = dict(enumerate(labels))
    mentions = Counter(axis for axes in (*labels, output) for axis in axes)
    steps, operations, cells = [], 0, 0
    for made, operands in enumerate(linear_to_ssa(order), start=len(labels)):
        inputs = [live.pop(operand) for operand in operands]
        union = tuple(dict.fromkeys(axis for axes in inputs for axis in axes))
        mentions.subtract(axis for axes in inputs for axis in axes)
        # The last table is the answer: its axes are the targets, in the order asked.
        live[made] = tuple(axis for axis in union if mentions[axis]) if live else output
        mentions.update(live[made])
        cost = math.prod(sizes[axis] for axis in union)
        operations += cost
        cells = max(cells, math.prod(sizes[axis] for axis in live[made]))
        # No step within the limits has more axes than there are letters: each has two states at least.
        letter = dict(zip(union, ascii_letters, strict=False))
        terms = tuple(
            "".join(letter.get(axis, "?") for axis in axes)
            for axes in (*inputs, live[made])
        )
        steps.append(
            Step(
                tuple(operands),
                terms[:-1],
                terms[-1],
                f"{','.join(terms[:-1])}->{terms[-1]}",
                cost,
            )
        )
    return steps, operations, cells


def _run(group: Group, fixed: Mapping[int, int], logs: bool = False) -> Array:
    """Carry out the steps of a group on its tables, or on their logarithms."""
    tables: list[Any] = [
        table[tuple(EVERY if axis is None else fixed.get(axis, 0) for axis in axes)]
        if axes
        else table
        for table, axes in group.tables
    ]
    if logs:
        with np.errstate(divide="ignore"):
            tables = [np.log(table) for table in tables]
    for step in group.steps:
        operands = [tables[i] for i in step.operands]
        for i in step.operands:
            tables[i] = None  # frees the memory of what will not be used again
        if logs:
            tables.append(_log_einsum(step, operands))
        else:
            tables.append(
                np.einsum(step.subscripts, *operands, optimize=step.cost > WORTH_BLAS)
            )
    nothing = 0.0 if logs else 1.0  # the product of no tables
    return np.asarray(tables[-1] if tables else nothing)


def _log_einsum(step: Step, operands: Sequence[Array]) -> Array:
    """Do in logarithms what `numpy.einsum` does: add where it multiplies, log-add-exp where it adds."""
    if step.cost > MAX_CELLS:
        raise NetworkTooLarge(
            f"the evidence is so improbable that logarithms are needed, and with them a table of "
            f"{magnitude(step.cost)} cells; at most {magnitude(MAX_CELLS)} are allowed"
        )
    summed = "".join(sorted(set("".join(step.inputs)) - set(step.output)))
    letters = step.output + summed
    aligned = []
    for term, table in zip(step.inputs, operands, strict=True):
        size = dict(zip(term, table.shape, strict=True))
        ordered = table.transpose(
            [term.index(letter) for letter in letters if letter in term]
        )
        aligned.append(ordered.reshape([size.get(letter, 1) for letter in letters]))
    total = reduce(np.add, aligned)
    return np.logaddexp.reduce(total, axis=tuple(range(len(step.output), len(letters))))


_SEARCH = threading.Lock()


@contextmanager
def _random_state_kept() -> Iterator[None]:
    """Protect the caller's random numbers from the search for an order, which seeds the global generator."""
    with _SEARCH:
        state = random.getstate()
        try:
            yield
        finally:
            random.setstate(state)
