"""Formulas through the report's Lua filter: what pandoc alone would set with spaces, in HTML or on paper."""

from pathlib import Path

import pytest

from tp1.weave.pandoc import run

FILTER = Path(__file__).parents[2] / "_extensions" / "rapport" / "rapport.lua"


def written(formula, target):
    return run(
        ["-f", "markdown", "-t", target, "--mathml", "--lua-filter", str(FILTER)],
        f"${formula}$",
    )


@pytest.mark.parametrize(
    ("formula", "number"),
    [("0{,}5", "0,5"), ("-0{,}25", "−0,25"), (r"a - 12{,}75", "12,75")],
)
def test_no_space_follows_a_decimal_comma_or_its_sign(formula, number):
    assert f">{number}</mtext>" in written(formula, "html")
    assert f'upright("{number}")' in written(formula, "typst")


def test_other_commas_keep_their_space():
    assert "<mtext" not in written("(1, 2)", "html")
    assert "upright" not in written("(1, 2)", "typst")


@pytest.mark.parametrize(
    "formula", [r"\bigl(a\bigr)", r"\Bigl[ \frac{a}{b} \Bigr]", r"\Biggl( a \Biggr)"]
)
def test_sized_brackets_are_brackets_on_paper(formula):
    assert "scale" not in written(formula, "typst")
