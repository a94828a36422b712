"""The answer sheet's tables: one line for each answer, and where it is argued."""

from dataclasses import replace

import numpy as np
import pytest

from tp1.bayes import EXAM_QUERIES, exam_network
from tp1.experiments.plans import Config
from tp1.reporting.answers import Outcome, outcomes_table, queries_table, where
from tp1.reporting.final import Choice

LESSONS = {letter: f"leçon {letter}" for letter in EXAM_QUERIES}
SECTIONS = {"abcdefgh": "sec-un", "ijklmnop": "sec-deux"}


def rows(table) -> list[list[str]]:
    """Give the cells of a Markdown table, without header and rule."""
    lines = table.data.splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_query_has_a_line_with_its_lesson_and_its_section() -> None:
    text = queries_table(exam_network(), LESSONS, SECTIONS).data
    lines = text.splitlines()[2:]
    assert len(lines) == len(EXAM_QUERIES) == 16
    for letter, line in zip(EXAM_QUERIES, lines, strict=True):
        assert line.startswith(f"| **{letter}** |")
        section = "sec-un" if letter <= "h" else "sec-deux"
        assert line.endswith(f"| leçon {letter} | [§ @{section}] |")


@pytest.mark.parametrize("missing", [LESSONS, SECTIONS])
def test_a_query_without_lesson_or_section_is_an_error(
    missing: dict[str, str],
) -> None:
    kept = dict(list(missing.items())[1:])
    lessons, sections = (kept, SECTIONS) if missing is LESSONS else (LESSONS, kept)
    with pytest.raises(KeyError, match="a"):
        queries_table(exam_network(), lessons, sections)


def test_an_outcome_says_what_was_chosen_and_what_it_reaches() -> None:
    config = Config("adam", 0.001, 200, depth=3, width=1000)
    ours = Choice(
        "own",
        replace(config, dropout=0.3),
        (0, 1),
        best_epochs=np.array([3, 4]),
        val_accuracy=np.array([0.9, 0.92]),
        test_loss=np.array([0.3, 0.4]),
        test_accuracy=np.array([0.88, 0.9]),
        right=np.zeros(2, dtype=np.int64),
        confusion=np.zeros((10, 10), dtype=np.int64),
        calibration=np.ones((10, 3)),
    )
    (row,) = rows(outcomes_table([Outcome("nôtre", None, ours, ("sec-a", "sec-b"))]))
    assert row[:2] == ["nôtre", "–"]
    assert row[2].startswith(r"$L = 3$, $n = 1\,000$, $\eta = 0{,}001$, $B = 200$")
    assert row[2].endswith("dropout\u00a00,3")
    assert [cell.replace("\u00a0", " ") for cell in row[3:6]] == [
        "91,00 ± 1,00",
        "0,350 ± 0,050",
        "89,00 ± 1,00",
    ]
    assert row[6] == where("sec-a", "sec-b") == "[§ @sec-a], [§ @sec-b]"
