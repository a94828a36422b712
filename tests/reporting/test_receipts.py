"""The appendix tells what the receipts say."""

import json
import shutil
from pathlib import Path

import pytest

from tp1.experiments.errors import ResultsError
from tp1.reporting.receipts import machines, receipts, receipts_table, total_seconds

RESULTS = Path(__file__).parents[2] / "results"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(RESULTS, tmp_path / "results")
    monkeypatch.setenv("TP1_RESULTS_DIR", str(tmp_path / "results"))
    return tmp_path / "results"


def test_every_search_and_evaluation_is_there_with_its_own_receipt(folder: Path):
    searches = {
        path.stem
        for path in folder.rglob("*.csv")
        if path.stem.isalpha()  # not final-images, rates-times and the like
    }
    assert {stage for _, stage, *_ in receipts()} == searches
    path = folder / "part3/own.json"
    receipt = json.loads(path.read_text())
    path.write_text(json.dumps({**receipt, "seconds": 60.0, "machine": "X, 4 cores"}))
    table = receipts_table().data
    assert "notre meilleur réseau | 10 | 1\u00a0min |" in table
    assert "X, 4 cœurs" in machines()
    others = sum(r["seconds"] for _, stage, _, r in receipts() if stage != "own")
    assert total_seconds() == pytest.approx(others + 60)


def test_a_missing_receipt_is_an_error(folder: Path):
    (folder / "part2/wider.json").unlink()
    with pytest.raises(ResultsError, match=r"wider\.json is missing"):
        receipts_table()
