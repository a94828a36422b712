"""The final evaluation: the only code that reads the test set; what it writes says of which choice it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tp1.experiments.errors import ResultsError
from tp1.experiments.images import Images, fashion_mnist, prepared
from tp1.experiments.lockstep import Stack
from tp1.experiments.measures import MEASURES, History, best_epoch
from tp1.experiments.plans import Config
from tp1.experiments.results import config_cells, config_columns
from tp1.experiments.tables import NOTE, write_table
from tp1.learning.data import checksums, load_test
from tp1.learning.functions import (
    NUM_CLASSES,
    NUM_FEATURES,
    cross_entropy_from_logits,
    one_hot,
    softmax,
)
from tp1.learning.mlp import MLPModel

MISTAKES = 12
WEIGHTS = "final-weights"
TABLES = (
    "final-images", "final-confusion", "final-calibration", WEIGHTS, "final-mistakes", "final",
)  # fmt: skip
BINS = 10  # of equal width, for the probabilities of the predicted classes


@dataclass(frozen=True)
class Trained:
    """One run of a chosen configuration: its history, (epochs + 1, 4), and its best network."""

    seed: int
    history: History
    model: MLPModel

    @property
    def at_best(self) -> tuple[float, ...]:
        """`MEASURES` at the best epoch."""
        return tuple(map(float, self.history[best_epoch(self.history)]))


@dataclass(frozen=True)
class Evaluation:
    """What the runs of one configuration do on the test set.

    Attributes
    ----------
    rows : list of tuple
        A run each: seed, best epoch, `MEASURES` there, test loss, test accuracy.
    confusion : Tensor (K, K)
        All runs together: images of each class (row) taken for each class (column).
    calibration : Tensor (BINS, 3)
        All runs together, as `by_confidence` counts.
    right : Tensor (N,)
        How many runs classify each image well.
    """

    rows: list[tuple[float, ...]]
    confusion: Tensor
    calibration: Tensor
    right: Tensor


def evaluate_choices(
    choices: Mapping[str, Config],
    stacks: list[Stack],
    provenance: Mapping[str, object],
    output: Path,
) -> None:
    """Evaluate the best parameters of the chosen configurations on the test set, and write the results.

    ``final.csv`` has a row for each choice and seed; ``final-images.csv`` says how many seeds of each choice
    classify each test image well; all seeds together, ``final-confusion.csv`` counts predictions by class and
    ``final-calibration.csv`` by their probability. Of the choice that is best in validation,
    ``final-mistakes.csv`` has the most confident mistakes of the first seed on validation images, and
    ``final-weights.csv`` its parameters if it is a softmax regression.
    """
    unit = load_test(scale=False)
    names = config_columns(choices.values())
    rows, confusion, calibration, right, scores = [], [], [], {}, {}
    for choice, config in choices.items():
        sets = fashion_mnist(config.pixels, "cpu")
        test = prepared(unit, shift=sets.shift, scale=sets.scale)
        runs = trained(config, stacks)
        found = evaluate(runs, test)
        cells = (choice, *config_cells(config, names))
        rows += [(*cells, *row) for row in found.rows]
        confusion += [
            (choice, k, *row) for k, row in enumerate(found.confusion.tolist())
        ]
        calibration += [
            (choice, i, int(n), p, int(k))
            for i, (n, p, k) in enumerate(found.calibration.tolist())
        ]
        right[choice] = found.right.tolist()
        scores[choice] = sum(run.at_best[3] for run in runs) / len(runs)

    best = max(scores, key=lambda choice: scores[choice])
    model = trained(choices[best], stacks)[0].model
    predicted_columns = tuple(f"predicted_{k}" for k in range(NUM_CLASSES))
    tables = {
        "final-images": (tuple(right), zip(*right.values(), strict=True)),
        "final-confusion": (("choice", "true", *predicted_columns), confusion),
        "final-calibration": (
            ("choice", "bin", "predictions", "probability", "right"),
            calibration,
        ),
        WEIGHTS: (
            tuple(f"class_{k}" for k in range(NUM_CLASSES)),
            model.params[0].tolist(),
        ),
        "final-mistakes": (
            ("image", "true", "predicted", "probability"),
            mistakes(model, choices[best].pixels),
        ),
        # The last to be written: where it is, the others are.
        "final": (final_columns(choices.values()), rows),
    }
    receipt = {**provenance, "best": best, "test": checksums("t10k")}
    for name in written(choices[best]):
        write_table(output / name, *tables[name], receipt)


def evaluate(runs: list[Trained], test: Images) -> Evaluation:
    """Evaluate the best networks of a configuration's runs."""
    rows = []
    confusion = torch.zeros(NUM_CLASSES, NUM_CLASSES, dtype=torch.int64)
    calibration = torch.zeros(BINS, 3, dtype=torch.float64)
    seeds_right = torch.zeros(len(test.labels), dtype=torch.int64)
    for run in runs:
        a = logits(run.model, test).double()
        predicted = a.argmax(dim=1)
        right = predicted == test.labels
        confusion += confusion_counts(test.labels, predicted)
        calibration += by_confidence(softmax(a).amax(dim=1), right)
        seeds_right += right
        y = one_hot(test.labels, a.dtype)
        loss = cross_entropy_from_logits(y, a).item() / len(a)
        epoch = int(best_epoch(run.history))
        accuracy = right.double().mean().item()
        rows.append((run.seed, epoch, *run.at_best, loss, accuracy))
    return Evaluation(rows, confusion, calibration, seeds_right)


def written(best: Config) -> list[str]:
    """Name the tables of an evaluation; the weights of hidden layers are too many to be kept."""
    return [name for name in TABLES if name != WEIGHTS or not best.depth]


def choices_of(receipt: Mapping[str, Any]) -> tuple[dict[str, Config], str]:
    """Read from the receipt of an evaluation its choices, and the name of the best.

    Raises
    ------
    ResultsError
        If they are not there, or are no configurations.
    """
    try:
        best = receipt["best"]
        choices = {name: Config(**of) for name, of in receipt["choices"].items()}
        choices[best]
    except (KeyError, TypeError, ValueError) as error:
        raise ResultsError(
            f"the receipt of a final evaluation has no choices, or wrong ones ({error!r}): {NOTE}"
        ) from error
    return choices, best


def final_columns(configs: Iterable[Config]) -> tuple[str, ...]:
    """Name the columns of ``final.csv``."""
    measured = ("best_epoch", *MEASURES, "test_loss", "test_accuracy")
    return ("choice", *config_columns(configs), "seed", *measured)


def trained(config: Config, stacks: list[Stack]) -> list[Trained]:
    """Collect the runs of a configuration, in the order of the seeds."""
    found = [
        Trained(run.seed, stack.history[:, i], network(config, stack.best, i))
        for stack in stacks
        for i, run in enumerate(stack.runs)
        if run.config == config
    ]
    return sorted(found, key=lambda run: run.seed)


def network(config: Config, params: list[Tensor], place: int) -> MLPModel:
    """Make a network of the parameters of one run of a stack, (R, n_in+1, n_out) for each layer."""
    return MLPModel(
        NUM_FEATURES, config.width, config.depth, NUM_CLASSES,
        params=[layer[place] for layer in params],
    )  # fmt: skip


def logits(model: MLPModel, images: Images) -> Tensor:
    """Give the scores of all the images, (N, K)."""
    return model.logits(images.rows(slice(None))[:, :NUM_FEATURES])


def confusion_counts(labels: Tensor, predicted: Tensor) -> Tensor:
    """Count the images of each class (row) that are taken for each class (column)."""
    pairs = NUM_CLASSES * labels + predicted
    return pairs.bincount(minlength=NUM_CLASSES**2).view(NUM_CLASSES, NUM_CLASSES)


def by_confidence(p: Tensor, right: Tensor) -> Tensor:
    """Sort predictions into bins by their probability `p`, (N,): how many, the sum of p, hits; (BINS, 3)."""
    each = torch.stack([torch.ones_like(p), p, right.to(p)], dim=1)
    place = (p * BINS).long().clamp_max(BINS - 1)
    return p.new_zeros(BINS, 3).index_add_(0, place, each)


def mistakes(model: MLPModel, pixels: str) -> list[tuple[int, int, int, float]]:
    """Find the validation images that are taken for another class with the highest probability.

    Returns
    -------
    list of (image, true class, predicted class, probability)
        `image` is a place in the validation set.
    """
    val = fashion_mnist(pixels, "cpu").val
    p, predicted = softmax(logits(model, val).double()).max(dim=1)
    wrong = torch.where(predicted == val.labels, -1.0, p)
    return [
        (i, int(val.labels[i]), int(predicted[i]), float(p[i]))
        for i in wrong.argsort(descending=True)[:MISTAKES].tolist()
        if wrong[i] >= 0
    ]
