"""scikit-learn's `SGDClassifier`: one image a step, ten logistic regressions, each class against the rest.

That is another model than softmax regression: the probabilities of the classes are fitted apart.
"""

import time
from importlib import import_module
from typing import Any

import numpy as np
from benchmarks.softmax.task import CLASSES, RATES, check_rates, seconds_per_call

from tp1.learning.data import load_train_and_validation

linear_model: Any = import_module("sklearn.linear_model")
JOBS = (1, 2)


def classifier(lr: float, jobs: int = 1, shuffle: bool = True) -> Any:
    """Make the classifier that is nearest to ours: log loss, no penalty, a constant learning rate."""
    return linear_model.SGDClassifier(
        loss="log_loss", alpha=0, learning_rate="constant", eta0=lr, n_jobs=jobs,
        shuffle=shuffle, random_state=0,
    )  # fmt: skip


def measure(images: int, seconds: float) -> dict[str, Any]:
    """Time an epoch of `partial_fit` for the three rates in turn, and an evaluation of both sets."""
    train, val = load_train_and_validation()
    sets = [(part.x.numpy(), part.y.numpy()) for part in (train, val)]
    x, y = sets[0][0][:images], sets[0][1][:images]
    epochs = {}
    for jobs in JOBS:
        began = time.perf_counter()
        for lr in RATES:
            fitted = classifier(lr, jobs).partial_fit(x, y, np.arange(CLASSES))
        epochs[str(jobs)] = (time.perf_counter() - began) * len(train.y) / images
    evaluation = seconds_per_call(lambda: evaluate(fitted, sets), seconds)
    return {"epoch_s": epochs, "evaluation_s": len(RATES) * evaluation}


def evaluate(fitted: Any, sets: list[tuple[np.ndarray, np.ndarray]]) -> list[float]:
    """Measure loss and accuracy on whole sets, from probabilities that are normalised over the classes."""
    measures = []
    for x, y in sets:
        p = fitted.predict_proba(x)
        measures.append(-float(np.log(p[np.arange(len(y)), y] + 1e-10).mean()))
        measures.append(float((p.argmax(axis=1) == y).mean()))
    return measures


def check() -> dict[str, Any]:
    """Compare some steps with logistic regressions written out, in the order of the images."""
    train, _ = load_train_and_validation()
    x, y = train.x[:200].numpy(), train.y[:200].numpy()
    lr = check_rates(1)[0]
    fitted = classifier(lr, shuffle=False)
    fitted.partial_fit(x, y, np.arange(CLASSES))
    weights, bias = np.zeros((CLASSES, x.shape[1])), np.zeros(CLASSES)
    for image, label in zip(x.astype(float), y, strict=True):
        p = 1 / (1 + np.exp(-(weights @ image + bias)))
        error = (np.arange(CLASSES) == label) - p
        weights += lr * error[:, None] * image
        bias += lr * error
    return {
        "scikit-learn": {
            "error": float(np.abs(fitted.coef_ - weights).max()),
            "moved": float(np.abs(weights).max()),
        }
    }
