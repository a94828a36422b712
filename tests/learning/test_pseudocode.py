"""The numbered lines of chapter 3, its equations, and the lines of code that name both, in step."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHAPTER = (ROOT / "report" / "03-mlp.qmd").read_text(encoding="utf-8")
CODE = (ROOT / "code" / "tp1" / "learning" / "mlp.py").read_text(encoding="utf-8")
# What an equation for one example is called for a minibatch; the others serve both.
BATCH = {
    "eq-mlp-affine": "eq-mlp-forward-batch",
    "eq-grad-theta": "eq-grad-theta-batch",
    "eq-grad-hidden": "eq-grad-hidden-batch",
    "eq-delta-hidden": "eq-delta-batch",
}


def pseudocode():
    """Line number -> the label of its equation, or None, as the chapter's table says."""
    rows = re.findall(
        r"^\| (\d+) \|.*\| *(?:@(eq-[\w-]+))? *\|$", CHAPTER, re.MULTILINE
    )
    return {int(number): label or None for number, label in rows}


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


@pytest.mark.parametrize("number", [n for n, label in pseudocode().items() if label])
def test_both_name_the_same_equation(number):
    wanted = pseudocode()[number]
    assert in_code()[number] == [BATCH.get(wanted, wanted)]


def test_the_literal_transcription_has_every_line_once():
    code = CHAPTER.split("def backpropagate", 1)[1].split("```", 1)[0]
    assert re.findall(r"# ligne (\d+)", code) == [str(n) for n in pseudocode()]
