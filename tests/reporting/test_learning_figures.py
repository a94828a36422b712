"""What chapter 2 shows: the figures draw, and the table says what the counts say."""

import matplotlib.pyplot as plt
import pytest
import torch

from tp1.reporting.learning import (
    CLASSES,
    class_table,
    confusion,
    runs_figure,
    samples_figure,
    weights_figure,
)


def test_confusion_counts_true_rows_and_predicted_columns():
    y, y_pred = torch.eye(3)[[0, 0, 1, 2]], torch.eye(3)[[0, 2, 1, 1]]
    assert confusion(y, y_pred).tolist() == [[1, 0, 1], [0, 1, 0], [0, 1, 0]]


def test_class_table_names_the_most_frequent_confusion():
    counts = 90 * torch.eye(10, dtype=torch.int64)
    counts[:, 3] += 10
    rows = class_table(counts).data.splitlines()
    assert rows[2] == "| T-shirt | 90\u00a0% | Robe | 10\u00a0% |"
    assert len(rows) == 12


@pytest.mark.parametrize(
    "draw",
    [
        lambda: samples_figure(torch.rand(40, 784), torch.arange(40) % 10),
        lambda: runs_figure(
            [0, 10], ["a", "b"], torch.rand(2, 2, 2) + 0.1, torch.rand(2, 2, 2) + 0.1
        ),
        lambda: weights_figure(torch.randn(785, 10)),
    ],
)
def test_figures_are_drawn_and_closed(draw, tmp_path):
    draw().savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 1000
    assert plt.get_fignums() == []


def test_there_is_a_french_name_for_every_class():
    assert len(set(CLASSES)) == 10
