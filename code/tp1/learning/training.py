"""The assignment's training loop: evaluate, train an epoch, evaluate, keep a copy of the best model."""

import copy
import math
from collections.abc import Iterable, Iterator, Sized
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor

from tp1.learning.checks import check_count, check_rate
from tp1.learning.errors import DivergedModelError, EmptyLoaderError, ShapeError
from tp1.learning.functions import (
    accuracy,
    cross_entropy,
    cross_entropy_from_logits,
    reshape_input,
    softmax,
)
from tp1.learning.logger import Logger

EVALUATION_SIZE = 1000

Loader = Iterable[tuple[Tensor, Tensor]]


class Classifier(Protocol):
    """What is evaluated; if it has `logits` too, its loss is computed from the scores."""

    params: Any  # a tensor, or one for each layer

    def forward(self, x: Tensor) -> Tensor:
        """Give the probabilities of the classes."""


class Trainable(Classifier, Protocol):
    """What is trained: any model with the assignment's methods.

    It has `backward(y, y_pred)`, which goes back through the last `forward`, or `get_grads(y, y_pred, X)`.
    """

    def sgd_update(self, lr: float, grads: Any) -> None:
        """Take one step of gradient descent, in place."""

    def adam_update(self, lr: float, grads: Any) -> None:
        """Take one step of Adam, in place."""


Model = TypeVar("Model", bound=Trainable)


def accuracy_and_loss_whole_dataset(
    data_loader: Loader, model: Classifier
) -> tuple[float, float]:
    """Give the accuracy and the mean loss of one model over all the samples of a loader.

    Parameters
    ----------
    data_loader : iterable of (x, y)
        Minibatches as `reshape_input` takes them, of any sizes.
    model : Classifier
        The loss comes from its `logits` by log-sum-exp (@eq-nll-scores), or else from its `forward`.

    Returns
    -------
    acc, loss : float
        The loss in nats; inf or NaN if the model has diverged.

    Raises
    ------
    EmptyLoaderError
        If the loader gives no sample.
    ShapeError
        If the images do not go with the model, or the model is a stack of several.
    """
    right, total, loss = 0, 0, 0.0
    for images, labels in joined(data_loader, EVALUATION_SIZE):
        x, y = prepared(images, labels, model)
        scores = model.logits(x) if hasattr(model, "logits") else None
        y_pred = model.forward(x) if scores is None else softmax(scores)
        if y_pred.ndim != 2:
            raise ShapeError(
                f"predictions of shape {tuple(y_pred.shape)}: one model is evaluated at a time"
            )
        card_C, card_D = accuracy(y, y_pred)[1]
        right, total = right + int(card_C), total + card_D
        # In double precision, as the sum over the set is: what is rounded is the model's own arithmetic.
        batch_loss = (
            cross_entropy(y, y_pred.double())
            if scores is None
            else cross_entropy_from_logits(y, scores.double())
        )
        loss += batch_loss.item()
    if total == 0:
        raise EmptyLoaderError("the data loader gives no sample to evaluate on")
    return right / total, loss / total


def train(
    model: Model,
    lr: float = 0.1,
    nb_epochs: int = 10,
    sgd: bool = True,
    data_loader_train: Loader | None = None,
    data_loader_val: Loader | None = None,
) -> tuple[Model, float, Logger]:
    """Train a model in place, and keep a copy of it at its best epoch.

    Epoch 0 is the evaluation of the initial model; each epoch after it goes once through the training
    loader, then evaluates on both whole sets. What it logs is printed.

    Parameters
    ----------
    model : Trainable
        Changed in place; after the call it is what the last epoch made it.
    lr : float
        Learning rate.
    nb_epochs : int
        Epochs of training, 0 or more.
    sgd : bool
        Gradient descent; otherwise Adam.
    data_loader_train, data_loader_val : iterable of (x, y)
        Minibatches as `reshape_input` takes them.

    Returns
    -------
    best_model : Trainable
        A copy of the model at the first epoch of best validation accuracy, among those whose validation
        loss is finite.
    best_val_accuracy : float
    logger : Logger

    Raises
    ------
    EmptyLoaderError
        If a loader is missing or gives no sample.
    HyperparameterError
        If the learning rate is negative or not finite, or `nb_epochs` is no integer from 0.
    DivergedModelError
        If the validation loss of the initial model is not finite.
    """
    check_rate(lr)
    check_count("number of epochs", nb_epochs, 0)
    on_train = present(data_loader_train, "data_loader_train")
    on_val = present(data_loader_val, "data_loader_val")
    update = model.sgd_update if sgd else model.adam_update
    logger = Logger()
    best_model, best_val_accuracy = model, -math.inf
    for epoch in range(nb_epochs + 1):
        for images, labels in on_train if epoch > 0 else ():
            x, y = prepared(images, labels, model)
            try:
                update(lr, gradients(model, x, y))
            except DivergedModelError:
                break  # no step is left to take; the losses say so
        accuracy_train, loss_train = accuracy_and_loss_whole_dataset(on_train, model)
        accuracy_val, loss_val = accuracy_and_loss_whole_dataset(on_val, model)
        if epoch == 0 and not math.isfinite(loss_val):
            raise DivergedModelError(
                f"validation loss {loss_val} before training: "
                "initial parameters with a finite loss are wanted"
            )
        logger.log(accuracy_train, loss_train, accuracy_val, loss_val)
        logger.print_last()
        if math.isfinite(loss_val) and accuracy_val > best_val_accuracy:
            # The model itself goes on changing.
            best_model, best_val_accuracy = copy.deepcopy(model), accuracy_val
    return best_model, best_val_accuracy, logger


def gradients(model: Any, x: Tensor, y: Tensor) -> Any:
    """Give the gradients of the loss of a minibatch, whichever of its two methods the model has.

    Raises
    ------
    DivergedModelError
        If an activation of a network is not finite.
    """
    y_pred = model.forward(x)
    if hasattr(model, "backward"):
        return model.backward(y, y_pred)
    return model.get_grads(y, y_pred, x)


def present(loader: Loader | None, name: str) -> Loader:
    """Give the loader back.

    Raises
    ------
    EmptyLoaderError
        If it is None, says that it has no minibatch, or can be gone through only once.
    """
    if loader is None:
        raise EmptyLoaderError(f"{name} is missing: a data loader is wanted")
    if isinstance(loader, Sized) and len(loader) == 0:
        raise EmptyLoaderError(f"{name} has no minibatch")
    if isinstance(loader, Iterator):
        raise EmptyLoaderError(
            f"{name} is empty after one pass: something that every epoch can go through is wanted, "
            "such as a DataLoader or a list"
        )
    return loader


def prepared(
    images: Tensor, labels: Tensor, model: Classifier
) -> tuple[Tensor, Tensor]:
    """Flatten a minibatch, encode its labels, and bring both to the model's device and type."""
    x, y = reshape_input(images, labels)
    like = model.params if isinstance(model.params, Tensor) else model.params[0]
    return x.to(like), y.to(like)


def check_alike(first: tuple[Tensor, Tensor], batch: tuple[Tensor, Tensor]) -> None:
    """Raise `ShapeError` unless two minibatches are of samples of the same shape."""
    for one, other in zip(first, batch, strict=True):
        if other.ndim == 0 or one.shape[1:] != other.shape[1:]:
            raise ShapeError(
                f"minibatches of shapes {tuple(one.shape)} and {tuple(other.shape)}: "
                "(B, ...) is wanted, with samples of one shape"
            )


def joined(loader: Loader, size: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Join successive minibatches to at least `size` samples, the last one apart.

    Evaluating images one by one would take several times as long as training on them does.

    Raises
    ------
    ShapeError
        If the samples of two minibatches do not have the same shape, or a tensor is no minibatch.
    """
    waiting: list[tuple[Tensor, Tensor]] = []
    count = 0
    for batch in loader:
        waiting.append(batch)
        check_alike(waiting[0], batch)
        count += len(batch[1])
        if count >= size:
            yield torch.cat([x for x, _ in waiting]), torch.cat([y for _, y in waiting])
            waiting, count = [], 0
    if count:
        yield torch.cat([x for x, _ in waiting]), torch.cat([y for _, y in waiting])
