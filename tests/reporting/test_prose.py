"""No result is typed into the prose: every number there is computed, or is a setting that is listed here."""

import re
from pathlib import Path

import pytest

from tp1.weave.source import INLINE, Prose, read_source

PROJECT = Path(__file__).parents[2]
CHAPTERS = [
    Path("index.qmd"),
    *(file.relative_to(PROJECT) for file in sorted(PROJECT.glob("report/*.qmd"))),
]
SPACE = "[ \u00a0\u202f]"
NUMBER = re.compile(rf"(?<![\w.])\d+(?:{SPACE}\d{{3}})*(?:,\d+)?(?:{SPACE}?%)?")
# What is not prose: code, what is computed, formulas, references, attributes.
NOT_PROSE = (
    re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE),
    INLINE,
    re.compile(r"\$\$.*?\$\$|\$[^$]+\$", re.DOTALL),
    re.compile(r"`[^`]*`"),
    re.compile(r"\[@[^\]]*\]|@[\w-]+|\]\([^)]*\)|\{[^}]*\}"),
)
SMALL = 11  # counts, bounds, steps of a proof, the lines of the pseudocode
# Sizes that the assignment, the data or a plan sets.
SIZES = {"20", "25", "28", "50", "100", "300", "500", "1000", "10 000", "60 000"}
ALLOWED = {
    "10 %": "the share of the validation set, set by the assignment",
    "95 %": "the level of every confidence interval",
    "0,1": "the learning rate of the worked example",
    "0,01": "the deviation of the initial biases, set by the assignment",
    "0,8": "a bound that the chunk before it asserts",
    "0,9": "a bound of the reliability diagram",
    "90,5 %": "what was aimed at before training",
}


def numbers(path: Path) -> list[tuple[int, str]]:
    """List the numbers in a chapter's prose with their lines."""
    found = []
    for cell in read_source(PROJECT, path).cells:
        if isinstance(cell, Prose):
            text = cell.text
            for pattern in NOT_PROSE:
                text = pattern.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
            found += [
                (
                    cell.line + text[: match.start()].count("\n"),
                    re.sub(SPACE, " ", match[0]),
                )
                for match in NUMBER.finditer(text)
            ]
    return found


def is_setting(number: str) -> bool:
    return (
        number in SIZES
        or number in ALLOWED
        or (number.isdigit() and int(number) <= SMALL)
    )


@pytest.mark.parametrize("path", CHAPTERS, ids=str)
def test_no_result_is_typed(path: Path):
    typed = [f"{path}:{line}: {n}" for line, n in numbers(path) if not is_setting(n)]
    assert typed == []


def test_what_is_allowed_is_there():
    used = {number for path in CHAPTERS for _, number in numbers(path)}
    assert ALLOWED.keys() <= used


@pytest.mark.parametrize("typed", ["87,3 %", "0,9031", "12 %", "54 000", "1,5", "4711"])
def test_a_typed_result_is_seen(typed: str):
    assert [m[0] for m in NUMBER.finditer(f"atteint {typed}, soit")] == [typed]
    assert not is_setting(typed)
