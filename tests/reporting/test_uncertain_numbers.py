"""Means with their errors, intervals, configurations and durations, as the text has them."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp, ttest_ind

from tp1.experiments.errors import ResultsError
from tp1.experiments.plans import Config
from tp1.reporting.french import NBSP, THIN_NBSP
from tp1.reporting.intervals import Interval, interval, joint
from tp1.reporting.words import (
    bounds,
    duration,
    in_words,
    plus_minus,
    rate,
    setting,
)


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=20))
def test_the_interval_is_that_of_students_test(values):
    assume(np.std(values) > 1e-6)
    found, test = interval(values), ttest_1samp(values, 0)
    low, high = test.confidence_interval(0.95)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))
    assert found.n == len(values)
    assert found.mean == pytest.approx(math.fsum(values) / len(values), abs=1e-9)
    assume(abs(test.pvalue - 0.05) > 1e-9)
    assert found.has_zero == (test.pvalue > 0.05)


def test_five_values_by_hand():
    # t(0.975, 4) = 2.776; mean 3, variance 2.5, error √0.5
    found = interval([1, 2, 3, 4, 5])
    assert found.error == pytest.approx(0.5**0.5)
    assert found.high - found.mean == pytest.approx(2.776 * 0.5**0.5, abs=1e-3)


@pytest.mark.parametrize("values", [[], [1.0], [1.0, math.inf], [[1.0, 2.0]]])
def test_an_interval_needs_two_finite_values(values):
    with pytest.raises(ResultsError, match="2 finite values"):
        interval(values)


def two(n, error, others, other_error):
    """Intervals of one mean, 0, with given standard errors; only those enter `joint`."""
    return Interval(n, 0, error, -1, 1), Interval(others, 0, other_error, -1, 1)


def test_a_joint_interval_by_hand():
    # Variances 9 and 16 of 4 and 9 degrees: 25² / (9²/4 + 16²/9) = 12.84, whose quantile is 2.163.
    found = joint(*two(5, 3.0, 10, 4.0))
    assert (found.n, found.mean, found.error) == (5, 0, 5)
    assert found.high == -found.low == pytest.approx(2.163 * 5, abs=1e-2)


@given(
    st.lists(st.floats(-1, 1), min_size=2, max_size=9),
    st.lists(st.floats(-1, 1), min_size=2, max_size=9),
)
def test_a_joint_interval_is_that_of_welchs_test(a, b):
    assume(min(np.std(a), np.std(b)) > 1e-6)
    one, other = interval(a), interval(b)
    welch = ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    found = joint(one, other)
    reach = (welch.high - welch.low) / 2
    assert found.high - found.mean == pytest.approx(reach)
    assert found.mean == one.mean


@given(st.floats(0, 1), st.integers(2, 9))
def test_a_source_without_noise_changes_nothing(error, n):
    one = interval(np.linspace(-error, error, n))
    still = Interval(5, one.mean, 0.0, one.mean, one.mean)
    for found in (joint(one, still), joint(still, one)):
        assert found.error == pytest.approx(one.error)
        assert found.low == pytest.approx(one.low)


def test_a_mean_has_its_standard_error_unless_it_is_alone():
    values = [0.85, 0.86, 0.84]  # deviation 0.01, error 0.0058
    assert plus_minus(values) == f"85,0{NBSP}±{NBSP}0,6"
    assert plus_minus(values, 3, scale=1) == f"0,850{NBSP}±{NBSP}0,006"
    assert plus_minus([0.85], 2) == "85,00"


def test_bounds_are_percentage_points():
    text = bounds(Interval(5, 0.001, 0.001, -0.0005, 0.0037))
    assert text == f"[−0,05{NBSP};{NBSP}0,37]"
    assert bounds(Interval(5, 1, 1, 0, 2), 0, scale=1) == f"[0{NBSP};{NBSP}2]"


@pytest.mark.parametrize(
    ("lr", "text"),
    [
        (0.1, "0,1"),
        (0.0003, "0,0003"),
        (1e-5, "0,00001"),
        (1.0, "1"),
        (30.0, "30"),
        (0.0, "0"),
        (2000.0, f"2{THIN_NBSP}000"),
    ],
)
def test_a_rate_has_the_digits_that_it_has(lr, text):
    assert rate(lr) == text


@given(st.floats(1e-6, 1e6).map(lambda x: float(f"{x:.3g}")))
def test_a_rate_can_be_read_back(lr):
    assert float(rate(lr).replace(THIN_NBSP, "").replace(",", ".")) == lr


def test_a_configuration_in_words():
    config = Config("sgd", 0.01, 1000)
    assert in_words(config).replace(NBSP, " ") == (
        f"SGD, taux 0,01, mini-lots de 1{THIN_NBSP}000"
    )
    assert setting(config).replace(NBSP, " ") == (
        "5 époques, gradient sommé, taux constant, pixels dans [0, 1]"
    )
    other = Config("adam", 0.0003, 20, 1, "standard", "mean", "linear")
    assert in_words(other).replace(NBSP, " ") == (
        "Adam, taux 0,0003, mini-lots de 20, pixels centrés et réduits"
    )
    assert setting(other).replace(NBSP, " ") == (
        "1 époque, gradient moyenné, taux décroissant jusqu'à 0, pixels centrés et réduits"
    )


def test_a_network_in_words():
    config = Config(
        "adam", 0.001, 50, depth=3, width=1000, dropout=0.3, smoothing=0.05, decay=0.01, augment="flip",
    )  # fmt: skip
    assert in_words(config).replace(NBSP, " ").replace(THIN_NBSP, " ") == (
        "Adam, 3 × 1 000 unités, taux 0,001, mini-lots de 50, "
        "dropout 0,3, lissage 0,05, décroissance 0,01, miroirs"
    )
    descent = Config("sgd", 0.1, 1, depth=1, width=5, momentum=0.9)
    assert in_words(descent).replace(NBSP, " ").endswith("mini-lots de 1, inertie 0,9")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (131.85, "2 min 12 s"),
        (3600, "1 h"),
        (10_865, "3 h 1 min"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds, text):
    assert duration(seconds).replace(NBSP, " ") == text
