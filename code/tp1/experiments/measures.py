"""What is measured after every epoch, and which epoch is the best."""

import numpy as np
from numpy.typing import NDArray

MEASURES = ("train_loss", "train_accuracy", "val_loss", "val_accuracy")
History = NDArray[np.float64]


def best_epoch(history: History) -> NDArray[np.intp]:
    """Give the epoch of best validation accuracy, the first of equals, among those whose losses are finite.

    Parameters
    ----------
    history : array (epochs + 1, ..., 4)
        `MEASURES` after every epoch.

    Returns
    -------
    array (...)
    """
    finite = np.isfinite(history[..., 0]) & np.isfinite(history[..., 2])
    best: NDArray[np.intp] = np.where(finite, history[..., 3], -1.0).argmax(axis=0)
    return best


def diverged(history: History) -> NDArray[np.bool_]:
    """Say whether a loss ever was infinite or not a number; `history` is (epochs + 1, ..., 4)."""
    return np.asarray(~np.isfinite(history[..., [0, 2]]).all(axis=(0, -1)))
