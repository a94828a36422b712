"""The graph of a network: ancestors, d-separation, and the paths along which influence flows."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from tp1.bayes.errors import NetworkTooLarge, QueryError, shorten
from tp1.bayes.network import Network

Names = str | Iterable[str]

# Listing paths is for drawings: their number is exponential in the size of the network.
MAX_STEPS = 100_000


@dataclass(frozen=True, slots=True)
class Junction:
    """An inner node of a path.

    Attributes
    ----------
    name : str
    role : {"chain", "fork", "collider"}
        → name → (or ← name ←), ← name →, → name ←.
    open : bool
        Whether influence goes through.
    because : tuple of str
        The observed variables that decide: the node itself, or the observed descendants that open a collider.
        Empty when it is the absence of observation that decides.
    """

    name: str
    role: str
    open: bool
    because: tuple[str, ...]

    @property
    def reason(self) -> str:
        """Why the node is open or blocked, in words."""
        if self.name in self.because:
            return f"{self.name} is observed"
        if self.because:
            verb = "is" if len(self.because) == 1 else "are"
            return f"{', '.join(self.because)}, below {self.name}, {verb} observed"
        if self.role == "collider":
            return f"neither {self.name} nor anything below it is observed"
        return f"{self.name} is not observed"


@dataclass(frozen=True, slots=True)
class Path:
    """A path between two variables, along edges taken in either direction.

    Attributes
    ----------
    nodes : tuple of str
        From end to end.
    arrows : tuple of str
        ``"→"`` or ``"←"`` between each node and the next.
    junctions : tuple of Junction
        The inner nodes.
    """

    nodes: tuple[str, ...]
    arrows: tuple[str, ...]
    junctions: tuple[Junction, ...]

    @property
    def open(self) -> bool:
        """Whether influence goes from end to end: every junction is open."""
        return all(junction.open for junction in self.junctions)

    def __str__(self) -> str:
        """Return the path as drawn on a line, ``D → G ← S → R``."""
        return self.nodes[0] + "".join(
            f" {arrow} {node}"
            for arrow, node in zip(self.arrows, self.nodes[1:], strict=True)
        )


def ancestors(network: Network, names: Names) -> set[str]:
    """Return every variable from which a directed path leads to one of `names`.

    A name is in the answer only if it is an ancestor of another one. Raises `UnknownVariable`.
    """
    return _closure(network.parents, _valid_names(network, names))


def descendants(network: Network, names: Names) -> set[str]:
    """Return every variable to which a directed path leads from one of `names`. Raises `UnknownVariable`."""
    return _closure(
        {name: network.children(name) for name in network.names},
        _valid_names(network, names),
    )


def d_separated(network: Network, x: Names, y: Names, given: Names = ()) -> bool:
    """Tell whether the graph alone makes x and y independent given the observed variables.

    Parameters
    ----------
    network : Network
    x, y, given : str or iterable of str
        Disjoint sets of variables; neither `x` nor `y` is empty.

    Returns
    -------
    bool
        True if no path between `x` and `y` is open.

    Raises
    ------
    UnknownVariable, QueryError

    Notes
    -----
    Bayes-ball (Shachter 1998), as in Koller & Friedman (2009), algorithm 3.1: linear in the number of edges.
    """
    sources, goals, observed = _disjoint(network, x, y, given)
    # A ball arrives at a node from one of its children (going up), or from one of its parents (going down).
    balls = [(name, "up") for name in sources]
    seen = set(balls)
    while balls:
        name, direction = balls.pop()
        if name in goals:
            return False
        up = [(parent, "up") for parent in network.parents[name]]
        down = [(child, "down") for child in network.children(name)]
        if name in observed:
            # An observed node sends back what its parents send it, and stops the rest.
            thrown = up if direction == "down" else []
        else:
            thrown = up + down if direction == "up" else down
        balls += [ball for ball in thrown if ball not in seen]
        seen.update(thrown)
    return True


def paths(network: Network, x: str, y: str, given: Names = ()) -> list[Path]:
    """List every path between two variables, with the role of each inner node and whether it is open.

    Parameters
    ----------
    network : Network
        A small one: see the last error.
    x, y : str
        The two ends.
    given : str or iterable of str
        The observed variables.

    Returns
    -------
    list of Path
        The shortest first; those of one length in the order of the network.

    Raises
    ------
    UnknownVariable, QueryError
    NetworkTooLarge
        If the search takes too many steps: the number of paths is exponential in the size of the network.
    """
    sources, goals, observed = _disjoint(network, (x,), (y,), given)
    (start,), (goal,) = sources, goals
    found: list[tuple[str, ...]] = []
    unfinished: list[tuple[str, ...]] = [(start,)]
    steps = 0
    while unfinished:
        nodes = unfinished.pop()
        if nodes[-1] == goal:
            found.append(nodes)
            continue
        steps += 1
        if steps > MAX_STEPS:
            raise NetworkTooLarge(
                f"more than {MAX_STEPS} partial paths between {shorten(x)} and {shorten(y)}; "
                "d_separated answers without listing them"
            )
        around = {*network.parents[nodes[-1]], *network.children(nodes[-1])}.difference(
            nodes
        )
        unfinished += [(*nodes, name) for name in around]
    found.sort(key=lambda nodes: (len(nodes), [network.axis(name) for name in nodes]))
    below = {name: descendants(network, name) & observed for name in network.names}
    return [_path(network, nodes, observed, below) for nodes in found]


def active_paths(network: Network, x: str, y: str, given: Names = ()) -> list[Path]:
    """List the open paths between two variables; there is none if and only if they are d-separated.

    Takes and raises what `paths` does.
    """
    return [path for path in paths(network, x, y, given) if path.open]


def _path(
    network: Network,
    nodes: tuple[str, ...],
    observed: Collection[str],
    below: Mapping[str, Collection[str]],
) -> Path:
    arrows = tuple("→" if a in network.parents[b] else "←" for a, b in pairwise(nodes))
    junctions = tuple(
        _junction(network, name, before + after, observed, below)
        for name, (before, after) in zip(nodes[1:-1], pairwise(arrows), strict=True)
    )
    return Path(nodes, arrows, junctions)


def _junction(
    network: Network,
    name: str,
    arrows: str,
    observed: Collection[str],
    below: Mapping[str, Collection[str]],
) -> Junction:
    role = {"→←": "collider", "←→": "fork"}.get(arrows, "chain")
    because = [name] if name in observed else []
    if role == "collider" and not because:
        because = [other for other in network.names if other in below[name]]
    # Observing blocks a chain and a fork; it opens a collider.
    return Junction(name, role, (role == "collider") == bool(because), tuple(because))


def _closure(step: Mapping[str, Iterable[str]], start: Iterable[str]) -> set[str]:
    found: set[str] = set()
    unvisited = list(start)
    while unvisited:
        new = set(step[unvisited.pop()]) - found
        found |= new
        unvisited += new
    return found


def _valid_names(network: Network, names: Names) -> set[str]:
    chosen = (
        [names]
        if isinstance(names, str) or not isinstance(names, Iterable)
        else list(names)
    )
    for name in chosen:
        network.axis(name)
    return set(chosen)


def _disjoint(
    network: Network, x: Names, y: Names, given: Names
) -> tuple[set[str], set[str], set[str]]:
    one, other, observed = (_valid_names(network, names) for names in (x, y, given))
    if not one or not other:
        raise QueryError(
            "separation is between two sets of variables, neither of them empty"
        )
    if shared := (one & other) | (one & observed) | (other & observed):
        raise QueryError(
            f"{shorten(min(shared))} is on two sides: x, y and given must have no variable in common"
        )
    return one, other, observed
