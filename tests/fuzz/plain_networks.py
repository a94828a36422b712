"""Small Bayesian networks as plain data, and their answers: the sums over every world."""

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from tp1.bayes import BayesError, Network, Variable

Result = TypeVar("Result")


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 (inputs, no secrets)


def outcome(call: Callable[[], Result]) -> Result | BayesError:
    """Return what a call returns, or its typed error; any other error is a fault, and goes on."""
    try:
        return call()
    except BayesError as error:
        return error


@dataclass(frozen=True)
class Plain:
    """A network as its generator meant it: rows[name][states of the parents] is a distribution."""

    states: dict[str, list[str]]
    parents: dict[str, list[str]]
    rows: dict[str, dict[tuple[str, ...], list[float]]]

    def table(self, name: str) -> np.ndarray:
        sizes = [len(self.states[parent]) for parent in self.parents[name]]
        rows = [self.rows[name][key] for key in self.configurations(name)]
        return np.array(rows).reshape(*sizes, len(self.states[name]))

    def configurations(self, name: str) -> list[tuple[str, ...]]:
        return list(itertools.product(*(self.states[p] for p in self.parents[name])))

    def network(self) -> Network:
        return Network(
            [Variable(name, tuple(states)) for name, states in self.states.items()],
            self.parents,
            {name: self.table(name) for name in self.states},
        )


def make_plain(
    seed: int, names: list[str], states: list[str], zeros: float = 0.2
) -> Plain:
    """Make a network over the names, each with one to three of the states; some entries are 0."""
    rng = seeded(seed)
    own = {name: rng.sample(states, rng.choice([1, 2, 2, 3])) for name in names}
    order = rng.sample(names, len(names))
    parents = {
        name: rng.sample(order[:i], min(i, rng.randint(0, 2)))
        for i, name in enumerate(order)
    }
    rows = {}
    for name in names:
        keys = itertools.product(*(own[parent] for parent in parents[name]))
        rows[name] = {key: _row(rng, len(own[name]), zeros) for key in keys}
    return Plain(own, {name: parents[name] for name in names}, rows)


def _row(rng: random.Random, size: int, zeros: float) -> list[float]:
    weights = [0 if rng.random() < zeros else rng.randint(1, 100) for _ in range(size)]
    weights[rng.randrange(size)] += not any(weights)
    return [weight / sum(weights) for weight in weights]


class Worlds:
    """Every combination of states of a network, with the factors of its probability."""

    def __init__(self, plain: Plain) -> None:
        self.plain = plain
        names = list(plain.states)
        worlds = [
            dict(zip(names, states, strict=True))
            for states in itertools.product(*plain.states.values())
        ]
        self.worlds = {
            name: np.array([world[name] for world in worlds]) for name in names
        }
        self.factors = {
            name: np.array([self._factor(name, world) for world in worlds])
            for name in names
        }

    def _factor(self, name: str, world: dict[str, str]) -> float:
        row = self.plain.rows[name][tuple(world[p] for p in self.plain.parents[name])]
        return row[self.plain.states[name].index(world[name])]

    def answer(
        self,
        targets: list[str],
        asked: dict[str, str],
        evidence: dict[str, str],
        done: dict[str, str],
    ) -> np.ndarray | None:
        """Return P(targets | do(done), evidence), of one state where it is asked; None if it is undefined."""
        probability = np.ones(len(self.worlds[targets[0]]))
        for name, factor in self.factors.items():
            if name not in done:
                probability = probability * factor
        for name, state in {**evidence, **done}.items():
            probability = probability * (self.worlds[name] == state)
        if (total := probability.sum()) == 0:
            return None
        kept = [
            [asked[name]] if name in asked else self.plain.states[name]
            for name in targets
        ]
        cells = []
        for states in itertools.product(*kept):
            here = np.ones(len(probability), dtype=bool)
            for name, state in zip(targets, states, strict=True):
                here &= self.worlds[name] == state
            cells.append(probability[here].sum() / total)
        return np.array(cells).reshape([len(states) for states in kept])
