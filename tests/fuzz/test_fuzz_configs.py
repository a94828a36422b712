"""Hyperparameters of every type and size: a configuration that can be kept, or a typed error."""

import math
from collections.abc import Callable
from dataclasses import fields

import hostile
import pytest
import torch
from counting import fuzz
from hostile import attempt, configurations
from hypothesis import strategies as st

from tp1.experiments.plans import Config, Run, runs_of, stacks
from tp1.experiments.results import KINDS, config_cells, config_columns, read_run
from tp1.learning.checks import check_count, check_rate, check_share
from tp1.learning.errors import HyperparameterError
from tp1.learning.extras import SCHEDULES, draw_keep, schedule, smooth_labels
from tp1.learning.linear import LinearModel
from tp1.learning.mlp import MLPModel
from tp1.learning.training import train
from tp1.learning.updates import adam_step, decay_step, momentum_step, sgd_step

names = st.sampled_from([field.name for field in fields(Config)])
changes = st.dictionaries(names, hostile.anything, max_size=3)


def refused(build: Callable[[], object]) -> bool:
    """Say whether something ends with a typed error."""
    return attempt(build)[1] is not None


def check_kept(config: Config) -> None:
    """Whatever is a configuration is written, read back, compared, and shared out among stacks."""
    for field, kind in KINDS.items():
        value = getattr(config, field)
        assert isinstance(value, (int, float) if kind is float else kind)
        assert not isinstance(value, bool)
    assert math.isfinite(config.lr)
    assert config.lr >= 0
    assert config.batch_size >= 1
    assert config.epochs >= 0
    columns = config_columns([config])
    cells = config_cells(config, columns)
    row = dict(zip(columns, cells, strict=True))
    assert read_run({**row, "seed": "0"}) == Run(config, 0)
    assert len(config.sizes) == config.depth + 2
    runs = [Run(config, seed) for seed in (0, 1)]
    assert sorted(run for stack in stacks(runs) for run in stack) == runs
    assert repr(config)


@fuzz(8_000, valid=configurations, changed=changes)
def test_a_configuration_is_whole_or_refused(valid, changed):
    config, error = attempt(lambda: Config(**{**valid, **changed}))
    if error:
        assert isinstance(error, HyperparameterError)
        assert changed  # what is valid is not refused
    else:
        check_kept(config)


@fuzz(1_000, values=st.lists(hostile.anything, min_size=3, max_size=14))
def test_noise_is_no_configuration_or_a_whole_one(values):
    config, error = attempt(lambda: Config(*values))
    if error is None:
        check_kept(config)


def whole_number(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def a_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@fuzz(2_000, seed=hostile.anything, seeds=hostile.anything)
def test_seeds_are_counted_or_refused(seed, seeds):
    config = Config("sgd", 0.1, 20)
    if not refused(lambda: Run(config, seed)):
        assert whole_number(seed, 0)
    runs, error = attempt(lambda: runs_of([config], seeds))
    if error:
        assert not whole_number(seeds, 1) or seeds > 100
    else:
        assert whole_number(seeds, 1)
        assert [run.seed for run in runs] == list(range(seeds))


@fuzz(3_000, value=hostile.anything, least=st.integers(0, 2))
def test_checks_pass_only_what_they_say(value, least):
    if not refused(lambda: check_count("x", value, least)):
        assert whole_number(value, least)
    else:
        assert not whole_number(value, least) or value > 1000
    if not refused(lambda: check_share("x", value)):
        assert 0 <= float(value) < 1
    else:
        assert not (a_number(value) and type(value) in (int, float) and 0 <= value < 1)
    if not refused(lambda: check_rate(value)):
        rates = value.flatten().tolist() if isinstance(value, torch.Tensor) else [value]
        assert all(math.isfinite(float(rate)) and rate >= 0 for rate in rates)


@fuzz(2_000, lr=hostile.anything, share=hostile.anything)
def test_steps_leave_finite_parameters_or_are_refused(lr, share):
    ones, zeros = (
        make(3, 2, dtype=torch.float64) for make in (torch.ones, torch.zeros)
    )
    params = [ones.clone() for _ in range(4)]
    refused(lambda: sgd_step(params[0], lr, zeros))
    refused(lambda: momentum_step(params[1], lr, zeros, zeros.clone(), share))
    refused(lambda: adam_step(params[2], lr, zeros, zeros.clone(), zeros.clone(), 1))
    for theta in params[:3]:
        assert torch.equal(theta, ones)  # the gradient is 0
    if refused(lambda: decay_step(params[3], lr, share)):
        assert torch.equal(params[3], ones)


@fuzz(1_000, value=hostile.anything)
def test_extras_are_applied_or_refused(value):
    y = torch.eye(4)
    if not refused(lambda: smooth_labels(y, value)):
        assert torch.allclose(smooth_labels(y, value).sum(1), torch.ones(4))
    if not refused(lambda: draw_keep((2, 3), value)):
        assert (draw_keep((2, 3), value) >= 0).all()
    if not refused(lambda: schedule(value, torch.arange(1, 4), 3)):
        assert value in SCHEDULES


@fuzz(
    1_000,
    sizes=st.tuples(*[hostile.anything] * 3),
    valid=st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(0, 3)),
    kept=st.integers(0, 2),
)
def test_models_have_the_sizes_asked_for_or_are_refused(sizes, valid, kept):
    # A size of a million is legitimate, and is not for a test to allocate.
    sizes = [valid[i] if i == kept or large(v) else v for i, v in enumerate(sizes)]
    if not refused(lambda: LinearModel(sizes[0], sizes[1])):
        assert LinearModel(sizes[0], sizes[1]).params.shape == (sizes[0] + 1, sizes[1])
    if not refused(lambda: MLPModel(sizes[0], sizes[1], sizes[2], 3)):
        layers = MLPModel(sizes[0], sizes[1], sizes[2], 3).params
        assert len(layers) == sizes[2] + 1
        assert layers[0].shape[0] == sizes[0] + 1


def large(value: object) -> bool:
    return isinstance(value, int) and 100 < value < 10**30


batches = st.lists(
    st.tuples(
        st.sampled_from(
            [torch.rand(2, 784), torch.rand(2, 1, 28, 28), torch.rand(3, 784), torch.rand(2), torch.rand(()),
             torch.zeros(0, 784), torch.full((2, 784), math.nan), torch.ones(2, 784, dtype=torch.int64)]
        ),
        st.sampled_from(
            [torch.tensor([0, 1]), torch.tensor([0, 7]), torch.tensor([-1, 0]), torch.tensor([0.0, 1.0]),
             torch.tensor([[0], [1]]), torch.tensor([True, False]), torch.zeros(0, dtype=torch.int64),
             torch.tensor(1), torch.tensor([[0, 1]])]
        ),
    ),
    max_size=3,
)  # fmt: skip
good = st.just([(torch.rand(2, 784), torch.tensor([0, 9]))])


@fuzz(
    1_500,
    lr=st.sampled_from([0.1, 1e30]) | hostile.anything,
    epochs=st.integers(0, 2) | hostile.anything,
    training=good | batches | st.none(),
    validation=good | batches | st.none(),
    sgd=st.booleans(),
)
def test_training_ends_with_a_log_of_every_epoch_or_is_refused(
    lr, epochs, training, validation, sgd
):
    if whole_number(epochs, 3):
        epochs = 2  # so many would be legitimate
    model = LinearModel(784, 10)
    done, error = attempt(lambda: train(model, lr, epochs, sgd, training, validation))
    if error:
        return
    best, accuracy, logger = done
    assert training
    assert validation
    assert 0 <= accuracy <= 1
    assert torch.isfinite(best.params).all()
    assert len(logger.accuracies_train) == epochs + 1


@pytest.mark.fuzz
def test_every_hostile_value_is_tried_in_every_field():
    valid = {"optimiser": "adam", "lr": 0.1, "batch_size": 20, "depth": 1, "width": 5}
    for name in KINDS:
        for value in (*hostile.NUMBERS, *hostile.OTHERS):
            config, error = attempt(lambda: Config(**{**valid, name: value}))  # noqa: B023
            if error is None:
                check_kept(config)
