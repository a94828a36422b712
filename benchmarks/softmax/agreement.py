"""Whether another way to train learns what we learn: the same parameters after some steps."""

from collections.abc import Callable
from itertools import product

import torch
from benchmarks.softmax.ours import initial, reference
from benchmarks.softmax.task import OPTIMISERS, check_rates
from torch import Tensor

from tp1.learning.data import load_train_and_validation
from tp1.learning.functions import NUM_FEATURES

Minibatches = list[tuple[Tensor, Tensor]]
# Parameters (D+1, K) from initial ones, the optimiser, the rate, and minibatches of images and labels.
TrainSome = Callable[[Tensor, str, float, Minibatches], Tensor]


def compare(
    sides: dict[str, TrainSome], batches: list[int]
) -> dict[str, dict[str, float]]:
    """Train in every way given; tell the largest difference from our parameters, and how far they went."""
    torch.set_num_threads(1)
    train, _ = load_train_and_validation()
    begin = initial(0)
    found: dict[str, dict[str, float]] = {}
    for optimiser, size in product(OPTIMISERS, batches):
        theta, orders = reference(optimiser, size, 1)
        index = torch.from_numpy(orders[0])
        minibatches = [
            (train.x[rows], train.y[rows].long()) for rows in index.split(size)
        ]
        for place, lr in enumerate(check_rates(size)):
            expected = torch.from_numpy(theta[0, place, :, : NUM_FEATURES + 1].T)
            for side, train_some in sides.items():
                params = train_some(begin, optimiser, lr, minibatches)
                found[f"{side}: {optimiser}, batch {size}, rate {lr}"] = {
                    "error": float((params - expected).abs().max()),
                    "moved": float((params - begin).abs().max()),
                }
    return found
