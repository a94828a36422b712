"""The earlier hand-in's figures, and the noise that a difference from them has to exceed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, t

from tp1.experiments.errors import ResultsError
from tp1.experiments.plans import Run
from tp1.experiments.results import Results
from tp1.reporting.french import NBSP
from tp1.reporting.hand_in import (
    BATCH_SIZES,
    RATES,
    REPORTED,
    REPORTED_TEST,
    cells_in_words,
    compare_with_hand_in,
    hand_in_table,
    noise_margin,
)
from tp1.reporting.results import grid


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_what_the_hand_in_chose_is_the_best_cell_of_its_table(optimiser):
    table, chosen = np.array(REPORTED[optimiser]), REPORTED_TEST[optimiser]
    assert table.shape == (len(RATES), len(BATCH_SIZES))
    i, j = np.unravel_index(table.argmax(), table.shape)
    assert (chosen.config.lr, chosen.config.batch_size) == (RATES[i], BATCH_SIZES[j])
    assert chosen.config.optimiser == optimiser
    assert 100 * chosen.val_accuracy == pytest.approx(table.max())


def test_every_figure_is_a_count_of_6000_images():
    for table in REPORTED.values():
        images = np.array(table) * 60
        np.testing.assert_allclose(images, images.round(), atol=0.03)


@pytest.mark.parametrize("deviation", [0.0005, 0.005, 0.03])
@pytest.mark.parametrize("n", [5, 20])
def test_noise_alone_exceeds_the_margin_one_time_in_twenty(deviation, n):
    random, draws, p = np.random.default_rng(n), 40_000, 0.84

    def measured(runs):
        """Accuracies of runs that are validated on one set of 6000 images."""
        of_images = random.binomial(6000, p, (draws, 1)) / 6000
        return of_images + deviation * random.normal(size=(draws, runs))

    ours, theirs = measured(n), measured(1)[:, 0]
    margin = noise_margin(ours.mean(axis=1), ours.std(axis=1, ddof=1), n)
    rate = (np.abs(ours.mean(axis=1) - theirs) > margin).mean()
    assert 0.04 < rate < 0.06


@given(st.floats(0.1, 0.95), st.floats(0, 0.1), st.integers(2, 30))
def test_the_margin_lies_between_the_normal_and_the_students(p, s, n):
    margin = float(noise_margin(np.array(p), np.array(s), n))
    total = (s**2 * (1 + 1 / n) + 2 * p * (1 - p) / 6000) ** 0.5
    assert norm.ppf(0.975) * total <= margin * (1 + 1e-9)
    assert margin <= t.ppf(0.975, n - 1) * total * (1 + 1e-9)


def shifted(results, shifts):
    """Move every SGD run so that a cell's mean is theirs plus a shift; its deviation is kept small."""
    table = grid(results, "sgd")
    history = dict(results.history)
    for (i, j), shift in np.ndenumerate(np.array(shifts)):
        for s, seed in enumerate(table.seeds):
            values = results.history[Run(table.config((i, j)), seed)].copy()
            wanted = REPORTED["sgd"][i][j] / 100 + shift
            values[:, 3] = wanted + 0.001 * (s - 2)
            history[Run(table.config((i, j)), seed)] = values
    return grid(Results(history, {}), "sgd")


def test_the_cells_that_differ_are_found_counted_and_named(assigned_results):
    shifts = np.zeros((3, 4))
    shifts[1, 2], shifts[2, 0], shifts[0, 3] = -0.021, 0.03, 0.005
    comparison = compare_with_hand_in(shifted(assigned_results, shifts))
    np.testing.assert_allclose(comparison.difference, shifts, atol=1e-12)
    assert comparison.cells == [(1, 2), (2, 0)]  # half a point is noise
    assert comparison.count == 2
    assert comparison.expected == pytest.approx(0.6)
    assert cells_in_words(comparison).replace(NBSP, " ") == (
        "taux 0,01, $B = 200$ (−2,1) ; taux 0,001, $B = 1$ (+3,0)"
    )
    none = compare_with_hand_in(shifted(assigned_results, np.zeros((3, 4))))
    assert cells_in_words(none) == "aucune"


def test_the_margin_of_a_cell_by_hand(assigned_results):
    """Five runs of deviation 0.00158 around 85.733 %."""
    comparison = compare_with_hand_in(shifted(assigned_results, np.zeros((3, 4))))
    runs, images = 2.5e-6 * 1.2, 2 * 0.85733 * 0.14267 / 6000
    degrees = 4 * ((runs + images) / runs) ** 2  # some 900
    wanted = t.ppf(0.975, degrees) * (runs + images) ** 0.5
    assert comparison.margin[1, 0] == pytest.approx(wanted)


def test_the_table_has_a_row_for_each_cell_and_bold_differences(assigned_results):
    shifts = np.zeros((3, 4))
    shifts[1, 2] = -0.021
    sgd = compare_with_hand_in(shifted(assigned_results, shifts))
    adam = compare_with_hand_in(grid(assigned_results, "adam"))
    header, _, *body = hand_in_table(sgd, adam).data.split("\n")
    assert header.count("remise") == 2
    assert "Adam" in header
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in body]
    assert len(rows) == 12
    assert [row[0] for row in rows] == [
        "0,1",
        "",
        "",
        "",
        "0,01",
        "",
        "",
        "",
        "0,001",
        "",
        "",
        "",
    ]
    assert [row[1] for row in rows[:4]] == ["1", "20", "200", "1\u202f000"]
    assert rows[6][2:4] == ["78,8", "80,9"]
    assert rows[6][4].startswith(f"**−2,1{NBSP}±{NBSP}")
    assert [k for k, row in enumerate(rows) if row[4].startswith("**")] == [6]
    assert [row[7].startswith("**") for row in rows] == adam.differs.ravel().tolist()
    assert [row[6] for row in rows[:2]] == ["80,6", "83,1"]


def test_the_hand_in_is_held_against_the_best_epoch(assigned_results):
    table = grid(assigned_results, "adam")
    np.testing.assert_array_equal(
        compare_with_hand_in(table).ours, table.mean(at="best")
    )
    last = compare_with_hand_in(table, at="last")
    np.testing.assert_array_equal(last.ours, table.mean())


def test_another_search_cannot_be_compared(wider_results):
    with pytest.raises(ResultsError, match="the earlier hand-in has rates"):
        compare_with_hand_in(grid(wider_results, "sgd", pixels="unit"))
