"""The images as the lock-step wants them: on the device, the 1 appended, rows that start on a cache line."""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from tp1.learning.data import Labelled, load_train_and_validation
from tp1.learning.functions import NUM_CLASSES, NUM_FEATURES

LINE = 16  # floats in a cache line of 64 bytes
WIDTH = -(-(NUM_FEATURES + 1) // LINE) * LINE


@dataclass(frozen=True)
class Images:
    """N images: `x` (N, WIDTH), a 1 at NUM_FEATURES and zeros after it; `y` (N, K) one-hot; `labels` (N,)."""

    x: Tensor
    y: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Sets:
    """The training and the validation set; `shift` (784,) and `scale` are what pixels were changed by."""

    train: Images
    val: Images
    shift: Tensor
    scale: float


def prepared(
    images: Labelled,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Images:
    """Copy images, floats in [0, 1] or bytes, into rows of WIDTH floats in [0, 1] on the device."""
    x = torch.zeros(len(images.y), WIDTH, dtype=dtype)
    pixels = x[:, :NUM_FEATURES].copy_(images.x)
    if not images.x.is_floating_point():
        pixels.div_(255)
    x[:, NUM_FEATURES] = 1
    labels = images.y.to(device=device, dtype=torch.int64)
    one_hot = torch.eye(NUM_CLASSES, dtype=dtype, device=device)[labels]
    return Images(x.to(device), one_hot, labels)


def rescale(images: Images, shift: Tensor, scale: float) -> None:
    """Replace pixels by (pixel - shift) / scale, in place."""
    images.x[:, :NUM_FEATURES].sub_(shift.to(images.x)).div_(scale)


def prepared_sets(
    train: Labelled,
    val: Labelled,
    pixels: str = "unit",
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Sets:
    """Prepare both sets; ``standard`` pixels have the statistics of the training set, never of another."""
    learnt, held = (prepared(images, device, dtype) for images in (train, val))
    shift, scale = torch.zeros(NUM_FEATURES, dtype=dtype), 1.0
    if pixels == "standard":
        values = learnt.x[:, :NUM_FEATURES]
        shift, scale = values.mean(dim=0).cpu(), float(values.std())
        for images in (learnt, held):
            rescale(images, shift, scale)
    return Sets(learnt, held, shift, scale)


@lru_cache(maxsize=2)
def fashion_mnist(pixels: str, device: str) -> Sets:
    """Read Fashion-MNIST's training images once for each worker.

    Raises
    ------
    DataError
        If a file is missing or damaged.
    """
    return prepared_sets(*load_train_and_validation(scale=False), pixels, device)
