"""Evaluation on a whole set, and the loop that trains: what it does, what it keeps, what it refuses."""

import math
import re

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from tp1.errors import Tp1Error
from tp1.learning import training
from tp1.learning.errors import (
    DivergedModelError,
    EmptyLoaderError,
    HyperparameterError,
    ShapeError,
)
from tp1.learning.functions import accuracy, cross_entropy, reshape_input
from tp1.learning.linear import LinearModel
from tp1.learning.training import accuracy_and_loss_whole_dataset, train


def images(n, seed=0):
    """Random images, the ten labels in turn."""
    x = torch.rand(n, 1, 28, 28, generator=torch.Generator().manual_seed(seed))
    return x, torch.arange(n) % 10


def loader(n=23, batch_size=4, seed=0, shuffle=False):
    return DataLoader(TensorDataset(*images(n, seed)), batch_size, shuffle=shuffle)


def linear(seed=0, scale=1.0, dtype=torch.float64):
    model = LinearModel(
        784, 10, generator=torch.Generator().manual_seed(seed), dtype=dtype
    )
    model.params *= scale
    return model


class ForwardOnly:
    """A model that has no scores to give."""

    def __init__(self, model):
        self.params, self.forward = model.params, model.forward


@pytest.mark.parametrize("batch_size", [1, 4, 22, 23, 50])
@pytest.mark.parametrize("size", [1, 10, 1000])
@pytest.mark.parametrize("wrap", [lambda model: model, ForwardOnly])
def test_it_is_what_one_large_minibatch_gives(batch_size, size, wrap, monkeypatch):
    monkeypatch.setattr(training, "EVALUATION_SIZE", size)
    model = linear(scale=30)
    x, labels = images(23)
    scores = model.logits(x.flatten(1).double())
    expected = torch.nn.functional.cross_entropy(scores, labels).item()
    share = (scores.argmax(dim=1) == labels).sum().item() / 23
    found = accuracy_and_loss_whole_dataset(
        loader(23, batch_size, shuffle=True), wrap(model)
    )
    assert [type(x) for x in found] == [float, float]
    assert found == (share, pytest.approx(expected, rel=1e-12))


def test_it_agrees_with_the_functions_of_the_assignment():
    model = linear(scale=10, dtype=torch.float32)
    x, y = reshape_input(*images(23))
    y_pred = model.forward(x)
    acc, loss = accuracy_and_loss_whole_dataset(loader(), model)
    assert acc == pytest.approx(accuracy(y, y_pred)[0].item())
    assert loss == pytest.approx(cross_entropy(y, y_pred).item() / 23, rel=1e-6)


def test_losses_add_up_in_double_precision():
    # One loss of 1e9 and 10,000 of about 1e-2: in single precision the small ones would vanish.
    y = torch.zeros(10_001, dtype=torch.int64)

    class Scores:
        params = torch.zeros(785, 10)
        small = math.log(0.09 / 9)

        def logits(self, x):
            a = torch.full((len(x), 10), self.small)
            a[:, 0] = 0
            a[x[:, 0] == 1] = torch.tensor([0.0] + 9 * [1e9])
            return a

    x = torch.zeros(10_001, 784)
    x[0, 0] = 1
    batches = list(zip(x.split(100), y.split(100), strict=True))
    _, loss = accuracy_and_loss_whole_dataset(batches, Scores())
    expected = 1e9 + math.log(9) + 10_000 * math.log1p(0.09)
    assert loss * 10_001 == pytest.approx(expected, rel=1e-9, abs=0.01)
    assert loss * 10_001 - 1e9 > 800


def test_a_finite_model_has_a_finite_loss_however_wrong():
    model = linear(dtype=torch.float32)
    model.params.fill_(1e30)
    model.params[:, 0] = -1e30
    _, loss = accuracy_and_loss_whole_dataset(loader(), model)
    assert math.isfinite(loss)
    assert loss > 1e30


def test_evaluation_changes_nothing():
    model = linear()
    before = model.params.clone()
    accuracy_and_loss_whole_dataset(loader(), model)
    assert torch.equal(model.params, before)
    assert model.t == 0


def test_evaluation_refuses_nothing_to_evaluate_and_stacks():
    for empty in ([], iter(()), loader(3, 4)):
        if isinstance(empty, DataLoader):
            empty = DataLoader(empty.dataset, 4, drop_last=True)
        with pytest.raises(EmptyLoaderError):
            accuracy_and_loss_whole_dataset(empty, linear())
    for r in (1, 3):
        stack = LinearModel(784, 10, params=torch.zeros(r, 785, 10))
        with pytest.raises(ShapeError, match="one model"):
            accuracy_and_loss_whole_dataset(loader(), stack)


@pytest.mark.parametrize(
    "batches",
    [
        [(torch.rand(2, 784), torch.tensor(1))],
        [(torch.rand(()), torch.tensor([1]))],
        [
            (torch.rand(2, 784), torch.tensor([0, 1])),
            (torch.rand(2, 1, 28, 28), torch.tensor([0, 1])),
        ],
    ],
    ids=["one label", "one pixel", "two shapes"],
)
def test_evaluation_refuses_minibatches_that_cannot_be_joined(batches):
    # Found by fuzzing: PyTorch refused to join them, in its own words.
    with pytest.raises(
        ShapeError, match=r"minibatches of shapes .* samples of one shape"
    ):
        accuracy_and_loss_whole_dataset(batches, linear())


@pytest.mark.parametrize("sgd", [True, False])
def test_training_is_the_loop_of_its_equations(sgd, capsys):
    data, val = list(loader(23, 4)), list(loader(8, 4, seed=1))
    model, by_hand = linear(), linear()
    losses = [accuracy_and_loss_whole_dataset(val, by_hand)[1]]
    for _ in range(3):
        for batch in data:
            x, y = (tensor.double() for tensor in reshape_input(*batch))
            grads = by_hand.get_grads(y, by_hand.forward(x), x)
            (by_hand.sgd_update if sgd else by_hand.adam_update)(0.01, grads)
        losses.append(accuracy_and_loss_whole_dataset(val, by_hand)[1])
    _, _, logger = train(model, 0.01, 3, sgd, data, val)
    assert torch.equal(model.params, by_hand.params)
    assert logger.losses_valid == losses
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert all(line.startswith(f"Époque  {k} ") for k, line in enumerate(lines))


@pytest.mark.parametrize("sgd", [True, False])
def test_a_handful_of_images_is_learnt_without_error(sgd):
    data = loader(20, 5, shuffle=True)
    model = linear(dtype=torch.float32)
    best, acc, logger = train(model, 0.002, 60, sgd, data, data)
    assert acc == 1.0
    assert logger.accuracies_train[-1] == 1.0
    assert logger.losses_train[-1] < 0.3 < logger.losses_train[0]
    assert accuracy_and_loss_whole_dataset(data, best)[0] == 1.0


@pytest.mark.parametrize("sgd", [True, False])
def test_nothing_depends_on_no_grad(sgd):
    results = []
    for context in (torch.enable_grad(), torch.no_grad()):
        torch.manual_seed(0)
        data, val = loader(shuffle=True), loader(8, seed=1)
        with context:
            model = LinearModel(num_features=784, num_classes=10)
            best, acc, logger = train(model, 0.01, 2, sgd, data, val)
        assert not model.params.requires_grad
        assert not best.params.requires_grad
        results.append((model.params, best.params, acc, vars(logger)))
    assert torch.equal(results[0][0], results[1][0])
    assert torch.equal(results[0][1], results[1][1])
    assert results[0][2:] == results[1][2:]


def test_a_model_that_was_diverging_returns_as_it_was():
    data, val = loader(23, 4), loader(20, 4)
    model = linear(dtype=torch.float32)
    before = model.params.clone()
    kept, acc, logger = train(model, 3e38, 2, True, data, val)
    assert torch.equal(kept.params, before)
    assert not model.params.isfinite().all()
    assert accuracy_and_loss_whole_dataset(val, kept) == (acc, logger.losses_valid[0])


def test_the_best_model_gives_the_best_accuracy_again():
    # Learn the right labels, then wrong ones: validation gets worse from epoch 0 on.
    x, y = images(20)
    wrong = DataLoader(TensorDataset(x, (y + 1) % 10), 5)
    model, _, _ = train(linear(), 0.002, 60, True, loader(20, 5), loader(20, 5))
    kept, acc, logger = train(model, 0.002, 60, True, wrong, loader(20, 5))
    assert acc == 1.0 > 0.5 > logger.accuracies_valid[-1]
    last = logger.accuracies_valid[-1], logger.losses_valid[-1]
    first_best = acc, logger.losses_valid[0]
    assert accuracy_and_loss_whole_dataset(loader(20, 5), kept) == first_best
    assert accuracy_and_loss_whole_dataset(loader(20, 5), model) == last


def test_without_epochs_the_initial_model_is_evaluated():
    model = linear()
    kept, acc, logger = train(model, 0.1, 0, True, loader(), loader(8))
    assert len(logger.losses_train) == 1
    assert torch.equal(kept.params, model.params)
    assert accuracy_and_loss_whole_dataset(loader(8), model)[0] == acc


def test_an_epoch_sees_every_sample_once(monkeypatch):
    seen = []
    model = linear()
    original = model.get_grads
    model.get_grads = lambda y, y_pred, X: seen.append(X) or original(y, y_pred, X)
    train(model, 0.01, 2, True, loader(23, 4, shuffle=True), loader(8))
    assert [len(x) for x in seen] == 2 * [4, 4, 4, 4, 4, 3]
    expected = images(23)[0].flatten(1).double().sort(dim=0).values
    for epoch in (seen[:6], seen[6:]):
        assert torch.equal(torch.cat(epoch).sort(dim=0).values, expected)


TEN = [images(10)]
GOOD = {
    "lr": 0.1,
    "nb_epochs": 1,
    "data_loader_train": TEN,
    "data_loader_val": TEN,
}


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"lr": -0.1}, HyperparameterError),
        ({"lr": math.nan}, HyperparameterError),
        ({"lr": math.inf}, HyperparameterError),
        ({"lr": "0.1"}, HyperparameterError),
        ({"nb_epochs": -1}, HyperparameterError),
        ({"nb_epochs": 1.0}, HyperparameterError),
        ({"nb_epochs": True}, HyperparameterError),
        ({"nb_epochs": None}, HyperparameterError),
        ({"data_loader_train": None}, EmptyLoaderError),
        ({"data_loader_val": None}, EmptyLoaderError),
        ({"data_loader_train": []}, EmptyLoaderError),
        ({"data_loader_val": []}, EmptyLoaderError),
        ({"data_loader_train": iter(loader())}, EmptyLoaderError),
        ({"data_loader_train": iter(())}, EmptyLoaderError),
        ({"data_loader_val": iter(())}, EmptyLoaderError),
    ],
    # The same names in every process, where an address would differ.
    ids=lambda value: re.sub(r" object at 0x\w+", "", str(value)),
)
def test_what_is_wrong_is_refused_before_training(wrong, error, capsys):
    model = linear()
    before = model.params.clone()
    with pytest.raises(error) as caught:
        train(model, **(GOOD | wrong))
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, Tp1Error)
    assert torch.equal(model.params, before)
    assert capsys.readouterr().out == ""


def test_a_model_that_has_diverged_already_is_refused():
    model = linear()
    model.params[0, 0] = math.nan
    with pytest.raises(DivergedModelError, match="nan"):
        train(model, **GOOD)
    assert model.params.isnan().sum() == 1
