"""The usual notebook: torchvision's data set, a `DataLoader` a configuration, functions written by hand.

It is written as students write it, without the checks and the in-place tensors of `tp1`; nothing is done
that the assignment does not ask for (the loss of a training minibatch, for one, is not computed).
"""

import gzip
import itertools
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from benchmarks.softmax.agreement import Minibatches, compare
from benchmarks.softmax.task import (
    CLASSES,
    FEATURES,
    OPTIMISERS,
    RATES,
    TRAIN,
    VAL,
    thread_count,
)
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, Subset, random_split
from torchvision.datasets import FashionMNIST
from torchvision.transforms import ToTensor

from tp1.learning.data import checksums, raw_folder

Loader = DataLoader[tuple[Tensor, Tensor]]


def reshape_input(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Flatten images and turn labels into one-hot rows."""
    return x.reshape(-1, FEATURES), functional.one_hot(y, CLASSES).float()


def softmax(x: Tensor) -> Tensor:
    """Turn scores into probabilities."""
    e = torch.exp(x - x.max(dim=1, keepdim=True).values)
    return e / e.sum(dim=1, keepdim=True)


def inputs_tilde(x: Tensor) -> Tensor:
    """Append a 1 to every input."""
    return torch.cat([x, torch.ones(len(x), 1)], dim=1)


def cross_entropy(y: Tensor, y_pred: Tensor) -> Tensor:
    """Sum the negative log-likelihood."""
    return -torch.sum(y * torch.log(y_pred + 1e-10))


class LinearModel:
    """Softmax regression with Adam's state."""

    def __init__(self) -> None:
        self.params = 0.01 * torch.randn(FEATURES + 1, CLASSES)
        self.t = 0
        self.m = torch.zeros_like(self.params)
        self.v = torch.zeros_like(self.params)

    def forward(self, x: Tensor) -> Tensor:
        """Give probabilities."""
        return softmax(torch.matmul(inputs_tilde(x), self.params))

    def get_grads(self, y: Tensor, y_pred: Tensor, x: Tensor) -> Tensor:
        """Give the gradient, summed over the minibatch."""
        return torch.matmul(inputs_tilde(x).T, y_pred - y)

    def sgd_update(self, lr: float, grads: Tensor) -> None:
        """Take one step of gradient descent."""
        self.params -= lr * grads

    def adam_update(self, lr: float, grads: Tensor) -> None:
        """Take one step of Adam."""
        self.t += 1
        self.m = 0.9 * self.m + 0.1 * grads
        self.v = 0.999 * self.v + 0.001 * grads**2
        m_hat = self.m / (1 - 0.9**self.t)
        v_hat = self.v / (1 - 0.999**self.t)
        self.params -= lr * m_hat / (torch.sqrt(v_hat) + 1e-8)


def step(model: LinearModel, sgd: bool, lr: float, x: Tensor, y: Tensor) -> None:
    """Train on one minibatch."""
    x, y = reshape_input(x, y)
    grads = model.get_grads(y, model.forward(x), x)
    if sgd:
        model.sgd_update(lr, grads)
    else:
        model.adam_update(lr, grads)


def evaluate(model: LinearModel, minibatches: Iterator[Any]) -> int:
    """Sum loss and hits over minibatches; give the number of images."""
    loss, right, total = 0.0, 0.0, 0
    for x, y in minibatches:
        x, y = reshape_input(x, y)
        y_pred = model.forward(x)
        loss += cross_entropy(y, y_pred).item()
        right += (y_pred.argmax(dim=1) == y.argmax(dim=1)).sum().item()
        total += len(x)
    return total


def fashion_mnist(folder: Path) -> tuple[Subset[Any], Subset[Any]]:
    """Give torchvision's training images, split; the files of the test set are left empty, unread."""
    raw = raw_folder(folder)
    raw.mkdir(parents=True)
    for name in checksums():
        unpacked = raw / Path(name).stem
        unpacked.touch()
        if name.startswith("train"):
            with gzip.open(raw_folder() / name) as packed, unpacked.open("wb") as file:
                shutil.copyfileobj(packed, file)
    images = FashionMNIST(str(folder), train=True, transform=ToTensor())
    train, val = random_split(images, [TRAIN, VAL])
    return train, val


def some_of(
    loader: Loader, per_batch: float, batch_size: int, seconds: float
) -> tuple[Iterator[Any], int]:
    """Start a loader, which shuffles; give some seconds' worth of its minibatches, and their number."""
    minibatches = iter(loader)
    next(minibatches)
    number = max(2, min(int(seconds / per_batch), TRAIN // batch_size - 1))
    return itertools.islice(minibatches, number), number


def measure(batches: Sequence[int], seconds: float) -> dict[str, Any]:
    """Time slices, with PyTorch's default threads and with one: seconds an image."""
    training: dict[str, dict[str, float]] = {}
    evaluation: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="tp1-bench-") as folder:
        train, _ = fashion_mnist(Path(folder))
        for threads in (torch.get_num_threads(), 1):
            torch.set_num_threads(threads)
            variant = thread_count(threads)
            for size in batches:
                loader = DataLoader(train, batch_size=size, shuffle=True, num_workers=0)
                for optimiser in OPTIMISERS:
                    spent = time_training(loader, optimiser == "sgd", size, seconds)
                    training.setdefault(f"{optimiser} {size}", {})[variant] = spent
                spent = time_evaluation(loader, size, seconds)
                evaluation.setdefault(str(size), {})[variant] = spent
    return {"training_s": training, "evaluation_s": evaluation}


def time_training(loader: Loader, sgd: bool, size: int, seconds: float) -> float:
    """Time training: seconds an image, on the second of two slices."""
    model, per_batch = LinearModel(), 1e-4 * (1 + size)
    for _ in range(2):
        some, number = some_of(loader, per_batch, size, seconds)
        began = time.perf_counter()
        for x, y in some:
            step(model, sgd, RATES[-1], x, y)
        per_batch = (time.perf_counter() - began) / number
    return per_batch / size


def time_evaluation(loader: Loader, size: int, seconds: float) -> float:
    """Time an evaluation: seconds an image."""
    some, _ = some_of(loader, 1e-4 * (1 + size), size, seconds)
    began = time.perf_counter()
    evaluated = evaluate(LinearModel(), some)
    return (time.perf_counter() - began) / evaluated


def train_some(
    params: Tensor, optimiser: str, lr: float, minibatches: Minibatches
) -> Tensor:
    """Train from given parameters on given minibatches; for the check."""
    model = LinearModel()
    model.params = params.clone()
    for x, y in minibatches:
        step(model, optimiser == "sgd", lr, x, y)
    return model.params


def check(batches: list[int]) -> dict[str, Any]:
    """Compare parameters after some steps with ours."""
    return compare({"notebook": train_some}, batches)
