"""The lock-step against the readable code, PyTorch's optimisers, and itself in other company."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tp1.experiments.chance import generator
from tp1.experiments.images import prepared_sets
from tp1.experiments.lockstep import advance, draw_params, evaluate, start
from tp1.experiments.measures import best_epoch, diverged
from tp1.experiments.plans import Config, Run
from tp1.learning.data import Labelled
from tp1.learning.errors import HyperparameterError, LabelError
from tp1.learning.functions import accuracy, reshape_input
from tp1.learning.linear import LinearModel

pytestmark = pytest.mark.usefixtures("one_thread")


def trained(runs, sets):
    stack = start(runs, sets)
    while not stack.finished:
        stack = advance(stack, sets)
    return stack


def of(stack, run):
    """History and parameters of one run of a stack, last and best, those of all layers in a row."""
    i = stack.runs.index(run)
    return stack.history[:, i], flat(stack.params, i), flat(stack.best, i)


def flat(layers, i=0):
    return torch.cat([layer[i].flatten() for layer in layers])


def initial_params(seed):
    """Those of softmax regression."""
    return draw_params(Config("sgd", 0.0, 1), seed)[0]


random = generator


RATES = (1e-4, 0.001, 0.01, 0.1, 3.0)  # the last ones are far beyond what is stable
configs = st.builds(
    Config,
    optimiser=st.sampled_from(["sgd", "adam"]),
    lr=st.sampled_from(RATES),
    batch_size=st.sampled_from([1, 2, 7, 20, 53, 106, 107]),
    epochs=st.integers(0, 3),
    gradient=st.sampled_from(["sum", "mean"]),
    schedule=st.sampled_from(["constant", "linear"]),
)
company = st.lists(
    st.tuples(st.sampled_from(RATES), st.integers(0, 5)), max_size=8, unique=True
)


@settings(max_examples=60, deadline=None)
@given(configs, st.integers(0, 5), company)
def test_a_run_is_bitwise_the_same_alone_and_in_any_stack(small, config, seed, company):
    run = Run(config, seed)
    others = {Run(Config(**{**vars(config), "lr": lr}), s) for lr, s in company}
    alone = trained([run], small)
    together = trained(sorted(others | {run}), small)
    for mine, theirs in zip(of(alone, run), of(together, run), strict=True):
        assert np.array_equal(mine, theirs)


@settings(max_examples=30, deadline=None)
@given(configs.filter(lambda config: config.lr < 1), st.integers(0, 5))
def test_it_computes_what_the_readable_code_computes(raw, small64, config, seed):
    # Beyond the stable rates, rounding grows even in double precision: no reference could agree there.
    train, _ = raw
    stack = trained([Run(config, seed)], small64)
    model = LinearModel(784, 10, params=initial_params(seed).double())
    x, y = reshape_input(train.x.double(), train.y)
    size, total = config.batch_size, config.epochs * math.ceil(107 / config.batch_size)
    t = 0
    for epoch in range(1, config.epochs + 1):
        order = torch.randperm(len(y), generator=random(seed, epoch))
        for batch in order.split(size):
            lr = config.lr * (1 - t / total if config.schedule == "linear" else 1)
            grads = model.get_grads(y[batch], model.forward(x[batch]), x[batch])
            if config.gradient == "mean":
                grads /= len(batch)
            update = (
                model.sgd_update if config.optimiser == "sgd" else model.adam_update
            )
            update(lr, grads)
            t += 1
    torch.testing.assert_close(stack.params[0][0], model.params, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
@pytest.mark.parametrize("size", [1, 20])
def test_it_computes_what_pytorch_computes(raw, small64, optimiser, size):
    train, _ = raw
    config = Config(optimiser, 0.003, size, epochs=2)
    stack = trained([Run(config, 4)], small64)
    theta = initial_params(4).double().requires_grad_()
    kind = torch.optim.SGD if optimiser == "sgd" else torch.optim.Adam
    optim = kind([theta], lr=0.003)
    x = torch.cat([train.x.double(), torch.ones(107, 1)], dim=1)
    for epoch in (1, 2):
        for batch in torch.randperm(107, generator=random(4, epoch)).split(size):
            optim.zero_grad()
            loss = torch.nn.functional.cross_entropy(
                x[batch] @ theta, train.y[batch], reduction="sum"
            )
            loss.backward()
            optim.step()
    torch.testing.assert_close(
        stack.params[0][0], theta.detach(), rtol=1e-9, atol=1e-11
    )


def test_evaluation_is_the_loss_and_the_accuracy_of_both_sets(raw, small):
    stack = start([Run(Config("sgd", 0.1, 1), 3)], small)
    for columns, images in zip(((0, 1), (2, 3)), raw, strict=True):
        a = (
            torch.cat([images.x, torch.ones(len(images.y), 1)], dim=1)
            @ stack.params[0][0]
        )
        loss = torch.nn.functional.cross_entropy(a, images.y)
        share = accuracy(torch.eye(10)[images.y], torch.softmax(a, dim=1))[0]
        found = stack.history[0, 0, columns]
        assert found[0] == pytest.approx(float(loss), rel=1e-6)
        assert found[1] == pytest.approx(float(share), abs=1e-7)


def test_the_initial_loss_is_ln_10(small):
    history = start([Run(Config("sgd", 0.1, 1), s) for s in range(6)], small).history
    assert np.allclose(history[0, :, [0, 2]], math.log(10), atol=0.15)


def test_all_runs_of_a_seed_start_alike_and_see_the_images_in_one_order(small):
    a, b = Run(Config("sgd", 0.0, 7), 2), Run(Config("adam", 0.0, 20), 2)
    assert np.array_equal(
        flat(trained([a], small).params), flat(trained([b], small).params)
    )
    other = start([Run(Config("sgd", 0.0, 7), 3)], small)
    assert not np.allclose(flat(other.params), flat(start([a], small).params))
    assert random(2, 1).initial_seed() != random(2, 2).initial_seed()


def test_the_best_parameters_are_a_copy_of_those_at_the_best_epoch(small):
    def run(epochs):
        return Run(Config("sgd", 0.05, 20, epochs=epochs), 1)

    for last in (6, 12):
        stack = trained([run(last)], small)
        best = int(best_epoch(stack.history)[0])
        again = trained([run(best)], small)
        assert np.array_equal(flat(stack.best), flat(again.params))
        assert stack.history[best, 0, 3] == stack.history[:, 0, 3].max()


def test_an_epoch_leaves_the_stack_it_was_given_as_it_was(small):
    stack = start([Run(Config("adam", 0.1, 20), 0)], small)
    theta, m = stack.theta[0].clone(), stack.m[0].clone()
    advance(stack, small)
    assert torch.equal(stack.theta[0], theta)
    assert torch.equal(stack.m[0], m)
    assert len(stack.history) == 1


def test_divergence_is_recorded_is_never_the_best_and_harms_no_other_run(small):
    wild, tame = Run(Config("sgd", 1e38, 20), 0), Run(Config("sgd", 0.001, 20), 0)
    stack = trained([tame, wild], small)
    history, _, best = of(stack, wild)
    assert diverged(history)
    assert not np.isfinite(history[-1, 0])
    assert best_epoch(history) == 0
    assert np.array_equal(best, initial_params(0).flatten())
    alone, params, _ = of(trained([tame], small), tame)
    assert np.array_equal(alone, of(stack, tame)[0])
    assert not diverged(alone)
    assert np.array_equal(params, of(stack, tame)[1])


def test_a_handful_of_images_is_learnt_by_heart(raw):
    few = Labelled(raw[0].x[:12], raw[0].y[:12])
    sets = prepared_sets(few, raw[1])
    runs = [
        Run(Config(opt, lr, 3, epochs=150), 0)
        for opt, lr in (("sgd", 0.05), ("adam", 0.01))
    ]
    for run in runs:
        history = trained([run], sets).history[:, 0]
        assert history[-1, 1] == 1
        assert history[-1, 0] < 0.02


def test_standard_pixels_take_their_statistics_from_the_training_set_alone(raw):
    train, val = raw
    sets = prepared_sets(train, val, "standard")
    pixels = sets.train.x[:, :784]
    assert pixels.mean(dim=0).abs().max() < 1e-5
    assert float(pixels.std()) < 1.01
    expected = (val.x - train.x.mean(dim=0)) / train.x.std()
    torch.testing.assert_close(sets.val.x[:, :784], expected)
    assert (sets.train.x[:, 784] == 1).all()
    assert not sets.train.x[:, 785:].any()


def test_a_minibatch_larger_than_the_set_is_refused(small):
    with pytest.raises(HyperparameterError, match=r"batch size 108.*107 images"):
        start([Run(Config("sgd", 0.1, 108), 0)], small)


def test_evaluation_of_a_part_of_the_places_is_that_of_the_whole(small):
    runs = [Run(Config("sgd", lr, 20), s) for s in (0, 1) for lr in (0.1, 0.01, 0.001)]
    stack = trained(runs, small)
    assert np.array_equal(
        evaluate([stack.theta[0][:3]], small), evaluate(stack.theta, small)[:3]
    )


@pytest.mark.parametrize("label", [-1, 10])
def test_a_label_that_is_no_class_is_refused(raw, label):
    train, val = raw
    y = val.y.clone()
    y[3] = label
    with pytest.raises(LabelError, match=f"label {label}"):
        prepared_sets(train, Labelled(val.x, y))
