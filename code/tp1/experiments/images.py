"""The images as the lock-step wants them: bytes on the device, each row on cache lines, the 1 appended.

A step copies its images out of a set that is larger than the caches. As bytes they are a quarter of what they
would be as floats, and so is the time that this takes.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from tp1.learning.checks import check_labels
from tp1.learning.data import Labelled, load_train_and_validation
from tp1.learning.functions import NUM_CLASSES, NUM_FEATURES

LINE = 16  # floats in a cache line of 64 bytes
WHITE = 255  # the byte that stands for 1


def padded(n: int) -> int:
    """Give how long a row of n numbers and a 1 is, so that the next one starts on a cache line."""
    return -(-(n + 1) // LINE) * LINE


WIDTH = padded(NUM_FEATURES)


@dataclass(frozen=True)
class Images:
    """N images, their bytes or floats.

    Attributes
    ----------
    x : Tensor (N, WIDTH)
        Pixels, then the 1 (as a byte `WHITE`), then zeros.
    labels : Tensor (N,) of integers
    shift, scale : Tensor (NUM_FEATURES,), float
        Bytes become pixels in [0, 1], then (pixel - shift) / scale; floats have been through that.
    dtype : torch.dtype
        Of the pixels that `rows` gives.
    """

    x: Tensor
    labels: Tensor
    shift: Tensor | None = None
    scale: float = 1.0
    dtype: torch.dtype = torch.float32

    def __len__(self) -> int:
        return len(self.labels)

    def rows(
        self,
        which: Tensor | slice,
        out: Tensor | None = None,
        scratch: Tensor | None = None,
    ) -> Tensor:
        """Copy some images as floats, (n, WIDTH).

        Parameters
        ----------
        which : Tensor (n,) of integers, or slice
        out : Tensor (n, WIDTH), optional
            Where they go.
        scratch : Tensor (n, WIDTH) of bytes, optional
        """
        if isinstance(which, slice):
            found = self.x[which]
        elif self.x.dtype == torch.uint8:
            found = torch.index_select(self.x, 0, which, out=scratch)
        else:
            found = torch.index_select(self.x, 0, which, out=out)
        if out is None:
            out = torch.empty_like(found, dtype=self.dtype)
        if found is not out:
            out.copy_(found)
        if self.x.dtype == torch.uint8:
            out.div_(WHITE)
            if self.shift is not None:
                out[:, :NUM_FEATURES].sub_(self.shift).div_(self.scale)
        return out


@dataclass(frozen=True)
class Sets:
    """The training and the validation set; `shift` and `scale` are what their pixels are changed by."""

    train: Images
    val: Images
    shift: Tensor | None = None
    scale: float = 1.0


def prepared(
    images: Labelled,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    shift: Tensor | None = None,
    scale: float = 1.0,
) -> Images:
    """Copy images, floats in [0, 1] or bytes, to the device.

    Raises
    ------
    LabelError
        If a label is not one of the classes.
    """
    check_labels(images.y, NUM_CLASSES)
    labels = images.y.to(device=device, dtype=torch.int64)
    floats = images.x.is_floating_point()
    x = torch.zeros(len(labels), WIDTH, dtype=dtype if floats else torch.uint8)
    x[:, :NUM_FEATURES] = images.x
    x[:, NUM_FEATURES] = 1 if floats else WHITE
    if shift is not None:
        shift = shift.to(dtype)
        if floats:
            x[:, :NUM_FEATURES].sub_(shift).div_(scale)
        shift = shift.to(device)
    return Images(x.to(device), labels, shift, scale, dtype)


def prepared_sets(
    train: Labelled,
    val: Labelled,
    pixels: str = "unit",
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Sets:
    """Prepare both sets; ``standard`` pixels have the statistics of the training set, never of another."""
    shift, scale = None, 1.0
    if pixels == "standard":
        values = train.x.to(dtype)
        if not train.x.is_floating_point():
            values.div_(WHITE)
        shift, scale = values.mean(dim=0), float(values.std())
    learnt, held = (
        prepared(images, device, dtype, shift, scale) for images in (train, val)
    )
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
