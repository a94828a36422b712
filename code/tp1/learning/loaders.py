"""Fashion-MNIST as PyTorch data loaders, for the assignment's cells."""

from collections.abc import Callable
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from tp1.errors import shown
from tp1.learning.checks import check_count
from tp1.learning.data import (
    Labelled,
    data_folder,
    load_test,
    load_train_and_validation,
    split_indices,
    to_unit,
)
from tp1.learning.errors import HyperparameterError

NUM_IMAGES = 60_000  # for training and validation, in the published files
IMAGE = (1, 28, 28)

Minibatch = tuple[Tensor, Tensor]


class Images(Dataset[Minibatch]):
    """Labelled images that are read when first needed, and taken a minibatch at a time.

    Parameters
    ----------
    read : callable
        Gives the images as bytes, (N, 784), and their labels.
    """

    def __init__(self, read: Callable[[], Labelled]) -> None:
        self.read = read

    @cached_property
    def images(self) -> Labelled:
        """The bytes and the labels."""
        return self.read()

    def __len__(self) -> int:
        return len(self.images.y)

    def __getitem__(self, index: int) -> Minibatch:
        x, y = self.images.x[index], self.images.y[index]
        return to_unit(x).view(IMAGE), y

    def __getitems__(self, indices: list[int]) -> Minibatch:
        # One gather for the whole minibatch; DataLoader prefers this method to one call an image.
        index = torch.tensor(indices)
        x = to_unit(self.images.x.index_select(0, index))
        return x.view(-1, *IMAGE), self.images.y.index_select(0, index)


def as_it_is(batch: Any) -> Any:
    """Collate nothing: `Images.__getitems__` has made a minibatch already."""
    return batch


@lru_cache(maxsize=1)
def decoded(val_percentage: float, folder: Path) -> tuple[Labelled, Labelled]:
    """Read and split the training images once; as bytes they take 47 MB, a quarter of what floats would."""
    return load_train_and_validation(val_percentage, folder=folder, scale=False)


def check_batch_size(batch_size: int, n_train: int) -> None:
    """Raise `HyperparameterError` unless the batch size is an integer from 1 to n_train."""
    check_count("batch size", batch_size, 1)
    if batch_size > n_train:
        raise HyperparameterError(
            f"batch size {shown(batch_size)}: there are {n_train} training images"
        )


def get_fashion_mnist_dataloaders(
    val_percentage: float = 0.1, batch_size: int = 1
) -> tuple[DataLoader[Minibatch], DataLoader[Minibatch], DataLoader[Minibatch]]:
    """Give the loaders of the training, validation and test images, as x (B, 1, 28, 28) and y (B,).

    The training images come in a new order each epoch. The test files are opened when the test loader is
    first used, not before. The folder is `data_folder`'s.

    Parameters
    ----------
    val_percentage : float
        Share of the validation set, a proportion between 0 and 1.
    batch_size : int
        B; the last minibatch may be smaller.

    Raises
    ------
    HyperparameterError
        If a part would be empty, or the batch size is not from 1 to the number of training images.
    DataError
        If a file is missing or damaged; for the test files, when the test loader is used.
    """
    # Before anything is read, by the published size; the files' own size has the last word.
    check_batch_size(batch_size, len(split_indices(NUM_IMAGES, val_percentage)[0]))
    folder = data_folder()
    train, val = decoded(val_percentage, folder)
    check_batch_size(batch_size, len(train.y))
    test = partial(load_test, folder, scale=False)
    return (
        DataLoader(
            Images(lambda: train), batch_size, shuffle=True, collate_fn=as_it_is
        ),
        DataLoader(Images(lambda: val), batch_size, collate_fn=as_it_is),
        DataLoader(Images(test), batch_size, collate_fn=as_it_is),
    )
