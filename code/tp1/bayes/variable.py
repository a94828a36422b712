"""Discrete random variables."""

from collections.abc import Sequence
from dataclasses import dataclass

from tp1.bayes.errors import DuplicateName, NetworkError, shorten


@dataclass(frozen=True, slots=True)
class Variable:
    """A discrete random variable.

    Parameters
    ----------
    name : str
        Its symbol, unique in a network.
    states : tuple of str
        Its values, in the order of the entries of a table.
    label : str
        What it means, in words.

    Raises
    ------
    NetworkError
        For an empty name, or no states.
    DuplicateName
        For two states of the same name.
    """

    name: str
    states: tuple[str, ...]
    label: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.states, str) or not isinstance(self.states, Sequence):
            # A set has no order, and the order is that of the table's entries.
            raise NetworkError(
                f"the states of {shorten(self.name)} must be a sequence of names, "
                f"not a {type(self.states).__name__}"
            )
        object.__setattr__(self, "states", tuple(self.states))
        if not all(
            isinstance(name, str) and name for name in (self.name, *self.states)
        ):
            raise NetworkError(
                f"variable {shorten(self.name)}: its name and its states must be non-empty strings"
            )
        if not self.states:
            raise NetworkError(
                f"variable {shorten(self.name)} has no states; it needs at least one"
            )
        if repeated := first_repeated(self.states):
            raise DuplicateName(
                f"variable {shorten(self.name)} has two states named {shorten(repeated)}"
            )


def first_repeated(names: Sequence[str]) -> str | None:
    """Return the first name that occurs twice, if any."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
