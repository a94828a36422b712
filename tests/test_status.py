"""What is stale, damaged or missing is named, and what is fresh is not."""

import json
import shutil
from pathlib import Path

import pytest

from tp1.__main__ import main
from tp1.experiments.provenance import fingerprint, modules
from tp1.experiments.stages import EVALUATION
from tp1.status import FRESH, MISSING, STALE, results

PROJECT = Path(__file__).parents[1]


def edited(path: Path, **changes: object) -> None:
    receipt = json.loads(path.read_text())
    path.write_text(json.dumps({**receipt, **changes}))


@pytest.fixture(scope="module")
def stamped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The committed results, as if they were of this code."""
    folder = tmp_path_factory.mktemp("project") / "results"
    shutil.copytree(PROJECT / "results", folder)
    for receipt in folder.rglob("*.json"):
        edited(
            receipt,
            code=fingerprint(),
            modules=modules(),
            evaluation=fingerprint(EVALUATION),
        )
    return folder


@pytest.fixture
def folder(stamped: Path, tmp_path: Path) -> Path:
    shutil.copytree(stamped, tmp_path / "results")
    return tmp_path / "results"


def found(folder: Path) -> dict[str, tuple[str, str]]:
    return {
        name: (state, "; ".join(why)) for name, state, why in results(folder) if why
    }


def test_every_committed_table_is_looked_at(folder: Path):
    everything = list(results(folder))
    assert all(state == FRESH for _, state, _ in everything)
    assert sorted(name for name, _, _ in everything) == sorted(
        f"results/{path.parent.name}/{path.stem}" for path in folder.rglob("*.csv")
    )


def test_other_code_is_named_module_by_module(folder: Path):
    other = {**modules(), "tp1.learning.inplace": "0", "tp1.old": "0"}
    edited(folder / "part3/own.json", code="0", modules=other)
    edited(folder / "part2/final.json", evaluation="0")
    assert found(folder) == {
        "results/part3/own": (
            STALE,
            "tp1.learning.inplace has changed; tp1.old is gone",
        ),
        "results/part2/final": (
            STALE,
            "tp1.experiments.final, or what it imports, has changed",
        ),
    }


def test_other_data_are_named(folder: Path):
    edited(folder / "part2/wider.json", data={"files": {}, "split_seed": 0})
    ((_, why),) = found(folder).values()
    assert why == "the training images are others; the split is another"


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda p: replace(p, "0.8", "0.9"), "is not the table that own.json"),
        (lambda p: p.write_text(p.read_text()[:-20]), "is not the table that own.json"),
        (lambda p: p.unlink(), "own.csv is missing"),
        (lambda p: p.with_suffix(".json").unlink(), "own.json is missing"),
        (lambda p: p.with_suffix(".json").write_text("{"), "is no receipt"),
        (lambda p: edited(p.with_suffix(".json"), schema=99), "schema 99, this code"),
    ],
)
def test_a_damaged_table_is_found_and_refused(folder: Path, damage, says: str):
    damage(folder / "part3/own.csv")
    (name,) = found(folder)
    state, why = found(folder)[name]
    assert (name, state) == ("results/part3/own", MISSING)
    assert says in why


def test_an_evaluation_without_its_first_table_is_one_finding(folder: Path):
    (folder / "part3/final.csv").unlink()
    assert list(found(folder)) == ["results/part3/final"]


def test_the_command_fails_when_something_is_stale(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    root = folder.parent
    for name in ("_quarto.yml", "_variables.yml", "index.qmd"):
        shutil.copyfile(PROJECT / name, root / name)
    for name in ("_extensions", "_freeze", "report", "code", "benchmarks"):
        shutil.copytree(
            PROJECT / name, root / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    replace(root / "report/03-mlp.qmd", "rétropropagation", "retropropagation")
    (folder / "part2/assigned.csv").unlink()
    assert main(["status", str(root)]) == 1
    said = capsys.readouterr().out
    assert "missing results/part2/assigned\n" in said
    assert "report/03-mlp.qmd\n        its text has changed" in said
