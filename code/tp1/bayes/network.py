"""Discrete Bayesian networks: variables, a graph over them, a conditional probability table (CPT) each."""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial, wraps
from graphlib import CycleError, TopologicalSorter
from types import MappingProxyType
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tp1.bayes.errors import (
    CyclicNetwork,
    DuplicateName,
    InvalidCpt,
    NetworkError,
    UnknownParent,
    UnknownState,
    UnknownVariable,
    magnitude,
    nearest,
    shorten,
)
from tp1.bayes.variable import Variable, first_repeated

Array = NDArray[np.float64]
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

# A row further than this from 1 is a mistake; a row nearer is the rounding of its author's decimals.
ROW_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Network:
    """A Bayesian network, validated once, then immutable.

    Parameters
    ----------
    variables : sequence of Variable
        Their order is the order of the axes of the joint.
    parents : mapping from str to sequence of str
        The parents of each variable; a variable that is not mentioned is a root.
    cpts : mapping from str to array_like
        The CPT of each variable: one axis per parent in the listed order, then one for the variable itself.
        With parents (S, D), ``cpts["G"][s, d, g]`` is P(G=g | S=s, D=d). Each row (last axis) sums to 1.

    Raises
    ------
    DuplicateName, UnknownParent, CyclicNetwork, InvalidCpt, UnknownVariable
        Each says which variable is at fault, and what would be right.
    """

    variables: tuple[Variable, ...]
    parents: Mapping[str, tuple[str, ...]]
    cpts: Mapping[str, Array]
    _axes: Mapping[str, int]
    _memory: dict[Any, Any]

    def __init__(
        self,
        variables: Sequence[Variable],
        parents: Mapping[str, Sequence[str]],
        cpts: Mapping[str, ArrayLike],
    ) -> None:
        variables = tuple(variables) if isinstance(variables, Iterable) else ()
        if not all(isinstance(variable, Variable) for variable in variables):
            raise NetworkError("the variables of a network must be Variable objects")
        if not (isinstance(parents, Mapping) and isinstance(cpts, Mapping)):
            raise NetworkError(
                "parents and cpts must be mappings from the names of variables"
            )
        names = tuple(variable.name for variable in variables)
        axes = {name: axis for axis, name in enumerate(names)}
        if not names:
            raise NetworkError("a network needs at least one variable")
        if repeated := first_repeated(names):
            raise DuplicateName(f"two variables are named {shorten(repeated)}")
        for given, what in ((parents, "parents"), (cpts, "a CPT")):
            for name in given:
                if name not in axes:
                    raise UnknownVariable(
                        f"{what} given for {shorten(name)}, which is no variable; {nearest(name, names)}"
                    )

        # Frozen: the attributes are set once, here, behind the back of the dataclass.
        keep = partial(object.__setattr__, self)
        keep("variables", variables)
        keep(
            "parents",
            MappingProxyType(
                {
                    name: _valid_parents(name, parents.get(name, ()), axes)
                    for name in names
                }
            ),
        )
        _refuse_cycle(self.parents)
        keep("_axes", axes)
        keep(
            "cpts",
            MappingProxyType({name: _valid_cpt(self, name, cpts) for name in names}),
        )
        keep("_memory", {})

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the variables, in the order of the axes."""
        return tuple(variable.name for variable in self.variables)

    @cached_property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """Every edge, as (parent, child)."""
        return tuple(
            (parent, child) for child in self.names for parent in self.parents[child]
        )

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The number of states of each variable: the shape of the joint."""
        return tuple(len(variable.states) for variable in self.variables)

    @cached_property
    def size(self) -> int:
        """The number of cells of the joint (an exact integer, however large)."""
        return math.prod(self.shape)

    @cached_property
    def _children(self) -> Mapping[str, tuple[str, ...]]:
        children: dict[str, list[str]] = {name: [] for name in self.names}
        for parent, child in self.edges:
            children[parent].append(child)
        return {name: tuple(found) for name, found in children.items()}

    @cached_property
    def _indices(self) -> Mapping[str, Mapping[str, int]]:
        return {
            v.name: {state: index for index, state in enumerate(v.states)}
            for v in self.variables
        }

    def axis(self, name: str) -> int:
        """Return the axis of a variable in the joint; raise `UnknownVariable`."""
        try:
            return self._axes[name]
        except (KeyError, TypeError):
            raise UnknownVariable(
                f"unknown variable {shorten(name)}; {nearest(name, self.names)}"
            ) from None

    def index(self, name: str, state: str) -> int:
        """Return the index of a state of a variable; raise `UnknownVariable` or `UnknownState`."""
        try:
            return self._indices[name][state]
        except (KeyError, TypeError):
            states = self.variable(name).states
            raise UnknownState(
                f"variable {shorten(name)} has no state {shorten(state)}; {nearest(state, states)}"
            ) from None

    def variable(self, name: str) -> Variable:
        """Return the variable of that name; raise `UnknownVariable`."""
        return self.variables[self.axis(name)]

    def children(self, name: str) -> tuple[str, ...]:
        """Return the children of a variable; raise `UnknownVariable`."""
        return self._children[self.names[self.axis(name)]]

    def __getitem__(self, name: str) -> Variable:
        return self.variable(name)

    def __contains__(self, name: object) -> bool:
        return name in self._axes

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __repr__(self) -> str:
        return (
            f"Network({len(self.names)} variables, {len(self.edges)} edges, "
            f"joint of {magnitude(self.size)} cells)"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # What is remembered about a network (joints, plans) stays at home.
        return Network, (self.variables, dict(self.parents), dict(self.cpts))


def remember(
    maxsize: int,
) -> Callable[
    [Callable[Concatenate[Network, Arguments], Result]],
    Callable[Concatenate[Network, Arguments], Result],
]:
    """Remember, on each network, the last `maxsize` results of a function of a network."""

    def decorate(
        function: Callable[Concatenate[Network, Arguments], Result],
    ) -> Callable[Concatenate[Network, Arguments], Result]:
        @wraps(function)
        def remembering(
            network: Network, *args: Arguments.args, **kwargs: Arguments.kwargs
        ) -> Result:
            memory = network._memory
            if function not in memory:
                memory[function] = lru_cache(maxsize)(partial(function, network))
            result: Result = memory[function](*args, **kwargs)
            return result

        return remembering

    return decorate


def _valid_parents(
    name: str, given: Sequence[str], names: Collection[str]
) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        # A set has no order, and the order is that of the table's axes.
        what = (
            f"the string {shorten(given)}"
            if isinstance(given, str)
            else f"a {type(given).__name__}"
        )
        raise NetworkError(
            f"the parents of {shorten(name)} must be a sequence of names, not {what}"
        )
    for parent in given:
        if not isinstance(parent, str) or parent not in names:
            raise UnknownParent(
                f"{shorten(name)} has an unknown parent {shorten(parent)}; {nearest(parent, names)}"
            )
    if repeated := first_repeated(given):
        raise DuplicateName(f"{shorten(name)} has the parent {shorten(repeated)} twice")
    return tuple(given)


def _refuse_cycle(parents: Mapping[str, Sequence[str]]) -> None:
    try:
        TopologicalSorter(parents).prepare()
    except CycleError as error:
        cycle = [shorten(name) for name in error.args[1]]
        shown = cycle if len(cycle) <= 12 else [*cycle[:11], "…", cycle[-1]]
        raise CyclicNetwork(f"the edges form a cycle: {' → '.join(shown)}") from None


def _valid_cpt(network: Network, name: str, given: Mapping[str, ArrayLike]) -> Array:
    if name not in given:
        raise InvalidCpt(f"{shorten(name)} has no CPT")
    family = [network.variable(member) for member in (*network.parents[name], name)]
    expected = tuple(len(member.states) for member in family)
    try:
        entries = np.asarray(given[name])
        if entries.dtype.kind not in "buifO" or np.ma.is_masked(given[name]):
            raise TypeError(f"entries of type {entries.dtype}, or masked")
        # Before the copy: an array of the wrong shape may have any size.
        if entries.shape != expected:
            axes = ", ".join(f"{m.name}: {len(m.states)}" for m in family)
            raise InvalidCpt(
                f"CPT of {shorten(name)}: shape {entries.shape}, expected {expected}: "
                f"one axis per parent, then one for the variable itself ({axes})"
            )
        # A copy of our own: the caller keeps a writable array, and must not reach ours through it.
        # Adding 0 makes -0.0 a plain zero.
        table = np.array(entries, dtype=np.float64) + 0.0
    except InvalidCpt:
        raise
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidCpt(
            f"CPT of {shorten(name)}: not an array of numbers ({error})"
        ) from None
    # Written so that NaN, for which every comparison is false, is refused too.
    wrong = ~((table >= 0) & (table <= 1 + ROW_TOLERANCE))
    if wrong.any():
        cell = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise InvalidCpt(
            f"CPT of {shorten(name)}: the entry of {_configuration(family, cell)} is {table[cell]:g}, "
            "not a probability; it must lie between 0 and 1"
        )
    totals = table.sum(axis=-1, keepdims=True)
    off = np.abs(totals - 1)
    if off.max() > ROW_TOLERANCE:
        row = tuple(int(i) for i in np.argwhere(off > ROW_TOLERANCE)[0])[:-1]
        where = f"the row of {_configuration(family, row)}" if row else "the row"
        raise InvalidCpt(
            f"CPT of {shorten(name)}: {where} sums to {float(totals[row][0])!r}; "
            f"it must sum to 1 within {ROW_TOLERANCE:g}"
        )
    if off.max() > 1e-14:
        # Within tolerance, yet not to rounding. Leaving a barren variable out must change nothing: make it 1.
        table /= totals
    table.flags.writeable = False
    return table


def _configuration(family: Sequence[Variable], indices: Sequence[int]) -> str:
    return ", ".join(
        f"{member.name}={member.states[i]}"
        for member, i in zip(family, indices, strict=False)
    )
