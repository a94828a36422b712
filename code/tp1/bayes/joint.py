"""Inference on the joint distribution, written as the theory is: multiply, sum, divide."""

import math
from collections.abc import Collection, Iterable, Mapping

import numpy as np

from tp1.bayes.errors import (
    ImpossibleEvidence,
    NetworkTooLarge,
    UnknownState,
    UnknownVariable,
    magnitude,
)
from tp1.bayes.network import Array, Network, remember

# 256 MiB of float64: the largest array that any route makes.
MAX_CELLS = 2**25
# NumPy has no arrays of more axes.
MAX_AXES = 64
# Cells that underflow are off by at most 5e-324 each: above this, their share of a sum is far below rounding.
SMALLEST_PROBABILITY = 1e-250


def factor(network: Network, name: str) -> Array:
    """Return the CPT of a variable with one axis per variable of the network, ready to be broadcast.

    Parameters
    ----------
    network : Network
    name : str
        The variable whose CPT is wanted.

    Returns
    -------
    ndarray, read-only
        The variable and its parents lie on their own axes of the joint; every other axis has length 1.
    """
    own = network.axis(name)
    axes = [*map(network.axis, network.parents[name]), own]
    table = network.cpts[name].transpose(np.argsort(axes))
    shape = [size if axis in axes else 1 for axis, size in enumerate(network.shape)]
    return table.reshape(shape)


@remember(1)
@np.errstate(under="ignore")
def joint(network: Network) -> Array:
    """Return the joint distribution: the product of all CPTs, by broadcasting.

    Returns
    -------
    ndarray, read-only
        One axis per variable, in the order of ``network.names``. Remembered on the network.

    Raises
    ------
    NetworkTooLarge
        If it would not fit: its size is the product of the numbers of states.

    Notes
    -----
    Equation ``@eq-joint``: P(x₁, …, xₙ) = ∏ᵢ P(xᵢ | parents of xᵢ).
    """
    refuse_large_joint(network)
    factors = (factor(network, name) for name in network.names)
    P = math.prod(factors, start=np.ones(()))  # @eq-joint
    P.flags.writeable = False
    return P


def marginal(P: Array, keep: Collection[int]) -> Array:
    """Sum a distribution over every axis that is not in `keep`.

    Parameters
    ----------
    P : ndarray
        A distribution, one axis per variable.
    keep : collection of int
        The axes of the variables that stay.

    Returns
    -------
    ndarray
        As many axes as `P`; those summed over have length 1.

    Raises
    ------
    UnknownVariable
        If `P` has no such axis.
    """
    check_axes(P, keep)
    others = tuple(axis for axis in range(P.ndim) if axis not in keep)
    return P.sum(axis=others, keepdims=True)  # @eq-marginal


def condition(P: Array, evidence: Mapping[int, int]) -> Array:
    """Condition a distribution on evidence: restrict it, then divide by the probability of the evidence.

    Parameters
    ----------
    P : ndarray
        A distribution, one axis per variable.
    evidence : mapping from int to int
        The observed index on each observed axis.

    Returns
    -------
    ndarray
        As many axes as `P`; those of the evidence have length 1.

    Raises
    ------
    UnknownVariable, UnknownState
        If `P` has no such axis, or the axis no such index.
    ImpossibleEvidence
        If the evidence has probability 0, or one so small that this joint, in float64, cannot tell it from 0.
    """
    check_indices(P, evidence)
    cells = [slice(None)] * P.ndim
    for axis, index in evidence.items():
        cells[axis] = slice(index, index + 1)
    P = P[tuple(cells)]
    p_evidence = P.sum(keepdims=True)
    if p_evidence.item() < SMALLEST_PROBABILITY:
        raise ImpossibleEvidence(
            f"the evidence (axis: index) {dict(evidence)} "
            f"has probability {p_evidence.item():g}"
        )
    return P / p_evidence  # @eq-conditional


def do(network: Network, interventions: Mapping[str, str]) -> Network:
    """Return the network after an intervention, which sets variables whatever their causes.

    Parameters
    ----------
    network : Network
    interventions : mapping from str to str
        The state imposed on each variable, as in ``{"G": "g2"}``.

    Returns
    -------
    Network
        The mutilated network: the edges into those variables are gone and their CPTs are point masses; every
        other CPT is what it was.

    Raises
    ------
    UnknownVariable, UnknownState

    Notes
    -----
    Truncated factorisation, equation ``@eq-truncated``: Pearl, *Causality* (2nd ed., 2009), section 1.3.1.
    """
    parents, cpts = dict(network.parents), dict(network.cpts)
    for name, state in interventions.items():
        parents[name] = ()
        cpts[name] = np.zeros(len(network[name].states))
        cpts[name][network.index(name, state)] = 1  # @eq-truncated
    return Network(network.variables, parents, cpts)


def check_axes(P: Array, axes: Iterable[int]) -> None:
    """Raise `UnknownVariable` for an axis that `P` lacks."""
    for axis in axes:
        if axis not in range(P.ndim):
            raise UnknownVariable(f"no axis {axis!r}: the axes are 0 to {P.ndim - 1}")


def check_indices(P: Array, evidence: Mapping[int, int]) -> None:
    """Raise `UnknownVariable` for an axis that `P` lacks, `UnknownState` for an index that its axis lacks."""
    check_axes(P, evidence)
    for axis, index in evidence.items():
        if index not in range(P.shape[axis]):
            raise UnknownState(
                f"no index {index!r} on axis {axis}: it has {P.shape[axis]} states"
            )


def refuse_large_joint(network: Network) -> None:
    """Raise `NetworkTooLarge` unless the joint can be made."""
    if network.size > MAX_CELLS or len(network.shape) > MAX_AXES:
        raise NetworkTooLarge(
            f"the joint of {len(network.shape)} variables has {magnitude(network.size)} cells "
            f"({magnitude(8 * network.size)} bytes); at most {magnitude(MAX_CELLS)} cells and {MAX_AXES} "
            "variables fit: use method='contraction' (or 'auto')"
        )
