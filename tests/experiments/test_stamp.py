"""Results are stamped when every search was shown to be the same, all of them or none."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tp1.experiments.comparison import Comparison
from tp1.experiments.errors import ResultsError
from tp1.experiments.provenance import fingerprint, modules
from tp1.experiments.stages import EVALUATION
from tp1.experiments.stamp import stamp
from tp1.experiments.tables import read_table
from tp1.experiments.verify import FINALS, SEARCHES

RESULTS = Path(__file__).parents[2] / "results"
SAME = [
    Comparison(name, "a run", "same", 24, 0, "", ("code",))
    for name in (*SEARCHES, *FINALS)
    for _ in range(2)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The committed results, as if other code had made them."""
    shutil.copytree(RESULTS, tmp_path / "results")
    for path in tmp_path.rglob("*.json"):
        receipt = json.loads(path.read_text())
        receipt.pop("stamped", None)
        path.write_text(json.dumps({**receipt, "code": "older"}))
    return tmp_path / "results"


def test_every_table_is_stamped_and_its_numbers_are_left(folder: Path):
    before = {path: path.read_bytes() for path in folder.rglob("*.csv")}
    written = stamp(folder, SAME)
    assert sorted(written) == sorted(folder.rglob("*.json"))
    assert {path: path.read_bytes() for path in folder.rglob("*.csv")} == before
    for path in written:
        receipt = read_table(path)[1]  # whole, and of its table
        assert receipt["code"] == fingerprint()
        assert receipt["modules"] == modules()
        assert receipt["stamped"] == [{"from": "older", "compared": 2, "numbers": 48}]
        if path.stem.startswith("final"):
            assert receipt["evaluation"] == fingerprint(EVALUATION)
    stamp(folder, SAME)  # nothing to say twice
    assert len(read_table(written[0])[1]["stamped"]) == 1


def test_where_it_was_shown_is_said(folder: Path):
    found = [replace(one, elsewhere=("code", "machine")) for one in SAME]
    for path in stamp(folder, found):
        assert json.loads(path.read_text())["stamped"] == [
            {"from": "older", "compared": 2, "numbers": 48, "elsewhere": ["machine"]}
        ]


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ([*SAME, replace(SAME[0], verdict="rounding")], "not as it was frozen"),
        ([*SAME, replace(SAME[3], verdict="differs")], "not as it was frozen"),
        ([c for c in SAME if c.search != "part3/own"], "part3/own not compared"),
        ([c for c in SAME if c.search not in FINALS], "part2/final, part3/final"),
    ],
)
def test_one_doubt_and_nothing_is_stamped(folder: Path, found, says: str):
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(ResultsError, match=says):
        stamp(folder, found)
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert after == before
