"""The network explorer's data: a network's tables as JSON takes them."""

from collections.abc import Mapping
from typing import Any

from tp1.bayes import Network

# Where each variable of the assignment's network stands: column, row. Arrows go down.
EXAM_LAYOUT = {"S": (1, 1), "D": (2, 1), "R": (1, 2), "G": (2, 2), "L": (2, 3)}


def explorer_data(
    network: Network,
    queries: Mapping[str, str],
    layout: Mapping[str, tuple[int, int]],
    start: str,
    ends: tuple[str, str],
) -> dict[str, Any]:
    """Export a network for the page.

    Parameters
    ----------
    network : Network
    queries : mapping from str to str
        The questions that are one click away, under their names.
    layout : mapping from str to (int, int)
        Column and row of each variable, from 1.
    start : str
        The question that is shown first.
    ends : pair of str
        The variables whose paths are shown first.
    """
    return {
        "variables": [
            {
                "name": v.name,
                "states": list(v.states),
                "meaning": v.label.replace("'", "’"),
            }
            for v in network.variables
        ],
        "parents": {name: list(network.parents[name]) for name in network.names},
        "cpts": {name: network.cpts[name].tolist() for name in network.names},
        "queries": dict(queries),
        "layout": {name: list(layout[name]) for name in network.names},
        "start": start,
        "ends": list(ends),
    }
