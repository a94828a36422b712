"""The cost model: its counts are those of the computation, its constants those that were measured."""

import json
from pathlib import Path

import pytest
import torch
from benchmarks.scaling.steps import fitted
from torch.utils.flop_counter import FlopCounterMode

from tp1.experiments import costs
from tp1.experiments.plans import Config
from tp1.learning.functions import NUM_CLASSES, NUM_FEATURES
from tp1.learning.mlp import MLPModel

RESULTS = Path(__file__).parents[2] / "benchmarks/results"


@pytest.mark.parametrize(("depth", "width"), [(0, 0), (1, 7), (3, 20)])
def test_the_operations_are_those_that_pytorch_counts(depth, width):
    size = 11
    model = MLPModel(NUM_FEATURES, width, depth, NUM_CLASSES)
    with FlopCounterMode(display=False) as counter:
        y_pred = model.forward(torch.rand(size, NUM_FEATURES))
        model.backward(torch.eye(NUM_CLASSES)[[0] * size], y_pred)
    config = Config("sgd", 0.1, size, depth=depth, width=width)
    # The bias costs next to nothing: it is added with the product, and counted here as one more input.
    assert costs.terms(config, 1, 1).flops == pytest.approx(
        counter.get_total_flops(), rel=0.15 if depth else 0.01
    )
    assert costs.terms(config, 5, 2).flops == 5 * costs.terms(config, 1, 1).flops


def test_the_constants_are_those_that_were_fitted():
    found = json.loads((RESULTS / "search_scaling.json").read_text(encoding="utf-8"))
    assert not found["quick"]
    assert costs.Costs(**found["costs"]) == costs.FITTED == fitted(found["cells"])


def test_a_fit_finds_the_constants_of_times_that_follow_the_model():
    true = costs.Costs(
        {"sgd": 1e-5, "adam": 3e-5}, {"sgd": 2e-10, "adam": 9e-10}, 1e-7, 2e-11
    )
    cells = []
    for optimiser in ("sgd", "adam"):
        for depth, width in ((0, 0), (1, 20), (3, 300)):
            for size in (1, 20, 500):
                for runs in (1, 6, 30):
                    config = Config(optimiser, 0.1, size, depth=depth, width=width)
                    spent = costs.parts(config, costs.terms(config, runs, runs), true)
                    cells.append(
                        {
                            "optimiser": optimiser,
                            "depth": depth,
                            "width": width,
                            "batch_size": size,
                            "runs": runs,
                            "groups": runs,
                            "seconds": sum(spent.values()),
                        }
                    )
    assert fitted(cells) == true


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
@pytest.mark.parametrize(("depth", "width"), [(0, 0), (1, 25), (3, 300)])
def test_a_stack_is_large_enough_where_launching_is_a_small_part(
    optimiser, depth, width
):
    for size in (1, 20, 1000):
        config = Config(optimiser, 0.1, size, depth=depth, width=width)
        groups = costs.enough(config, 3)

        def launching(groups, config=config):
            spent = costs.parts(config, costs.terms(config, 3 * groups, groups))
            return spent["latency"] / sum(spent.values())

        assert launching(groups) <= costs.WASTED * 1.0001
        assert groups == 1 or launching(groups - 1) > costs.WASTED
