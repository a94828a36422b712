"""One look for every figure."""

from collections.abc import Sequence
from typing import Any

from cycler import cycler
from IPython import get_ipython
from matplotlib import pyplot as plt
from matplotlib import style
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib_inline.backend_inline import set_matplotlib_formats

from tp1.reporting.light_svg import use_light_svg

# Okabe & Ito's palette: told apart with any kind of colour vision, and in grey print by lightness.
BLUE, ORANGE, GREEN, RED, PURPLE, GREY = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#B2182B",
    "#8E5AA8",
    "#767676",
)

STYLE = {
    "figure.dpi": 100,
    "figure.figsize": (6.3, 3.2),
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "svg.hashsalt": "tp1",
    # The image itself, not one enlarged to the figure's resolution: sharper, and a third of the bytes.
    "image.interpolation": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.labelsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.use_locale": False,
    "grid.color": "#b0b0b0",
    "grid.alpha": 0.4,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "axes.prop_cycle": cycler(color=[BLUE, ORANGE, GREEN, PURPLE, RED, GREY]),
}


def use_style() -> None:
    """Apply the report's style to Matplotlib; every chapter's first chunk calls it."""
    style.use(STYLE)
    use_light_svg()
    if get_ipython() is not None:
        # Vector figures, and no date in them: the same figure gives the same file.
        set_matplotlib_formats("svg", metadata={"Date": None})


def finished(figure: Figure) -> Figure:
    """Close a figure, so that it is shown once: as the value of the chunk that asks for it."""
    plt.close(figure)
    return figure


def legend_below(fig: Figure, keys: Sequence[Artist], **look: Any) -> None:
    """Put one line of keys below a figure's panels; `look` is Matplotlib's."""
    fig.legend(
        handles=keys, loc="outside lower center", ncols=len(keys), fontsize=8, **look
    )
