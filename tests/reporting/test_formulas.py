"""Formulas: the comma of a French decimal needs braces, and a minus zero is a zero."""

import pytest
import torch

from tp1.reporting.formulas import entry, matrix, scientific


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.5, "0{,}5"),
        (-1, "-1"),
        (2 / 3, "0{,}667"),
        (-1e-9, "0"),
        (10.0, "10"),
        (-0.25, "-0{,}25"),
    ],
)
def test_an_entry_has_the_digits_that_it_needs(value, shown):
    assert entry(value) == shown


def test_a_vector_is_a_column_and_a_matrix_has_rows():
    assert (
        matrix(torch.tensor([1.0, 0.5])) == r"\begin{bmatrix} 1 \\ 0{,}5 \end{bmatrix}"
    )
    assert matrix(torch.eye(2)) == r"\begin{bmatrix} 1 & 0 \\ 0 & 1 \end{bmatrix}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(3.2e-5, r"$3{,}2 \cdot 10^{-5}$"), (0.0, r"$0{,}0 \cdot 10^{0}$")],
)
def test_a_small_number_has_its_power_of_ten(value, shown):
    assert scientific(value) == shown
