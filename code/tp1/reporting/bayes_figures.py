"""Part 1's figures: the graph, what an intervention cuts in it, and the distributions as bars.

Dark ink on a transparent ground: a dark page puts a light card behind it. What a colour says is said again by
a shape, a hatch or a line style.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch
from matplotlib.ticker import FuncFormatter

from tp1.bayes import Distribution, Network, do, query
from tp1.reporting.french import number
from tp1.reporting.style import BLUE, GREY, ORANGE, finished

Edge = tuple[str, str]

# Where the exam network's nodes stand: causes on the left, what follows from them on the right.
POSITIONS = {
    "S": (0.0, 1.0),
    "D": (0.0, 0.0),
    "R": (1.45, 1.0),
    "G": (1.45, 0.0),
    "L": (2.9, 0.0),
}
RADIUS = 0.23
INK, SHADE = "#1a1a1a", "#cfcfcf"
# In SVG a hatch is a tile of an inch: the finer the dots, the more of them in the file (250 kB for "....").
HATCHES = {"0": "", "1": "////", "2": ".."}


def cut_edges(network: Network, target: str) -> list[Edge]:
    """List the edges that an intervention on `target` removes, as `tp1.bayes.do` removes them."""
    mutilated = do(network, {target: network.variables[network.axis(target)].states[0]})
    return [edge for edge in network.edges if edge not in mutilated.edges]


def network_figure(network: Network, captions: Mapping[str, str]) -> Figure:
    """Draw the graph, each node with its meaning.

    Parameters
    ----------
    network : Network
        The network; its nodes must have a place in `POSITIONS`.
    captions : mapping of str to str
        What to write beside each node.
    """
    fig, ax = _canvas(1, height=2.3)
    _draw(ax[0], network)
    for name, (x, y) in POSITIONS.items():
        side, va = (
            (1, "bottom") if y else (-1, "top")
        )  # away from the arrow that goes down
        ax[0].text(
            x,
            y + side * (RADIUS + 0.05),
            captions[name],
            ha="center",
            va=va,
            fontsize=8,
            color=INK,
        )
    return finished(fig)


def see_and_do_figure(
    network: Network, name: str, state: str, path: Sequence[str]
) -> Figure:
    """Draw the graph twice: `name` is observed on the left, imposed on the right.

    Parameters
    ----------
    network : Network
        The network before the intervention.
    name, state : str
        The variable and the state it is seen in, or set to.
    path : sequence of str
        The path to follow in both drawings, in bold; on the right, the intervention may cut it.
    """
    fig, (left, right) = _canvas(2, height=1.95)
    _draw(left, network, observed=name, path=path)
    _draw(right, network, imposed=name, path=path)
    value = rf"${name} = {state[0]}_{state[1:]}$"
    left.set_title(f"Observer {value}", fontsize=10, color=INK)
    right.set_title(f"Imposer {value}", fontsize=10, color=INK)
    return finished(fig)


def bars_figure(panels: Mapping[str, Distribution], reference: Distribution) -> Figure:
    """Draw distributions of one variable side by side, `reference` marked in every panel.

    Parameters
    ----------
    panels : mapping of str to Distribution
        A title, and the distribution under it.
    reference : Distribution
        What the others are compared with: a dashed mark over each bar.
    """
    fig, axes = _canvas(len(panels), height=2.5, sharey=True)
    for ax, (title, distribution) in zip(axes, panels.items(), strict=True):
        for i, ((state,), p) in enumerate(distribution.items()):
            hatch = HATCHES.get(state[-1], "")
            ax.bar(
                i,
                p,
                width=0.72,
                color="#a9c8dd",
                edgecolor=BLUE,
                hatch=hatch,
                linewidth=0.9,
            )
            ax.plot(
                [i - 0.46, i + 0.46],
                [reference[state]] * 2,
                color=ORANGE,
                lw=1.8,
                ls=(0, (2, 1)),
            )
            mark = reference[state]
            top = mark if p <= mark < p + 0.1 else p  # the number clears the dashes
            ax.text(
                i,
                top + 0.02,
                number(p, 3),
                ha="center",
                va="bottom",
                fontsize=7.5,
                color=INK,
            )
        states = reference.variables[0].states
        ax.set_xticks(
            range(len(states)), [f"${state[0]}_{state[1:]}$" for state in states]
        )
        ax.set_title(title, fontsize=8.5, color=INK)
        ax.grid(visible=False, axis="x")
        ax.tick_params(length=0, colors=INK)
    axes[0].set_ylim(0, 1.0)
    axes[0].yaxis.set_major_formatter(FuncFormatter(lambda y, _: number(y, 1)))
    axes[0].set_ylabel("probabilité", color=INK)
    return finished(fig)


def shifts_figure(
    network: Network, queries: Mapping[str, str], state: str, reference: str
) -> Figure:
    """Draw how far each query moves the probability of `state` from the reference query's.

    Parameters
    ----------
    network : Network
        Where the queries are computed.
    queries : mapping of str to str
        A label, and the query behind it; a query with ``do`` gets a square, the others a disc.
    state : str
        The state whose probability is drawn.
    reference : str
        The query that the stems start from.
    """
    origin = query(network, reference)[state]
    fig, axes = _canvas(1, height=0.6 + 0.25 * len(queries))
    ax = axes[0]
    ax.axvline(origin, color=ORANGE, lw=1.4, ls=(0, (4, 2)), zorder=1)
    for row, text in enumerate(queries.values()):
        p = query(network, text)[state]
        is_do = "do(" in text
        ax.plot([origin, p], [row, row], color=BLUE, lw=2.2, zorder=2)
        ax.plot(
            p,
            row,
            "s" if is_do else "o",
            ms=7,
            mfc="white" if is_do else BLUE,
            mec=BLUE,
            mew=1.6,
            zorder=3,
        )
        ends_left = p < origin - 1e-9
        gap, side = (-0.0035, "right") if ends_left else (0.0035, "left")
        ax.text(
            p + gap,
            row,
            number(p, 3),
            ha=side,
            va="center",
            fontsize=8,
            color=INK,
            zorder=4,
        )
    ax.set_yticks(range(len(queries)), list(queries))
    ax.invert_yaxis()
    ax.margins(x=0.12)
    ax.grid(visible=False, axis="y")
    ax.tick_params(length=0, colors=INK)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: number(x, 2)))
    ax.set_xlabel(f"$P({state[0]}_{state[1:]})$", color=INK)
    return finished(fig)


def _draw(
    ax: Axes,
    network: Network,
    observed: str = "",
    imposed: str = "",
    path: Sequence[str] = (),
) -> None:
    cut = cut_edges(network, imposed) if imposed else []
    on_path = {frozenset(pair) for pair in pairwise(path)}
    for edge in network.edges:
        _arrow(
            ax,
            edge,
            is_cut=edge in cut,
            bold=frozenset(edge) in on_path,
            imposed=imposed,
        )
    for name in network.names:
        _node(ax, name, observed=name == observed, imposed=name == imposed)
    xs, ys = zip(*POSITIONS.values(), strict=True)
    ax.set_xlim(min(xs) - 0.62, max(xs) + 0.62)
    ax.set_ylim(min(ys) - 0.5, max(ys) + 0.36)
    ax.set_aspect("equal")
    ax.axis("off")


def _node(ax: Axes, name: str, observed: bool, imposed: bool) -> None:
    xy = POSITIONS[name]
    face = SHADE if observed else "white"
    ax.add_patch(
        Circle(xy, RADIUS, fc=face, ec=INK, lw=1.3, zorder=3, gid=f"node:{name}")
    )
    if imposed:
        ax.add_patch(
            Circle(
                xy, RADIUS * 1.3, fc="white", ec=INK, lw=1.3, zorder=2, gid=f"do:{name}"
            )
        )
    if observed or imposed:
        word = "vu" if observed else "do"
        ax.text(
            xy[0],
            xy[1] - RADIUS * 1.3 - 0.06,
            word,
            ha="center",
            va="top",
            fontsize=8,
            color=INK,
        )
    ax.text(
        *xy, f"${name}$", ha="center", va="center", fontsize=12, color=INK, zorder=4
    )


def _arrow(ax: Axes, edge: Edge, is_cut: bool, bold: bool, imposed: str) -> None:
    (x0, y0), (x1, y1) = POSITIONS[edge[0]], POSITIONS[edge[1]]
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    ux, uy = (x1 - x0) / length, (y1 - y0) / length
    out, into = (RADIUS * (1.4 if node == imposed else 1.12) for node in edge)
    start, end = (x0 + out * ux, y0 + out * uy), (x1 - into * ux, y1 - into * uy)
    colour = GREY if is_cut else (ORANGE if bold else INK)
    arrow = FancyArrowPatch(
        start,
        end,
        arrowstyle="-|>",
        mutation_scale=12,
        shrinkA=0,
        shrinkB=0,
        color=colour,
        lw=2.6 if bold and not is_cut else 1.2,
        ls=(0, (3, 2)) if is_cut else "-",
        zorder=1,
        gid=f"edge:{edge[0]}{edge[1]}:{'cut' if is_cut else 'kept'}",
    )
    ax.add_patch(arrow)
    if is_cut:
        middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        ax.plot(*middle, "x", ms=10, mew=2.2, color=INK, zorder=2)


def _canvas(
    panels: int, height: float, sharey: bool = False
) -> tuple[Figure, Sequence[Axes]]:
    fig, axes = plt.subplots(
        1, panels, figsize=(6.3, height), sharey=sharey, squeeze=False
    )
    fig.set_layout_engine("constrained", w_pad=0.1, h_pad=0.1)  # inches
    return fig, list(axes[0])
