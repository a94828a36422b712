"""The final evaluation: what each choice reaches on the test set, and what the differences are worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from IPython.display import Markdown
from numpy.typing import NDArray

from tp1.experiments.errors import ResultsError
from tp1.experiments.final import WEIGHTS, choices_of, written
from tp1.experiments.plans import Config
from tp1.experiments.results import read_run
from tp1.experiments.tables import NOTE, read_table
from tp1.reporting.french import NBSP, number, signed
from tp1.reporting.hand_in import ReportedTest
from tp1.reporting.intervals import Interval, interval, joint
from tp1.reporting.results import Array, results_folder
from tp1.reporting.table import markdown_table
from tp1.reporting.words import bounds, in_words, plus_minus

Counts = NDArray[np.int64]
SEARCHES = {
    "assigned": "énoncé",
    "wider": "élargie",
    "shapes": "tableaux",
    "own": "notre réseau",
}


@dataclass(frozen=True)
class Choice:
    """A chosen configuration, trained with S seeds, its best parameters evaluated on the test set.

    Attributes
    ----------
    name : str
        Such as ``assigned-sgd``: the search, then the optimiser.
    config : Config
    seeds : tuple of S ints
    best_epochs : array (S,) of integers
    val_accuracy, test_loss, test_accuracy : array (S,)
        At the best epoch.
    right : array (N,) of integers
        How many of the seeds classify each test image well.
    confusion : array (K, K) of integers
        Test images of each class (row) taken for each class (column), all seeds together.
    calibration : array (bins, 3)
        Predictions on the test set by their probability, in bins of equal width, all seeds together: how many
        there are, the sum of their probabilities, and how many are right.
    """

    name: str
    config: Config
    seeds: tuple[int, ...]
    best_epochs: Counts
    val_accuracy: Array
    test_loss: Array
    test_accuracy: Array
    right: Counts
    confusion: Counts
    calibration: Array

    @property
    def calibration_error(self) -> float:
        """Give the expected calibration error: how far probability and accuracy are apart, over the bins."""
        n, p, right = self.calibration.T
        return float(np.abs(p - right).sum() / n.sum())


class Mistake(NamedTuple):
    """A validation image that is taken, with some probability, for another class."""

    image: int
    true: int
    predicted: int
    probability: float


@dataclass(frozen=True)
class Final:
    """The final evaluation.

    Attributes
    ----------
    choices : dict of str to Choice
    best : str
        The choice that is best in validation; what follows is of its first seed.
    weights : array (D + 1, K), optional
        Only a softmax regression's are kept.
    mistakes : list of Mistake
        The most confident ones on validation images.
    provenance : dict
    """

    choices: dict[str, Choice]
    best: str
    weights: Array | None
    mistakes: list[Mistake]
    provenance: dict[str, Any]


def load_final(folder: Path | None = None) -> Final:
    """Read the final evaluation, by default from `results_folder`.

    Raises
    ------
    ResultsError
        If a file is missing or damaged, or the tables are not of one evaluation.
    """
    folder = folder or results_folder()
    tables, receipts = {}, {}
    try:
        configs, best = choices_of(read_table(folder / "final")[1])
        for name in written(configs[best]):
            tables[name], receipts[name] = read_table(folder / name)
            receipts[name].pop("sha256")
        for name, other in receipts.items():
            if other != receipts["final"]:
                raise ResultsError(
                    f"{folder / name}.csv and final.csv are not of one evaluation: {NOTE}"
                )
        names = list(dict.fromkeys(row["choice"] for row in tables["final"]))
        choices = {name: _choice(name, tables) for name in names}
        weights = None
        if WEIGHTS in tables:
            weights = np.array(
                [[float(x) for x in row.values()] for row in tables[WEIGHTS]]
            )
        mistakes = [
            Mistake(
                int(row["image"]),
                int(row["true"]),
                int(row["predicted"]),
                float(row["probability"]),
            )
            for row in tables["final-mistakes"]
        ]
        choices[best]
    except (KeyError, TypeError, ValueError) as error:
        raise ResultsError(
            f"the tables final*.csv of {folder} cannot be understood ({error!r}): {NOTE}"
        ) from error
    return Final(choices, best, weights, mistakes, receipts["final"])


def _choice(name: str, tables: Mapping[str, list[dict[str, str]]]) -> Choice:
    rows = [row for row in tables["final"] if row["choice"] == name]
    counts, bins = (
        [row for row in tables[table] if row["choice"] == name]
        for table in ("final-confusion", "final-calibration")
    )
    epochs = np.array([int(row["best_epoch"]) for row in rows])
    val_accuracy, test_loss, test_accuracy = (
        np.array([float(row[column]) for row in rows])
        for column in ("val_accuracy", "test_loss", "test_accuracy")
    )
    right = np.array([int(row[name]) for row in tables["final-images"]])
    confusion = np.array(
        [[int(row[f"predicted_{k}"]) for k in range(len(counts))] for row in counts]
    )
    calibration = np.array(
        [
            [float(row[x]) for x in ("predictions", "probability", "right")]
            for row in bins
        ]
    )
    seeds = tuple(int(row["seed"]) for row in rows)
    return Choice(
        name,
        read_run(rows[0]).config,
        seeds,
        epochs,
        val_accuracy,
        test_loss,
        test_accuracy,
        right,
        confusion,
        calibration,
    )


def final_table(
    choices: Sequence[Choice], reported: Sequence[ReportedTest] = ()
) -> Markdown:
    """Lay out what was chosen and what it reaches, as mean ± standard error over the seeds.

    Parameters
    ----------
    choices : sequence of Choice
    reported : sequence of ReportedTest
        The earlier hand-in's single runs, for comparison.
    """
    header = [
        "Recherche",
        "Configuration",
        f"Validation{NBSP}(%)",
        f"Test{NBSP}: perte",
        f"Test{NBSP}(%)",
    ]
    rows = [
        [
            SEARCHES.get(search := choice.name.rsplit("-", 1)[0], search),
            in_words(choice.config),
            plus_minus(choice.val_accuracy, 2),
            plus_minus(choice.test_loss, 3, scale=1),
            plus_minus(choice.test_accuracy, 2),
        ]
        for choice in choices
    ]
    rows += [
        [
            "remise antérieure",
            in_words(run.config),
            number(100 * run.val_accuracy, 2),
            number(run.test_loss, 3),
            number(100 * run.test_accuracy, 2),
        ]
        for run in reported
    ]
    return markdown_table(header, rows, "llrrr")


@dataclass(frozen=True)
class Paired:
    """The test accuracy of one choice less that of another: one mean, seen from two sides.

    Attributes
    ----------
    by_seed : Interval
        Differences seed by seed: what another training with other seeds would change, on these test images.
    by_image : Interval
        Differences image by image, each averaged over the seeds: what other test images would change, with
        these trained models.
    """

    by_seed: Interval
    by_image: Interval

    @property
    def joint(self) -> Interval:
        """What other seeds and other images would change together: the variances of both sides, added.

        How seeds and images interact is in both; the interval is, if anything, too wide.
        """
        return joint(self.by_seed, self.by_image)


def compare(one: Choice, other: Choice) -> Paired:
    """Compare two choices on the test set: `one` less `other`, paired by seed, then by image.

    Raises
    ------
    ResultsError
        If they do not have the same seeds, two or more of them, and the same images.
    """
    if one.seeds != other.seeds or len(one.right) != len(other.right):
        raise ResultsError(
            f"{one.name} and {other.name} cannot be paired: seeds {one.seeds} and {other.seeds}, "
            f"{len(one.right)} and {len(other.right)} images"
        )
    by_seed = interval(one.test_accuracy - other.test_accuracy)
    by_image = interval((one.right - other.right) / len(one.seeds))
    return Paired(by_seed, by_image)


def paired_table(pairs: Mapping[str, Paired]) -> Markdown:
    """Lay out comparisons by name: the difference in points, then the interval by seed, by image, by both."""
    return markdown_table(
        ["Comparaison", "Écart", "Par graine", "Par image", "Les deux"],
        [
            [
                name,
                signed(100 * pair.by_seed.mean, 2),
                *map(bounds, (pair.by_seed, pair.by_image, pair.joint)),
            ]
            for name, pair in pairs.items()
        ],
    )
