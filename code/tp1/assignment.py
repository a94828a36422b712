"""The assignment's own names, importable from one place."""

from tp1.learning.functions import (
    accuracy,
    cross_entropy,
    inputs_tilde,
    reshape_input,
    softmax,
)
from tp1.learning.layers import (
    relu_backward,
    relu_forward,
    softmax_cross_entropy_backward,
)
from tp1.learning.linear import LinearModel
from tp1.learning.loaders import get_fashion_mnist_dataloaders
from tp1.learning.logger import Logger
from tp1.learning.mlp import MLPModel
from tp1.learning.training import accuracy_and_loss_whole_dataset, train

__all__ = [
    "LinearModel",
    "Logger",
    "MLPModel",
    "accuracy",
    "accuracy_and_loss_whole_dataset",
    "cross_entropy",
    "get_fashion_mnist_dataloaders",
    "inputs_tilde",
    "relu_backward",
    "relu_forward",
    "reshape_input",
    "softmax",
    "softmax_cross_entropy_backward",
    "train",
]
