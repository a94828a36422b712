"""The benchmark of the search still runs, and its sides still agree; nothing here is timed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tp1.learning.data import checksums, defect, raw_folder

PROJECT = Path(__file__).parents[1]
# The peers that the tests' own libraries bring; JAX is for `make bench` alone.
SIDES = ("tp1", "torch.nn", "notebook", "scikit-learn", "bounds", "stacks")


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.skipif(
    any(defect(raw_folder() / name, md5) for name, md5 in checksums("train").items()),
    reason="no Fashion-MNIST: run `make data`",
)
def test_the_benchmark_of_the_search_runs_and_its_sides_agree(tmp_path):
    pytest.importorskip("sklearn")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.softmax_search", "--quick"),
            *("--output", str(tmp_path), "--only", *SIDES),
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = (tmp_path / "softmax_search.md").read_text(encoding="utf-8")
    for table in ("whole search", "A step", "What bounds a step", "number of runs"):
        assert table in report
    assert "no results" in report  # a quick run is never taken for a measurement
    for figure in ("softmax_search.svg", "softmax_stack.svg"):
        assert (tmp_path / figure).stat().st_size > 1000
