"""The backpropagation stepper's data: a small network and one example as JSON takes them."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor


def stepper_data(
    thetas: Sequence[Tensor], x: Tensor, y: Tensor, lr: float
) -> dict[str, Any]:
    """Export a network and an example for the page, which reads the pseudocode from the chapter's own table.

    Parameters
    ----------
    thetas : sequence of Tensor (n_out, n_in+1)
        θ of each layer, the bias in the last column.
    x : Tensor (D,)
    y : Tensor (K,)
        One-hot.
    lr : float
        The learning rate shown first.
    """
    return {
        "thetas": [theta.tolist() for theta in thetas],
        "x": x.tolist(),
        "target": int(y.argmax()),
        "lr": lr,
    }
