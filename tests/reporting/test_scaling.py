"""What a search costs: read, drawn and laid out."""

import json

import numpy as np
import pytest

from tp1.experiments.costs import FITTED
from tp1.experiments.errors import ResultsError
from tp1.experiments.plans import Config
from tp1.reporting import scaling
from tp1.reporting.scaling import Scaling, load_scaling


def cell(batch_size, seconds, optimiser="adam", depth=0, width=0):
    return {
        "optimiser": optimiser,
        "batch_size": batch_size,
        "depth": depth,
        "width": width,
        "runs": 3,
        "groups": 1,
        "seconds": seconds,
    }


FOUND = {
    "machine": "two cores",
    "costs": FITTED._asdict(),
    "cells": [
        cell(1, 5e-5, "sgd"),
        cell(1000, 2e-3, width=100, depth=1),
        cell(1, 4e-3, depth=3, width=1000),
    ],
    "throughput": [
        {"kind": kind, "workers": workers, "runs": 12, "seconds": seconds}
        for kind, workers, seconds in (
            ("processes", 1, 9.0),
            ("processes", 1, 8.0),
            ("processes", 1, 8.4),
            ("processes", 2, 4.2),
            ("cluster", 1, 10.0),
            ("cluster", 2, 5.0),
        )
    ],
    "log": {"lines": [[0.1, "scheduler"], [12.0, "kill -9"]], "same": 24, "runs": 24},
}


@pytest.fixture
def found(tmp_path) -> Scaling:
    (tmp_path / "search_scaling.json").write_text(json.dumps(FOUND))
    return load_scaling(tmp_path)


def test_every_step_is_a_point_at_its_time_and_its_prediction(found):
    ax = scaling.model_figure(found).axes[0]
    *clouds, diagonal = ax.lines
    points = sorted((x, y) for cloud in clouds for x, y in cloud.get_xydata())
    expected = sorted((1e3 * c.seconds, 1e3 * c.predicted) for c in found.cells)
    assert np.array(points) == pytest.approx(np.array(expected))
    assert diagonal.get_xdata() == pytest.approx([0.05, 4])
    bounds = [cell.bound for cell in found.cells]
    assert bounds == ["latency", "compute", "memory"]


def test_workers_are_compared_with_one_of_their_kind(found):
    rows = scaling.workers_table(found).data.splitlines()[2:6]
    cells = [[part.strip() for part in row.strip("|").split("|")] for row in rows]
    assert [row[:2] for row in cells] == [
        ["1", "cette machine"],
        ["2", "cette machine"],
        ["1", "une grappe"],
        ["2", "une grappe"],
    ]
    assert [row[-1].replace("\xa0", " ") for row in cells] == [
        "× 1,00",
        "× 2,00",
        "× 1,00",
        "× 2,00",
    ]


def test_a_million_runs_take_a_million_times_one(found):
    config = Config("adam", 0.001, 20)
    one = scaling.seconds_of(config)
    row = scaling.million_table({"régression": config}, 10**6, 1000).data
    hours = f"{round(one * 1e6 / 3600):,}".replace(",", "\u202f")
    assert f"| {hours} |" in row


def test_the_log_is_shown_line_by_line(found):
    assert scaling.log_text(found).data.splitlines()[1:3] == [
        "   0.1 s  scheduler",
        "  12.0 s  kill -9",
    ]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cells": 3}'])
def test_a_damaged_file_is_named(tmp_path, text):
    (tmp_path / "search_scaling.json").write_text(text)
    with pytest.raises(ResultsError, match=r"search_scaling.*search_scaling`"):
        load_scaling(tmp_path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ResultsError, match="No such file"):
        load_scaling(tmp_path)
