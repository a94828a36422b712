"""An earlier hand-in's figures, and which of them differ from ours by more than noise.

The figures are those that the assignment's page quotes (``assignment.md``, Part 2): one run a cell, no error
bars, another split of the training images. So is the published accuracy, to which chapter 2 compares its own.
"""

from dataclasses import dataclass

import numpy as np
from IPython.display import Markdown
from numpy.typing import NDArray

from tp1.experiments.errors import ResultsError
from tp1.experiments.plans import Config
from tp1.reporting.french import NBSP, Text, number, signed
from tp1.reporting.intervals import LEVEL, quantile
from tp1.reporting.results import Array, At, Cell, Grid
from tp1.reporting.table import markdown_table
from tp1.reporting.words import OPTIMISERS, rate

RATES = (0.1, 0.01, 0.001)
BATCH_SIZES = (1, 20, 200, 1000)
VALIDATION_IMAGES = 6000

# Validation accuracy in %: a row for each of RATES, a column for each of BATCH_SIZES.
REPORTED = {
    "sgd": (
        (81.433, 83.433, 82.150, 80.517),
        (85.733, 83.533, 80.900, 77.433),
        (84.150, 84.667, 84.633, 76.683),
    ),
    "adam": (
        (80.617, 83.133, 83.617, 84.050),
        (80.017, 83.317, 83.917, 84.800),
        (83.817, 85.400, 85.133, 81.117),
    ),
}


@dataclass(frozen=True)
class ReportedTest:
    """What the earlier hand-in chose for one optimiser, and measured on the test set."""

    config: Config
    val_accuracy: float
    test_loss: float
    test_accuracy: float


REPORTED_TEST = {
    "sgd": ReportedTest(Config("sgd", 0.01, 1), 0.85733, 0.531, 0.83120),
    "adam": ReportedTest(Config("adam", 0.001, 20), 0.85400, 0.464, 0.83870),
}

# LogisticRegression on the test set: Xiao, Rasul & Vollgraf 2017, table 3.
PUBLISHED_TEST = 0.842
# Plain networks on the test set, as the assignment's page quotes them, and people.
PUBLISHED_NETWORKS = {
    "MLPClassifier, 100 unités [@xiao2017]": 0.871,
    "256-128-100 unités, dropout, la meilleure de 30 exécutions (page des données)": 0.8833,
    "neuf couches, test regardé pendant les réglages (dépôt public)": 0.9011,
    "des personnes (page des données)": 0.835,
}


@dataclass(frozen=True)
class HandIn:
    """Our search beside theirs, for one optimiser: arrays (3, 4) of proportions.

    Attributes
    ----------
    optimiser : str
    ours, theirs, difference : array
        Our mean over the seeds, their run, and ours less theirs.
    margin : array
        How large a difference noise explains, at the level `LEVEL`.
    """

    optimiser: str
    ours: Array
    theirs: Array
    difference: Array
    margin: Array

    @property
    def differs(self) -> NDArray[np.bool_]:
        """Where the difference exceeds the noise."""
        return np.asarray(np.abs(self.difference) > self.margin)

    @property
    def count(self) -> int:
        """How many cells differ."""
        return int(self.differs.sum())

    @property
    def cells(self) -> list[Cell]:
        """The cells that differ: places in RATES and BATCH_SIZES."""
        return [(int(i), int(j)) for i, j in np.argwhere(self.differs)]

    @property
    def expected(self) -> float:
        """How many cells would be expected to differ if noise were all there is."""
        return (1 - LEVEL) * self.differs.size


def noise_margin(mean: Array, deviation: Array, n: int) -> Array:
    """Give how far one of their runs and our mean of n may differ by noise alone.

    Parameters
    ----------
    mean, deviation : array
        Of our runs' accuracies: p and s below.
    n : int
        How many runs we have.

    Notes
    -----
    Two things blur the difference d. Runs differ: s² for theirs and s²/n for our mean, s being the deviation
    over our seeds, which we lend to theirs. And validation sets differ: of 6000 images each, drawn
    independently, p(1 - p)/6000 twice; that does not shrink with n, for our seeds share their images. So
    Var d = s²(1 + 1/n) + 2 p(1 - p)/6000.

    Of the two terms only the first is estimated, with n - 1 degrees of freedom; the second is known but for
    p. The sum therefore has, by Welch and Satterthwaite, ν = (n - 1)(Var d / s²(1 + 1/n))² degrees of
    freedom: n - 1 where the runs' noise dominates, many where the images' does. The margin is
    t(0.975, ν)·√Var d. With n - 1 everywhere the quantile for 5 seeds, 2.78, would hide differences in the
    cells whose runs agree; the normal one, 1.96, would find some that so few seeds do not support. In
    simulations with 5 seeds or more, noise alone exceeds the margin 5 to 6 times in 100; with 2, up to 13.
    """
    runs = deviation**2 * (1 + 1 / n)
    images = 2 * mean * (1 - mean) / VALIDATION_IMAGES
    with np.errstate(divide="ignore", over="ignore"):  # no spread: infinite degrees
        degrees = (n - 1) * ((runs + images) / runs) ** 2
    return np.asarray(quantile(degrees) * np.sqrt(runs + images))


def compare_with_hand_in(grid: Grid, at: At = "best") -> HandIn:
    """Compare each cell's mean with the one run that the earlier hand-in reports.

    A cell differs by more than noise where the difference exceeds `noise_margin`. Each cell has a chance of
    5 % to do so by noise alone: see `HandIn.expected`.

    Parameters
    ----------
    grid : Grid
        The assigned search with one optimiser; 2 seeds or more.
    at : {"last", "best"}
        Which of our accuracies to compare. The assignment's cell prints what `train` returns, the best
        epoch's, and the hand-in's table is made of what the cell prints.

    Raises
    ------
    ResultsError
        If the grid is not the assigned one, or has one seed.
    """
    if (grid.rates, grid.batch_sizes) != (RATES, BATCH_SIZES):
        raise ResultsError(
            f"the earlier hand-in has rates {RATES} and batch sizes {BATCH_SIZES}, "
            f"not {grid.rates} and {grid.batch_sizes}"
        )
    n = len(grid.seeds)
    ours, theirs = grid.mean(at=at), np.array(REPORTED[grid.optimiser]) / 100
    margin = noise_margin(ours, grid.deviation(at=at), n)
    return HandIn(grid.optimiser, ours, theirs, ours - theirs, margin)


def hand_in_table(*comparisons: HandIn) -> Markdown:
    """Lay out for every cell our mean, their run in %, and the difference ± its margin: bold beyond noise."""
    header = [r"Taux $\eta$", "$B$"]
    for comparison in comparisons:
        name = OPTIMISERS[comparison.optimiser]
        header += [f"{name}{NBSP}: ici", "remise", "écart"]
    rows = []
    for i, j in np.ndindex(len(RATES), len(BATCH_SIZES)):
        row = ["" if j else str(rate(RATES[i])), str(number(BATCH_SIZES[j], 0))]
        for c in comparisons:
            ours, theirs, difference, margin = (
                100 * float(array[i, j])
                for array in (c.ours, c.theirs, c.difference, c.margin)
            )
            shown = f"{signed(difference, 1)}{NBSP}±{NBSP}{number(margin, 1)}"
            shown = f"**{shown}**" if c.differs[i, j] else shown
            row += [number(ours, 1), number(theirs, 1), shown]
        rows.append(row)
    return markdown_table(header, rows)


def cells_in_words(comparison: HandIn) -> Text:
    """List the cells that differ by more than noise: ``taux 0,01, B = 200 (−2,1) ; …``, or ``aucune``."""
    shown = [
        f"taux{NBSP}{rate(RATES[i])}, $B = {BATCH_SIZES[j]}$ "
        f"({signed(100 * float(comparison.difference[i, j]), 1)})"
        for i, j in comparison.cells
    ]
    return Text(f"{NBSP}; ".join(shown) or "aucune")
