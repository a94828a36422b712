"""Made-up results, with the shapes and the files of real ones: nothing is trained here."""

from dataclasses import asdict
from itertools import product

import numpy as np
import pytest

from tp1.experiments.part3 import shapes
from tp1.experiments.plans import Config, assigned, wider
from tp1.experiments.results import Results
from tp1.experiments.tables import write_table
from tp1.reporting.speed import COLUMNS


def made_up(runs, seed=0):
    """Give every run a history: losses that fall, accuracies that rise, and noise on both."""
    random = np.random.default_rng(seed)
    history = {}
    for run in runs:
        epochs = np.arange(run.config.epochs + 1)
        level = 0.7 + 0.15 * random.random()
        accuracy = level * (1 - 0.8 * np.exp(-2.0 * epochs))
        loss = 0.4 + 1.9 * np.exp(-2.0 * epochs)
        columns = [loss, accuracy, loss + 0.05, accuracy - 0.02]
        noise = random.uniform(-0.02, 0.02, (4, len(epochs)))
        history[run] = (np.array(columns) + noise).T
    return Results(history, {"code": "made up", "seconds": 131.85})


@pytest.fixture(scope="session")
def assigned_results():
    return made_up(assigned())


@pytest.fixture(scope="session")
def wider_results():
    return made_up(wider(3), 1)


@pytest.fixture(scope="session")
def shapes_results():
    rates = {"sgd": Config("sgd", 0.01, 50), "adam": Config("adam", 0.001, 200)}
    return made_up(shapes(rates, 3), 2)


IMAGES, CLASSES, SEEDS = 400, 10, 5
CHOICES = {
    "assigned-sgd": Config("sgd", 0.01, 20),
    "assigned-adam": Config("adam", 0.001, 20),
    "wider-sgd": Config("sgd", 0.3, 100, 20, "unit", "mean", "linear"),
    "wider-adam": Config("adam", 0.0003, 500, 20, "standard", "mean", "linear"),
}


@pytest.fixture
def final_folder(tmp_path):
    """Write the six tables of a final evaluation, made of predictions that are made up."""
    random = np.random.default_rng(3)
    labels = np.arange(IMAGES) % CLASSES
    rows, confusion, calibration, right = [], [], [], []
    for rank, (name, c) in enumerate(CHOICES.items()):
        hits = random.random((SEEDS, IMAGES)) < 0.7 + 0.05 * rank
        wrong = (labels + random.integers(1, CLASSES, (SEEDS, IMAGES))) % CLASSES
        predicted = np.where(hits, labels, wrong)
        config = (
            c.optimiser, c.lr, c.batch_size, c.epochs, c.pixels, c.gradient, c.schedule,
        )  # fmt: skip
        rows += [
            (name, *config, seed, 3 + seed % 2, 0.4, 0.86, 0.42, 0.85 + seed / 1000, 0.45 + seed / 100,
             float(hits[seed].mean()))
            for seed in range(SEEDS)
        ]  # fmt: skip
        for k in range(CLASSES):
            counts = np.bincount(predicted[:, labels == k].ravel(), minlength=CLASSES)
            confusion.append((name, k, *counts.tolist()))
        p = random.uniform(0.1, 1, hits.shape)
        for b in range(10):
            inside = (10 * p).astype(int) == b
            calibration.append(
                (name, b, int(inside.sum()), float(p[inside].sum()), int(hits[inside].sum()))
            )  # fmt: skip
        right.append(hits.sum(axis=0).tolist())
    columns = (
        "choice", "optimiser", "lr", "batch_size", "epochs", "pixels", "gradient", "schedule", "seed",
        "best_epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "test_loss",
        "test_accuracy",
    )  # fmt: skip
    receipt = {
        "code": "made up",
        "best": "wider-adam",
        "seeds": SEEDS,
        "choices": {name: asdict(config) for name, config in CHOICES.items()},
    }
    tables = {
        "final": (columns, rows),
        "final-images": (tuple(CHOICES), list(zip(*right, strict=True))),
        "final-confusion": (
            ("choice", "true", *(f"predicted_{k}" for k in range(CLASSES))),
            confusion,
        ),
        "final-calibration": (
            ("choice", "bin", "predictions", "probability", "right"),
            calibration,
        ),
        "final-weights": (
            tuple(f"class_{k}" for k in range(CLASSES)),
            random.normal(size=(785, CLASSES)).tolist(),
        ),
        "final-mistakes": (
            ("image", "true", "predicted", "probability"),
            [(7 * i, i % 10, (i + 3) % 10, 0.99 - i / 100) for i in range(12)],
        ),
    }
    for name, (header, content) in tables.items():
        write_table(tmp_path / name, header, content, receipt)
    return tmp_path


@pytest.fixture
def speed_folder(tmp_path):
    """Write what the benchmark of a step writes, made up: the ratio is width / 50 + 1 / batch."""
    rows, phases = [], []
    grid = product((1, 5), (25, 1000), (1, 20, 1000), ("sgd", "adam"), (1, 2))
    for place in grid:
        depth, width, batch, _, threads = place
        seconds = 1e-8 * depth * width * (batch + 10) / threads
        ratio = width / 50 + 1 / batch
        for side, spent in (("by hand", seconds), ("autograd", ratio * seconds)):
            around = (0.99 * spent, 1.01 * spent)
            rows.append((*place, side, spent, 5, *around, 20 * depth, 1000 * batch))
            if depth == 5:
                shares = {"forward": 0.25, "backward": 0.25, "update": 0.5}
                names = ("depth", "width", "batch", "optimiser", "threads")
                phases.append(
                    {**dict(zip(names, place, strict=True)), "side": side}
                    | {phase: share * spent for phase, share in shares.items()}
                )
    provenance = {
        "machine": "made up", "versions": "none", "load": [0.0, 0.0, 0.0], "code": "made up",
        "quick": False, "threads": [1, 2], "absent": {"torch.compile": "a C++ compiler"},
        "errors": {"autograd": 1e-6}, "optimisers": {"fused": 1, "for-loop": 0},
        "peak": {"1": 1e11, "2": 2e11}, "phases": phases,
        "work": [
            {
                "depth": depth, "width": width, "parameters": 100, "flops_per_image": 600,
                "sgd_bytes": {"by hand": 800, "autograd": 1600},
                "adam_bytes": {"by hand": 7600, "autograd": 3200},
            }
            for depth, width in product((1, 5), (25, 1000))
        ],
    }  # fmt: skip
    write_table(tmp_path / "mlp_steps", COLUMNS, rows, provenance)
    return tmp_path
