"""The numbered lines of chapter 3, its equations, and the lines of code that name both, in step."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHAPTER = (ROOT / "report" / "03-mlp.qmd").read_text(encoding="utf-8")
CODE = (ROOT / "code" / "tp1" / "learning" / "mlp.py").read_text(encoding="utf-8")


def pseudocode():
    """Line number -> the labels of its equation for one example and for a minibatch, as the table says."""
    rows = re.findall(
        r"^\| (\d+) \|.*\| *(?:-@(eq-[\w-]+))? *\| *(?:-@(eq-[\w-]+))? *\|$", CHAPTER, re.MULTILINE
    )  # fmt: skip
    return {int(number): labels for number, *labels in rows if number}


def in_code():
    """Line number -> the label of the comment above the line of code that has this number, or None."""
    lines, found = CODE.splitlines(), {}
    for above, line in zip(["", *lines], lines, strict=False):
        if number := re.search(r"# line (\d+)", line):
            label = re.match(r"\s*# @(eq-[\w-]+)$", above)
            found.setdefault(int(number[1]), []).append(label and label[1])
    return found


def test_the_chapter_numbers_its_lines_from_1():
    assert list(pseudocode()) == list(range(1, 12))


def test_every_line_of_the_pseudocode_is_one_line_of_code_in_the_same_order():
    found = in_code()
    assert list(found) == list(pseudocode())
    assert all(len(labels) == 1 for labels in found.values())


@pytest.mark.parametrize("number", pseudocode())
def test_the_code_names_the_equation_of_the_minibatch(number):
    one, batch = pseudocode()[number]
    assert bool(one) == bool(batch)
    assert in_code()[number] == [batch or None]


def test_the_table_names_equations_of_the_chapter():
    labels = {label for pair in pseudocode().values() for label in pair if label}
    assert len(labels) == 11
    assert all(f"{{#{label}}}" in CHAPTER for label in labels)


@pytest.mark.parametrize("number", pseudocode())
def test_both_equations_of_a_line_compute_the_same_quantity(number):
    """An equation for a minibatch has the name of the one for an example, but for `affine` and `hidden`."""
    one, batch = pseudocode()[number]
    renamed = {
        "eq-mlp-affine": "eq-mlp-forward-batch",
        "eq-delta-hidden": "eq-delta-batch",
    }
    assert batch in {one, f"{one}-batch", renamed.get(one)}


def test_the_literal_transcription_has_every_line_once():
    code = CHAPTER.split("def backpropagate", 1)[1].split("```", 1)[0]
    assert re.findall(r"# ligne (\d+)", code) == [str(n) for n in pseudocode()]


def test_the_example_by_hand_follows_the_lines_of_the_pseudocode():
    """Every line but the loops and the copy of x, and line 9 once for each of the two layers."""
    code = CHAPTER.split("#| label: mlp-exemple\n", 1)[1].split("```", 1)[0]
    lines = [int(n) for n in re.findall(r"# ligne (\d+)", code)]
    assert lines == [3, 4, 5, 6, 7, 9, 10, 11, 9]


def test_the_stepper_of_the_page_follows_the_lines_of_the_pseudocode():
    """As the example by hand, and the copy of x."""
    code = (ROOT / "report/widgets/backprop-model.js").read_text(encoding="utf-8")
    lines = [int(n) for n in re.findall(r"// line (\d+)", code)]
    assert lines == [1, 3, 4, 5, 6, 7, 9, 10, 11, 9]
