"""The computation graph of chapter 3. What a colour says in it, a line style says too."""

from typing import Any, NamedTuple

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from tp1.reporting.search import INK
from tp1.reporting.style import BLUE, GREY, ORANGE, finished

# The computation graph, in inches: the boxes, and the room for the layers that are left out.
BOX, HALF, BETWEEN = 0.76, 0.44, 0.24
LANE = 0.21  # forward arrows above the middle, backward ones below
FORWARD: dict[str, Any] = {"color": BLUE, "ls": "-"}
BACKWARD: dict[str, Any] = {"color": ORANGE, "ls": (0, (3, 1.4))}


class Box(NamedTuple):
    """A function of the graph: what it computes, what its way back computes, what it keeps for that."""

    forward: str
    backward: tuple[str, ...]
    kept: str
    parameter: str = ""
    gradient: str = ""


class Edge(NamedTuple):
    """A quantity that goes from one box to the next, and its gradient, which comes back."""

    value: str
    gradient: str
    length: float


# The layer is said by the edges; inside a box it goes without saying.
AFFINE, OUTER = r"$\theta\, \tilde{h}$", r"$\delta\, \tilde{h}^{\top}$"
BOXES = (
    Box(AFFINE, (OUTER,), r"$h^{(0)}$", r"$\theta^{(1)}$", r"$G^{(1)}$"),
    Box(r"$\max(0,\, a)$", (r"$g \circ \mathbf{1}[a > 0]$",), r"$a^{(1)}$"),
    Box(
        AFFINE,
        (OUTER, r"$W^{\top} \delta$"),
        r"$h^{(L)}$",
        r"$\theta^{(L+1)}$",
        r"$G^{(L+1)}$",
    ),
    Box("softmax", (r"$J^{\top} \times$",), r"$\hat{p}$"),
    Box(r"$-\sum\, y\, \log\, \hat{p}$", (r"$-\,y\, /\, \hat{p}$",), r"$\hat{p}$", r"$y$"),
)  # fmt: skip
EDGES = (
    Edge(r"$h^{(0)}$", "", 0.42),
    Edge(r"$a^{(1)}$", r"$\delta^{(1)}$", 0.4),
    Edge(r"$h^{(1)}$", r"$g^{(1)}$", 0.4),
    Edge(r"$h^{(L)}$", r"$g^{(L)}$", 0.4),
    Edge(r"$a^{(L+1)}$", r"$\delta^{(L+1)}$", 0.62),
    Edge(r"$\hat{p}$", r"$\partial \mathcal{L}_i / \partial \hat{p}$", 0.5),
    Edge(r"$\mathcal{L}_i$", "1", 0.36),
)
DOTS = 2  # the boxes on the left of the layers that are left out


def graph_figure() -> Figure:
    """Draw the computation of one example: values go forward, gradients come back the same way."""
    fig = plt.figure(figsize=(6.3, 2.1), layout="none")
    ax = fig.add_axes((0, 0, 1, 1))
    x, places = 0.0, []
    for i, box in enumerate(BOXES):
        if i == DOTS:
            _edge(ax, x, EDGES[i])
            x += EDGES[i].length + BETWEEN
            ax.text(x - BETWEEN / 2, 0, "…", ha="center", va="center", fontsize=12)
        edge = EDGES[i + (i >= DOTS)]
        _edge(ax, x, edge)
        x += edge.length
        places.append(x)
        _box(ax, x, box)
        x += BOX
    _edge(ax, x, EDGES[-1])
    left, right = places[-2] - 0.06, places[-1] + BOX + 0.06
    ax.add_patch(
        FancyBboxPatch(
            (left, -HALF - 0.06), right - left, 2 * HALF + 0.12,
            boxstyle="round,pad=0,rounding_size=0.08", fc="none", ec=GREY, ls=(0, (1, 1.2)), gid="fused",
        )
    )  # fmt: skip
    ax.text(
        (left + right) / 2, -HALF - 0.42, r"ensemble : $\delta^{(L+1)} = \hat{p} - y$",
        ha="center", va="center", fontsize=8, color=INK,
    )  # fmt: skip
    keys = [
        Line2D([], [], lw=1.4, label="aller : valeurs", **FORWARD),
        Line2D([], [], lw=1.4, label="retour : gradients de la perte", **BACKWARD),
    ]
    ax.legend(handles=keys, loc="lower left", ncols=2, fontsize=8, borderaxespad=0.2)
    ax.set_xlim(-0.08, x + EDGES[-1].length + 0.08)
    ax.set_ylim(-HALF - 0.7, HALF + 0.6)
    ax.set_aspect("equal")
    ax.axis("off")
    return finished(fig)


def _box(ax: Axes, x: float, box: Box) -> None:
    middle = x + BOX / 2
    ax.add_patch(
        FancyBboxPatch(
            (x, -HALF), BOX, 2 * HALF, boxstyle="round,pad=0,rounding_size=0.05",
            fc="white", ec=INK, lw=1.1, zorder=2,
        )
    )  # fmt: skip
    ax.text(middle, LANE, box.forward, ha="center", va="center", fontsize=7.5)
    for row, text in enumerate(box.backward):
        y = -LANE + 0.2 * ((len(box.backward) - 1) / 2 - row)
        ax.text(middle, y, text, ha="center", va="center", fontsize=7.5)
    ax.text(
        middle, -HALF - 0.18, "garde " + box.kept,
        ha="center", va="center", fontsize=7, color=INK,
    )  # fmt: skip
    high, aside = HALF + 0.3, 0.26 if box.gradient else 0.0
    if box.parameter:
        _arrow(ax, (middle - aside, high), (middle - aside, HALF), FORWARD)
        ax.text(middle - aside, high + 0.12, box.parameter, ha="center", va="center")
    if box.gradient:
        _arrow(ax, (middle + aside, HALF), (middle + aside, high), BACKWARD)
        ax.text(middle + aside, high + 0.12, box.gradient, ha="center", va="center")


def _edge(ax: Axes, x: float, edge: Edge) -> None:
    middle, end = x + edge.length / 2, x + edge.length
    _arrow(ax, (x, LANE), (end, LANE), FORWARD)
    ax.text(middle, LANE + 0.12, edge.value, ha="center", va="center", fontsize=8)
    if edge.gradient:
        _arrow(ax, (end, -LANE), (x, -LANE), BACKWARD)
        ax.text(
            middle, -LANE - 0.13, edge.gradient, ha="center", va="center", fontsize=8
        )


def _arrow(
    ax: Axes, start: tuple[float, float], end: tuple[float, float], look: dict[str, Any]
) -> None:
    ax.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle="-|>", mutation_scale=8, shrinkA=1.5, shrinkB=1.5, lw=1.2, zorder=3, **look
        )
    )  # fmt: skip
