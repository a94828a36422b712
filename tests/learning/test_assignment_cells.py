"""The assignment's own cells, executed as text on a small data set."""

import re

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
}


def test_the_names_are_those_of_the_assignment():
    assert set(assignment.__all__) == NAMES
    namespace = {}
    exec("from tp1.assignment import *", namespace)  # noqa: S102
    assert set(namespace) >= NAMES


@pytest.mark.parametrize("sgd", [True, False])
@pytest.mark.parametrize("no_grad", [True, False])
def test_the_cells_run(small, monkeypatch, capsys, sgd, no_grad):
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
        cell = cell.replace("sgd=True", f"sgd={sgd}")
        exec(cell, namespace)  # noqa: S102
    out = capsys.readouterr().out
    assert len(re.findall(r"^validation accuracy = \d+\.\d{3}$", out, re.M)) == 12
    assert re.search(r"^Best validation accuracy = \d+\.\d{3}$", out, re.M)
    assert re.search(r"^Loss : \d+\.\d{3}$", out, re.M)
    assert re.search(r"^Accuracy : \d+\.\d{3}$", out, re.M)
    assert out.count("Époque  1 ") == 13
    assert len(figures) == 1
    plt.close("all")
    assert not namespace["model"].params.requires_grad
