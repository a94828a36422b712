"""Typed errors: each message says what is wrong, where, and what would be right.

The classes are named after what is wrong with the input, not with an ``Error`` suffix: they all are a
`BayesError`, which is a `ValueError` too.
"""

import math
from collections.abc import Iterable
from difflib import get_close_matches

from tp1.errors import Tp1Error


class BayesError(Tp1Error, ValueError):
    """The root of every error that `tp1.bayes` raises."""


class NetworkError(BayesError):
    """A network is malformed."""


class DuplicateName(NetworkError):
    """Two variables, two states of a variable, or two parents of a variable share a name."""


class UnknownParent(NetworkError):
    """A variable has a parent that is not in the network."""


class CyclicNetwork(NetworkError):
    """The edges form a cycle."""


class InvalidCpt(NetworkError):
    """A conditional probability table has a wrong shape, a wrong entry, or a row that does not sum to 1."""


class BifError(NetworkError):
    """A BIF file cannot be read."""


class QueryError(BayesError):
    """A query is malformed, or makes no sense."""


class QuerySyntaxError(QueryError):
    """A query text does not follow the grammar.

    Attributes
    ----------
    text : str
        The query.
    position : int
        Index in `text` of the character where reading failed.
    """

    # Enough of the text around the fault to recognise it, whatever the length of the query.
    CONTEXT = 40

    def __init__(self, text: str, position: int, problem: str) -> None:
        self.text = text
        self.position = position
        self.problem = problem
        start = max(0, position - self.CONTEXT)
        stop = position + self.CONTEXT
        before, after = ("…" if start else ""), ("…" if stop < len(text) else "")
        excerpt = (
            before
            + "".join(c if c.isprintable() else "·" for c in text[start:stop])
            + after
        )
        caret = " " * (len(before) + position - start) + "^"
        super().__init__(f"column {position + 1}: {problem}\n  {excerpt}\n  {caret}")

    def __reduce__(self) -> tuple[type, tuple[str, int, str]]:
        return type(self), (self.text, self.position, self.problem)


class UnknownVariable(BayesError):
    """A name is not a variable of the network."""


class UnknownState(BayesError):
    """A name is not a state of the variable."""


class ContradictoryQuery(QueryError):
    """One variable is given two roles, or two values, that exclude each other."""


class ImpossibleEvidence(QueryError):
    """The evidence has probability 0: nothing can be conditioned on it."""


class NetworkTooLarge(BayesError):
    """The answer exists, but its computation does not fit in memory or in a reasonable time."""


def shorten(name: object, width: int = 60) -> str:
    """Quote a name for a message, cut to `width` characters."""
    text = _text(name)
    return repr(text if len(text) <= width else text[: width - 1] + "…")


def _text(name: object) -> str:
    try:
        return str(name)
    except ValueError:  # Python writes no integer of thousands of digits
        return f"a huge {type(name).__name__}"


def magnitude(count: int) -> str:
    """Write a count of any size, even one that no float holds."""
    return (
        str(count)
        if count < 1e6
        else f"{count:.2g}"
        if count < 1e300
        else f"1e{math.log10(count):.0f}"
    )


def nearest(name: object, known: Iterable[str], few: int = 12) -> str:
    """Say which of the `known` names may have been meant by `name`: the nearest, else the first `few`."""
    known = list(known)
    folded = {other.casefold(): other for other in reversed(known)}
    close = get_close_matches(_text(name)[:200].casefold(), folded, n=3, cutoff=0.6)
    if close:
        return (
            "did you mean "
            + " or ".join(shorten(folded[other]) for other in close)
            + "?"
        )
    shown = ", ".join(shorten(other) for other in known[:few])
    return f"known: {shown}" + (
        f" and {len(known) - few} more" if len(known) > few else ""
    )
