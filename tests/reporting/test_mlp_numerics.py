"""What chapter 3 and its appendix draw: every point is where the numbers say."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from tp1.learning.extras import SCHEDULES
from tp1.reporting.extras_figures import moved_figure, schedules_figure
from tp1.reporting.mlp_numerics import (
    EVERY,
    Spread,
    Twins,
    envelope,
    gradients_figure,
    spread_figure,
    twins_figure,
)


def spread(scale):
    layers = np.arange(1.0, 5)
    return Spread(*(scale * k * layers for k in (1, 1.1, 0.5, 2, 2.2)))


def twins(first=None, steps=4 * EVERY):
    random = np.random.default_rng(0)
    losses = random.uniform(0.5, 2, (steps, 1)) + np.array([0, 1e-6])
    flips = np.zeros(steps, dtype=int)
    if first:
        flips[first - 1] = 3
    return Twins(losses, random.uniform(1e-8, 1e-6, steps), flips)


def with_gid(figure, gid):
    return [line for ax in figure.axes for line in ax.lines if line.get_gid() == gid]


def test_every_initialisation_has_its_sizes_and_its_prediction():
    made = {"He": spread(1), "petite": spread(0.1)}
    left, right = spread_figure(made).axes
    drawn = [line.get_ydata() for line in left.lines]
    for one in made.values():
        for values in (one.predicted_a, one.a, one.across):
            assert any(np.array_equal(values, y) for y in drawn)
    assert len(drawn) == 6
    assert len(right.lines) == 4


def test_a_difference_of_zero_stands_on_the_edge():
    found = {"double": [(1, 1e-16), (10, 0.0)], "simple": [(1, 1e-7), (10, 2e-7)]}
    figure = gradients_figure(found, {"double": 1.1e-16, "simple": 6e-8})
    (edge,) = with_gid(figure, "equal:double")
    assert edge.get_xdata().tolist() == [10]
    assert not with_gid(figure, "equal:simple")
    (unit,) = with_gid(figure, "unit:simple")
    assert set(unit.get_ydata()) == {6e-8}


def test_an_envelope_has_the_largest_and_leaves_a_gap_for_zeros():
    values = np.r_[np.zeros(10), np.arange(1.0, 11), [99.0]]
    ends, largest = envelope(values, 10)
    assert ends.tolist() == [10, 20]
    assert np.isnan(largest[0])
    assert largest[1] == 10


@pytest.mark.parametrize(("first", "shown"), [(None, None), (1, 1), (7, 7)])
def test_the_first_flip_counts_from_1(first, shown):
    assert twins(first).first_flip == shown


def test_twins_have_a_line_where_a_sign_first_differs():
    pairs = {"simple": twins(7), "double": twins()}
    figure = twins_figure({"SGD": pairs, "Adam": {"simple": twins(9)}})
    lines = with_gid(figure, "flip")
    assert sorted(line.get_xdata()[0] for line in lines) == [7, 7, 9, 9]
    upper = figure.axes[0].lines[1]
    assert upper.get_ydata().tolist() == pairs["simple"].losses[9::10, 0].tolist()


def test_schedules_are_drawn_from_the_first_step_to_the_last():
    lines = schedules_figure(SCHEDULES, 50).axes[0].lines
    assert [line.get_label() for line in lines] == list(SCHEDULES)
    assert all(line.get_xdata()[-1] == 1 for line in lines)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: spread_figure({"He": spread(1)}),
        lambda: gradients_figure({"simple": [(1, 1e-7)]}, {"simple": 6e-8}),
        lambda: twins_figure({"SGD": {"simple": twins()}}),
        lambda: schedules_figure(SCHEDULES),
        lambda: moved_figure([torch.rand(2, 784)] * 3, ["a", "b", "c"]),
    ],
)
def test_figures_are_drawn_and_closed(draw, tmp_path):
    draw().savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 1000
    assert plt.get_fignums() == []
