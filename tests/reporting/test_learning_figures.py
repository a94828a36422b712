"""What chapter 2 shows: the figures draw."""

import matplotlib.pyplot as plt
import pytest
import torch

from tp1.reporting.learning import (
    CLASSES,
    runs_figure,
    samples_figure,
    weights_figure,
)


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
