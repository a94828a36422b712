"""What is written is what is read; what is damaged is refused."""

import errno
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tp1.experiments.errors import ResultsError
from tp1.experiments.measures import best_epoch, diverged
from tp1.experiments.plans import Config, Run
from tp1.experiments.results import Results, read_results, write_results
from tp1.experiments.tables import read_table, write_table

RUN = Run(Config("adam", 0.123456789012, 20, 2, "standard", "mean", "linear"), 7)
HISTORY = np.array(
    [[2.3, 0.1, 2.31, 0.1], [0.5, 0.8, 0.6, 0.7], [np.inf, 0.1, np.nan, 0.9]]
)


def test_results_come_back_as_they_were(tmp_path):
    other = Run(Config("sgd", 0.1, 1, 0), 0)
    written = Results({RUN: HISTORY, other: HISTORY[:1]}, {"plan": "x", "code": "é"})
    write_results(tmp_path / "a" / "r", written)
    read = read_results(tmp_path / "a" / "r")
    assert read.provenance["code"] == "é"
    assert list(read.history) == sorted([RUN, other])
    for run, history in written.history.items():
        np.testing.assert_allclose(read.history[run], history, rtol=1e-5)
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == ["r.csv", "r.json"]


def test_writing_what_was_read_changes_nothing(tmp_path):
    write_results(tmp_path / "a", Results({RUN: HISTORY}, {"code": "1"}))
    before = (tmp_path / "a.csv").read_bytes()
    write_results(tmp_path / "a", read_results(tmp_path / "a"))
    assert (tmp_path / "a.csv").read_bytes() == before


def test_line_ends_of_another_system_do_no_harm(tmp_path):
    write_results(tmp_path / "a", Results({RUN: HISTORY}, {}))
    path = tmp_path / "a.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert RUN in read_results(tmp_path / "a").history


@pytest.mark.parametrize("name", ["a.csv", "a.json"])
@pytest.mark.parametrize("damage", ["missing", "changed", "cut"])
def test_damaged_results_are_refused_with_their_name(tmp_path, name, damage):
    write_results(tmp_path / "a", Results({RUN: HISTORY}, {"code": "1"}))
    path = tmp_path / name
    text = path.read_text()
    if damage == "missing":
        path.unlink()
    elif damage == "changed":
        path.write_text(text.replace("0.8", "0.9") if "csv" in name else "[]")
    else:
        path.write_text(text[: len(text) // 2])
    with pytest.raises(ResultsError, match=r"a\.(csv|json).*make experiments"):
        read_results(tmp_path / "a")


def test_a_write_that_fails_leaves_the_old_table(tmp_path):
    path = tmp_path / "t"
    write_table(path, ["x"], [[1]], {})

    def rows():
        yield [2]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_table(path, ["x"], rows(), {})
    assert read_table(path)[0] == [{"x": "1"}]
    assert json.loads((tmp_path / "t.json").read_text())["sha256"]


def test_a_full_disk_is_named_and_leaves_the_old_table(tmp_path, monkeypatch):
    path = tmp_path / "t"
    write_table(path, ["x"], [[1]], {})

    def full(self, *_, **__):
        self.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(ResultsError, match=r"t\.csv cannot be written \(No space left"):
        write_table(path, ["x"], [[2]], {})
    assert read_table(path)[0] == [{"x": "1"}]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["t.csv", "t.json"]


NETWORK = Config("adam", 0.001, 20, 2, depth=2, width=5, dropout=0.5)


def test_only_what_tells_networks_apart_has_a_column(tmp_path):
    runs = [Run(NETWORK, 0), RUN]
    write_results(tmp_path / "a", Results(dict.fromkeys(runs, HISTORY), {}))
    assert set(read_results(tmp_path / "a").history) == set(runs)
    header = (tmp_path / "a.csv").read_text().splitlines()[0].split(",")
    assert {"depth", "width", "dropout"} < set(header)
    assert not {"momentum", "decay", "augment"} & set(header)


def test_the_best_epoch_has_finite_losses():
    assert best_epoch(HISTORY) == 1
    assert diverged(HISTORY)
    assert not diverged(HISTORY[:2])


@given(arrays(float, (4, 3, 4), elements=st.floats(0, 1)))
def test_the_best_epoch_is_the_first_of_the_highest_validation_accuracy(history):
    for run, epoch in enumerate(best_epoch(history)):
        assert history[epoch, run, 3] == history[:, run, 3].max()
        assert not (history[:epoch, run, 3] == history[epoch, run, 3]).any()
