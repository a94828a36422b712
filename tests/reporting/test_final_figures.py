"""The confusion matrix and the mistakes show what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.collections import QuadMesh

from tp1.experiments.errors import ResultsError
from tp1.reporting.final import Mistake, load_final
from tp1.reporting.final_figures import (
    calibration_figure,
    certainty,
    confusion_figure,
    mistakes_figure,
    shares,
)
from tp1.reporting.french import NBSP
from tp1.reporting.learning import CLASSES, weights_figure


def test_the_matrix_is_in_percent_of_each_row_true_classes_downwards():
    counts = 90 * np.eye(10, dtype=int)
    counts[6, 0] = 30  # 25 % of class 6
    figure = confusion_figure(counts, CLASSES)
    ax = figure.axes[0]
    shown = {text.get_position(): text.get_text() for text in ax.texts}
    assert len(shown) == 100
    assert shown[0, 6] == "25,0"  # column 0, row 6
    assert shown[6, 6] == "75,0"
    assert shown[6, 0] == "0"
    assert shown[3, 3] == "100,0"
    assert ax.yaxis_inverted()
    assert [t.get_text() for t in ax.get_yticklabels()] == list(CLASSES)
    assert [t.get_text() for t in ax.get_xticklabels()] == list(CLASSES)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("classe prédite", "vraie classe")
    (mesh,) = (c for c in ax.collections if isinstance(c, QuadMesh))
    np.testing.assert_allclose(mesh.get_array(), 100 * shares(counts))
    assert plt.get_fignums() == []


def test_a_class_without_images_is_an_error():
    with pytest.raises(ResultsError, match="class without images"):
        shares([[1, 2], [0, 0]])


def test_the_calibration_has_a_point_for_every_bin_with_predictions(tmp_path):
    bins = [[0, 0, 0], [10, 5.5, 4], [30, 27, 30]]
    figure = calibration_figure({"a": bins, "b": bins[1:]})
    top, ax = figure.axes
    lines = {line.get_gid(): line for line in (*top.lines, *ax.lines)}
    for name in "ab":
        accuracy, share = lines[f"accuracy:{name}"], lines[f"share:{name}"]
        np.testing.assert_allclose(accuracy.get_xdata(), [0.55, 0.9])
        np.testing.assert_allclose(accuracy.get_ydata(), [0.4, 1])
        np.testing.assert_allclose(share.get_ydata(), [0.25, 0.75])
    figure.savefig(tmp_path / "figure.png")


@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy])
def test_mistakes_are_shown_with_their_classes_and_probability(kind):
    x = np.random.default_rng(0).random((20, 784))
    rows = [Mistake(i, i % 10, (i + 1) % 10, 0.999) for i in range(12)]
    figure = mistakes_figure(kind(x), rows, CLASSES)
    assert len(figure.axes) == 12
    for ax, row in zip(figure.axes, rows, strict=True):
        (image,) = ax.images
        np.testing.assert_array_equal(image.get_array(), x[row.image].reshape(28, 28))
        assert ax.get_title() == (
            f"{CLASSES[row.true]}\n→ {CLASSES[row.predicted]}\n99,9{NBSP}%"
        )
    assert len({round(ax.get_position().y0, 6) for ax in figure.axes}) == 2


def test_fewer_mistakes_leave_places_empty(tmp_path):
    figure = mistakes_figure(np.zeros((3, 784)), [Mistake(0, 1, 2, 0.9)] * 7, CLASSES)
    assert sum(bool(ax.images) for ax in figure.axes) == 7
    assert not any(ax.axison for ax in figure.axes)
    figure.savefig(tmp_path / "figure.png")


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.98, "98,0 %"), (0.9994, "99,9 %"), (0.99951, "> 99,9 %"), (1.0, "100,0 %")],
)
def test_a_probability_is_not_rounded_to_certainty(p, text):
    assert certainty(p).replace(NBSP, " ") == text


def test_the_frozen_weights_can_be_shown(final_folder, tmp_path):
    weights_figure(load_final(final_folder).weights).savefig(tmp_path / "figure.png")
