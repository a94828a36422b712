"""The logger: what it keeps, prints and draws."""

import os
import subprocess
import sys

import matplotlib.pyplot as plt
import pytest
import torch

from tp1.learning.errors import EmptyLogError
from tp1.learning.logger import Logger


@pytest.fixture
def logger():
    logger = Logger()
    logger.log(0.1, 2.3, 0.125, 2.25)
    logger.log(torch.tensor(0.75), torch.tensor(0.5), 0.5, 1)
    return logger


@pytest.fixture
def shown(monkeypatch):
    """The figures that are shown, which are then closed."""
    figures = []
    monkeypatch.setattr(plt, "show", lambda: figures.append(plt.gcf()))
    yield figures
    plt.close("all")


def test_it_keeps_lists_of_floats(logger):
    assert logger.accuracies_train == [0.1, 0.75]
    assert logger.losses_train == [2.3, 0.5]
    assert logger.accuracies_valid == [0.125, 0.5]
    assert logger.losses_valid == [2.25, 1.0]
    assert {type(x) for x in logger.losses_train + logger.losses_valid} == {float}


def test_what_is_not_given_is_zero():
    logger = Logger()
    logger.log(loss_train=1.5)
    assert (logger.losses_train, logger.accuracies_valid) == ([1.5], [0.0])


def test_the_last_epoch_is_one_line(logger, capsys):
    logger.print_last()
    assert capsys.readouterr().out == (
        "Époque  1 | entraînement : perte 0,500, exactitude 75,0 %"
        " | validation : perte 1,000, exactitude 50,0 %\n"
    )


def test_two_panels_against_the_epoch_from_0(logger, shown):
    logger.plot_loss_and_accuracy()
    (figure,) = shown
    for ax, label, series in zip(
        figure.axes,
        ("perte moyenne (nats)", "exactitude"),
        (
            {"entraînement": logger.losses_train, "validation": logger.losses_valid},
            {
                "entraînement": logger.accuracies_train,
                "validation": logger.accuracies_valid,
            },
        ),
        strict=True,
    ):
        assert ax.get_xlabel() == "époque"
        assert ax.get_ylabel() == label
        drawn = {line.get_label(): line for line in ax.lines}
        assert {name: list(line.get_ydata()) for name, line in drawn.items()} == series
        assert all(list(line.get_xdata()) == [0, 1] for line in drawn.values())
        assert {text.get_text() for text in ax.get_legend().get_texts()} == set(series)


@pytest.mark.parametrize(
    ("options", "name"),
    [({"valid": False}, "entraînement"), ({"train": False}, "validation")],
)
def test_one_curve(logger, shown, options, name):
    logger.plot_loss_and_accuracy(**options)
    for ax in shown[0].axes:
        assert [line.get_label() for line in ax.lines] == [name]


def test_ticks_are_french(logger, shown):
    logger.plot_loss_and_accuracy()
    left, right = shown[0].axes
    assert left.yaxis.get_major_formatter()(0.25) == "0,25"
    assert right.yaxis.get_major_formatter()(0.825) == "82,5\u00a0%"
    shown[0].canvas.draw()
    epochs = [tick.get_text() for tick in left.get_xticklabels()]
    assert {"0", "1"} <= set(epochs) <= {"−1", "0", "1", "2"}


def test_a_run_that_diverged_is_drawn(shown):
    logger = Logger()
    for loss in (2.3, float("inf"), float("nan")):
        logger.log(0.1, loss, 0.1, loss)
    logger.plot_loss_and_accuracy()
    shown[0].canvas.draw()


def test_there_must_be_something_to_show(logger, shown, capsys):
    with pytest.raises(EmptyLogError):
        logger.plot_loss_and_accuracy(train=False, valid=False)
    for method in (Logger().plot_loss_and_accuracy, Logger().print_last):
        with pytest.raises(EmptyLogError):
            method()
    assert shown == []
    assert capsys.readouterr().out == ""


def test_it_draws_without_a_screen_and_matplotlib_waits_until_then():
    code = (
        "import sys, tp1.assignment as a\n"
        "assert 'matplotlib' not in sys.modules\n"
        "logger = a.Logger(); logger.log(); logger.plot_loss_and_accuracy()\n"
        "assert 'matplotlib' in sys.modules"
    )
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND")
    env = {name: value for name, value in os.environ.items() if name not in screens}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "cannot be shown" not in done.stderr
