"""The benchmarks of learning still run, and their sides still agree; nothing here is timed."""

import csv
import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from benchmarks.mlp import counts, timing
from benchmarks.mlp.sides import Autograd, ByHand
from benchmarks.mlp.task import QUICK, Cell, flops
from torch.utils.flop_counter import FlopCounterMode

from tp1.learning.data import checksums, defect, raw_folder
from tp1.reporting.scaling import understood
from tp1.reporting.speed import AUTOGRAD, HAND, PHASES, load_speed

PROJECT = Path(__file__).parents[1]
# The peers that the tests' own libraries bring; JAX is for `make bench` alone.
SIDES = ("tp1", "torch.nn", "notebook", "scikit-learn", "bounds", "stacks")


needs_data = pytest.mark.skipif(
    any(defect(raw_folder() / name, md5) for name, md5 in checksums("train").items()),
    reason="no Fashion-MNIST: run `make data`",
)


def quick(module: str, output: Path, *options: str) -> None:
    """Run a benchmark on its tiny slices."""
    command = [sys.executable, "-m", module, "--quick", "--output", str(output)]
    done = subprocess.run(
        [*command, *options], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.data
@needs_data
def test_the_benchmark_of_the_search_runs_and_its_sides_agree(tmp_path):
    pytest.importorskip("sklearn")
    quick("benchmarks.softmax_search", tmp_path, "--only", *SIDES)
    report = (tmp_path / "softmax_search.md").read_text(encoding="utf-8")
    for table in ("whole search", "A step", "What bounds a step", "number of runs"):
        assert table in report
    assert "no results" in report  # a quick run is never taken for a measurement
    for figure in ("softmax_search.svg", "softmax_stack.svg"):
        assert (tmp_path / figure).stat().st_size > 1000


@pytest.mark.slow
@pytest.mark.data
@needs_data
def test_the_benchmark_of_more_workers_runs_and_its_numbers_are_understood(tmp_path):
    quick("benchmarks.search_scaling", tmp_path)
    report = (tmp_path / "search_scaling.md").read_text(encoding="utf-8")
    assert "A quick run: no results." in report
    found = understood(json.loads((tmp_path / "search_scaling.json").read_text()))
    assert {kind for kind, _ in found.seconds} == {"processes", "cluster"}
    assert all(cell.predicted > 0 and cell.seconds > 0 for cell in found.cells)
    assert len(report.splitlines()) > len(found.cells) + len(found.log)


# Those of time twice: against autograd's default optimiser, and against its quickest.
OF_TIME = ("at batch 1", "at batch 20", "nowhere on the grid")
TARGETS = (*OF_TIME, *OF_TIME, "of the peak", "memory")


@pytest.fixture
def step_numbers(tmp_path):
    """Run the benchmark of a step on its tiny grid; give the folder."""
    quick("benchmarks.mlp_steps", tmp_path)
    return tmp_path


@pytest.mark.slow
def test_the_benchmark_of_a_step_runs_and_judges_every_target(step_numbers):
    with (step_numbers / "mlp_steps.csv").open() as table:
        rows = list(csv.DictReader(table))
    asked = QUICK.cells(1)
    for side in (HAND, AUTOGRAD):
        found = [Cell(*(r[n] for n in Cell._fields)) for r in rows if r["side"] == side]
        assert found == [Cell(*map(str, cell)) for cell in asked]
    speed = load_speed(step_numbers)
    assert all(speed.ratio(place) > 0 for place in speed.times)
    assert len(speed.phases) == len(QUICK.split_cells(1))

    report = (step_numbers / "mlp_steps.md").read_text(encoding="utf-8")
    assert "no results" in report  # a quick run is never taken for a measurement
    lines = report.split("| target |")[1].split("\n\n")[0].splitlines()[2:]
    assert len(lines) == len(TARGETS)
    for line, target in zip(lines, TARGETS, strict=True):
        assert target in line.split("|")[1]
        assert "met" in line.split("|")[2] or "not measured" in line.split("|")[2]
    for section in report.split("\n\n"):
        if section.startswith("|"):
            assert len(section.splitlines()) > 2


def test_a_side_that_learns_something_else_ends_the_benchmark(one_thread):
    cell = Cell(1, 5, 20, "sgd", 1)
    hand = ByHand(cell)
    peer = Autograd(cell, hand.order)
    errors = timing.agreement(cell, {HAND: hand, AUTOGRAD: peer})
    assert 0 < errors[AUTOGRAD] < timing.TOLERANCE
    # One step ahead.
    peer.run(1)
    with pytest.raises(timing.DisagreementError, match="autograd has other parameters"):
        timing.agreement(cell, {HAND: hand, AUTOGRAD: peer})


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_what_a_step_is_made_of_is_counted(optimiser, one_thread):
    cell = Cell(2, 7, 20, optimiser, 1)
    peer = Autograd(cell, torch.arange(1024))
    with FlopCounterMode(display=False) as counter:
        peer.run(1)
    sizes = cell.config.sizes
    assert counter.get_total_flops() == flops(sizes, cell.batch)

    found = counts.count(cell)
    assert all(found["operations"][side] > 10 for side in (HAND, AUTOGRAD))
    parameters = sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))
    minibatch = cell.batch * (4 * 784 + 8)
    # All the gradients are there at once, in the end.
    assert 4 * parameters + minibatch <= found["bytes"][AUTOGRAD]
    # Images as floats and as bytes, their rows on cache lines.
    assert cell.batch * 5 * 800 <= found["bytes"][HAND]


def test_the_phases_of_a_step_are_the_whole_of_it(one_thread):
    cell = Cell(2, 7, 20, "adam", 1)
    hand = ByHand(cell)
    phases = counts.hand_phases(hand, 3)
    assert all(phases[phase] > 0 for phase in PHASES)
    # Nothing of the stopwatch stays behind.
    assert "step" not in vars(hand.block)
    assert "update" not in vars(hand.block)
    spent = counts.autograd_phases(Autograd(cell, hand.order), 3)
    assert all(spent[phase] > 0 for phase in PHASES)
