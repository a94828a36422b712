"""The assignment's own cells, executed as text on a small data set."""

import inspect
import re
from functools import reduce

import matplotlib.pyplot as plt
import pytest
import torch

from tp1 import assignment
from tp1.learning.loaders import decoded

SEARCH = """
batch_size_list = [1, 20, 200, 1000]
lr_list = [0.1, 0.01, 0.001]

with torch.no_grad():
    for lr in lr_list:
        for batch_size in batch_size_list:
            print("------------------------------------------------------------------")
            print("Training model with a learning rate of {0} and a batch size of {1}".format(lr, batch_size))
            data_loader_train, data_loader_val, data_loader_test = get_fashion_mnist_dataloaders(val_percentage=0.1, batch_size=batch_size)
            model = LinearModel(num_features=784, num_classes=10)
            _, val_accuracy, _ = train(model, lr=lr, nb_epochs=5, sgd=True, data_loader_train=data_loader_train, data_loader_val=data_loader_val)
            print(f"validation accuracy = {val_accuracy*100:.3f}")
"""  # noqa: E501 (the cell, as it is)

BEST = """
batch_size = 200
lr = 0.001

with torch.no_grad():
    data_loader_train, data_loader_val, data_loader_test = get_fashion_mnist_dataloaders(val_percentage=0.1, batch_size=batch_size)
    model = LinearModel(num_features=784, num_classes=10)
    best_model, best_val_accuracy, logger = train(model, lr=lr, nb_epochs=50, sgd=True, data_loader_train=data_loader_train, data_loader_val=data_loader_val)
    logger.plot_loss_and_accuracy()
    print(f"Best validation accuracy = {best_val_accuracy*100:.3f}")
"""  # noqa: E501 (the cell, as it is)

TEST = """
with torch.no_grad():
    accuracy_test, loss_test = accuracy_and_loss_whole_dataset(data_loader_test, best_model)
print("Evaluation of the best training model over test set")
print("------")
print(f"Loss : {loss_test:.3f}")
print(f"Accuracy : {accuracy_test*100.:.3f}")
"""

NAMES = {
    "get_fashion_mnist_dataloaders",
    "reshape_input",
    "Logger",
    "accuracy",
    "accuracy_and_loss_whole_dataset",
    "cross_entropy",
    "softmax",
    "inputs_tilde",
    "LinearModel",
    "train",
    "softmax_cross_entropy_backward",
    "relu_forward",
    "relu_backward",
    "MLPModel",
}
# Those of the contract; what comes after them can only be given by name.
SIGNATURES = {
    "get_fashion_mnist_dataloaders": "val_percentage=0.1, batch_size=1",
    "reshape_input": "x, y",
    "Logger.log": "self, accuracy_train=0, loss_train=0, accuracy_valid=0, loss_valid=0",
    "Logger.plot_loss_and_accuracy": "self, train=True, valid=True",
    "Logger.print_last": "self",
    "accuracy": "y, y_pred",
    "accuracy_and_loss_whole_dataset": "data_loader, model",
    "cross_entropy": "y, y_pred",
    "softmax": "x, axis=-1",
    "inputs_tilde": "x, axis=-1",
    "LinearModel": "num_features, num_classes",
    "LinearModel.forward": "self, x",
    "LinearModel.get_grads": "self, y, y_pred, X",
    "LinearModel.sgd_update": "self, lr, grads",
    "LinearModel.adam_update": "self, lr, grads",
    "train": "model, lr=0.1, nb_epochs=10, sgd=True, data_loader_train=None, data_loader_val=None",
    "softmax_cross_entropy_backward": "y, y_pred",
    "relu_forward": "x",
    "relu_backward": "x",
    "MLPModel": "n_features, n_hidden_features, n_hidden_layers, n_classes",
    "MLPModel.forward": "self, x",
    "MLPModel.backward": "self, y, y_pred",
    "MLPModel.sgd_update": "self, lr, grads",
    "MLPModel.adam_update": "self, lr, grads",
}


def test_the_names_are_those_of_the_assignment():
    assert set(assignment.__all__) == NAMES
    namespace = {}
    exec("from tp1.assignment import *", namespace)  # noqa: S102
    assert set(namespace) >= NAMES


@pytest.mark.parametrize(("name", "wanted"), SIGNATURES.items())
def test_the_signatures_are_those_of_the_assignment(name, wanted):
    found = inspect.signature(reduce(getattr, name.split("."), assignment))
    by_place = [
        parameter.name
        if parameter.default is parameter.empty
        else f"{parameter.name}={parameter.default}"
        for parameter in found.parameters.values()
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    assert ", ".join(by_place) == wanted


LINEAR = "LinearModel(num_features=784, num_classes=10)"
NETWORK = "MLPModel(784, 300, 2, 10)"


def run_cells(model, sgd, no_grad, monkeypatch, capsys):
    """Give what the cells print, and what they leave behind."""
    decoded.cache_clear()
    figures = []
    monkeypatch.setattr(plt, "show", lambda: figures.append(plt.gcf()))
    namespace = {"torch": torch} | {name: getattr(assignment, name) for name in NAMES}
    torch.manual_seed(0)
    for cell in (SEARCH, BEST, TEST):
        if not no_grad:
            cell = cell.replace("with torch.no_grad():", "if True:")
        # One epoch a run instead of 5 or 50: it is the cell that is tested, not patience.
        cell = re.sub(r"nb_epochs=\d+", "nb_epochs=1", cell)
        cell = cell.replace("sgd=True", f"sgd={sgd}").replace(LINEAR, model)
        if model == NETWORK:
            # Steps of one image each are as many as images, and of a network they are slow.
            cell = cell.replace("[1, 20,", "[10, 20,")
        exec(cell, namespace)  # noqa: S102
    out = capsys.readouterr().out
    assert len(re.findall(r"^validation accuracy = \d+\.\d{3}$", out, re.M)) == 12
    assert re.search(r"^Best validation accuracy = \d+\.\d{3}$", out, re.M)
    assert re.search(r"^Loss : \d+\.\d{3}$", out, re.M)
    assert re.search(r"^Accuracy : \d+\.\d{3}$", out, re.M)
    assert out.count("Époque  1 ") == 13
    assert len(figures) == 1
    plt.close("all")
    return out, namespace


@pytest.mark.parametrize("sgd", [True, False])
@pytest.mark.parametrize("no_grad", [True, False])
def test_the_cells_run(small, monkeypatch, capsys, sgd, no_grad):
    _, left = run_cells(LINEAR, sgd, no_grad, monkeypatch, capsys)
    assert not left["model"].params.requires_grad


@pytest.mark.parametrize("sgd", [True, False])
def test_the_cells_run_with_a_network(small, monkeypatch, capsys, sgd):
    printed = set()
    for no_grad in (True, False):
        out, left = run_cells(NETWORK, sgd, no_grad, monkeypatch, capsys)
        printed.add(out)
        for model in (left["model"], left["best_model"]):
            assert isinstance(model, assignment.MLPModel)
            assert not any(theta.requires_grad for theta in model.params)
        assert left["best_model"] is not left["model"]
    # Nothing is left to automatic differentiation: without it they print the same.
    assert len(printed) == 1
