"""Networks with hidden layers in lock-step: against the readable code, against PyTorch, in any company."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tp1.experiments import blocks
from tp1.experiments.chance import AUGMENT, DROPOUT, generator
from tp1.experiments.images import prepared_sets
from tp1.experiments.lockstep import advance, draw_params, start
from tp1.experiments.plans import Config, Run
from tp1.learning.data import Labelled
from tp1.learning.extras import draw_keep, flip, schedule, shift, smooth_labels
from tp1.learning.functions import one_hot
from tp1.learning.linear import LinearModel
from tp1.learning.mlp import MLPModel

pytestmark = pytest.mark.usefixtures("one_thread")


def trained(runs, sets):
    stack = start(runs, sets)
    while not stack.finished:
        stack = advance(stack, sets)
    return stack


RATES = (1e-5, 1e-4, 1e-3)  # at which rounding does not grow
EXTRAS = st.fixed_dictionaries(
    {},
    optional={
        "decay": st.just(0.1),
        "dropout": st.just(0.3),
        "smoothing": st.just(0.1),
        "augment": st.sampled_from(["flip", "shift", "flip+shift"]),
        "schedule": st.sampled_from(["linear", "one-cycle"]),
        "gradient": st.just("mean"),
    },
)


@st.composite
def configs(draw):
    optimiser = draw(st.sampled_from(["sgd", "adam"]))
    extras = draw(EXTRAS)
    if optimiser == "sgd":
        extras["momentum"] = draw(st.sampled_from([0.0, 0.9]))
    return Config(
        optimiser,
        draw(st.sampled_from(RATES)),
        draw(st.sampled_from([1, 7, 20, 53, 107])),
        draw(st.integers(0, 2)),
        depth=draw(st.integers(1, 3)),
        width=draw(st.sampled_from([1, 5, 16, 33])),
        **extras,
    )


def readable(config, seed, train):
    """Train one run with the readable functions, in double precision."""
    model = MLPModel(
        784, config.width, config.depth, 10,
        params=draw_params(config, seed), dtype=torch.float64,
    )  # fmt: skip
    velocities = [torch.zeros_like(theta) for theta in model.params]
    n, t = len(train.y), 0
    total = config.epochs * math.ceil(n / config.batch_size)
    for epoch in range(1, config.epochs + 1):
        order = torch.randperm(n, generator=generator(seed, epoch))
        dropping = generator(seed, epoch, DROPOUT)
        moving = generator(seed, epoch, AUGMENT)
        flips = torch.randint(2, (n,), generator=moving)
        shifts = torch.randint(-2, 3, (n, 2), generator=moving)
        for places in torch.arange(n).split(config.batch_size):
            batch = order[places]
            x, y = train.x[batch].double(), one_hot(train.y[batch], torch.float64)
            if "flip" in config.augment:
                x = flip(x, flips[places] > 0)
            if "shift" in config.augment:
                x = shift(x, shifts[places, 0], shifts[places, 1])
            y = smooth_labels(y, config.smoothing)
            keeps = [
                draw_keep(
                    (config.width, len(batch)), config.dropout, dropping
                ).T.double()
                if config.dropout
                else torch.ones(len(batch), config.width, dtype=torch.float64)
                for _ in range(config.depth)
            ]
            t += 1
            lr = config.lr * float(
                schedule(
                    config.schedule, torch.tensor(float(t), dtype=torch.float64), total
                )
            )
            step(model, config, x, y, keeps, lr, velocities)
    return model


def step(model, config, x, y, keeps, lr, velocities):
    """One step under PyTorch's automatic differentiation, with its own optimiser's formula."""
    leaves = [theta.clone().requires_grad_() for theta in model.params]
    h = x
    for theta, keep in zip(leaves, keeps, strict=False):
        h = torch.relu(h @ theta[:-1] + theta[-1]) * keep
    scores = h @ leaves[-1][:-1] + leaves[-1][-1]
    loss = torch.nn.functional.cross_entropy(scores, y, reduction="sum")
    if config.gradient == "mean":
        loss = loss / len(x)
    loss.backward()
    grads = [leaf.grad for leaf in leaves]
    for theta in model.params:
        theta *= 1 - lr * config.decay
    if config.momentum:
        for theta, v, g in zip(model.params, velocities, grads, strict=True):
            v.mul_(config.momentum).add_(g)
            theta -= lr * v
    else:
        (model.sgd_update if config.optimiser == "sgd" else model.adam_update)(
            lr, grads
        )


@settings(max_examples=60, deadline=None)
@given(configs(), st.integers(0, 4))
def test_it_computes_what_automatic_differentiation_computes(
    raw, small64, config, seed
):
    train, _ = raw
    stack = trained([Run(config, seed)], small64)
    expected = readable(config, seed, train)
    for found, theta in zip(stack.params, expected.params, strict=True):
        torch.testing.assert_close(found[0], theta, rtol=1e-7, atol=1e-9)


company = st.lists(
    st.tuples(st.sampled_from(RATES), st.integers(0, 4)), max_size=6, unique=True
)


@settings(max_examples=40, deadline=None)
@given(configs(), st.integers(0, 4), company)
def test_a_run_is_the_same_alone_and_in_any_stack(small, config, seed, company):
    # Not to the last bit: a product depends on where in memory its matrices begin.
    run = Run(config, seed)
    others = {Run(Config(**{**vars(config), "lr": lr}), s) for lr, s in company}
    alone = trained([run], small)
    together = trained(sorted(others | {run}), small)
    i = together.runs.index(run)
    np.testing.assert_allclose(
        together.history[:, i, [0, 2]], alone.history[:, 0, [0, 2]], rtol=1e-5
    )
    for mine, theirs in zip(alone.params, together.params, strict=True):
        torch.testing.assert_close(mine[0], theirs[i], rtol=1e-4, atol=1e-5)


def test_a_run_is_bitwise_the_same_where_shapes_agree(small):
    config = Config("adam", 1e-2, 20, 2, depth=2, width=33, dropout=0.3)
    once, again = (
        trained([Run(config, 1), Run(config, seed)], small) for seed in (2, 3)
    )
    assert np.array_equal(once.history[:, 0], again.history[:, 0])


def test_large_layers_are_updated_in_parts(small64, monkeypatch):
    config = Config("adam", 1e-3, 20, 1, depth=2, width=33, decay=0.1)
    runs = [Run(config, seed) for seed in range(2)]
    whole = trained(runs, small64)
    monkeypatch.setattr(blocks, "PART", 100)
    for one, other in zip(whole.params, trained(runs, small64).params, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-12)


def test_bytes_train_like_the_floats_that_they_stand_for(raw):
    pixels = [(images.x * 255).to(torch.uint8) for images in raw]
    as_bytes = [Labelled(x, images.y) for x, images in zip(pixels, raw, strict=True)]
    as_floats = [
        Labelled(x.float() / 255, images.y)
        for x, images in zip(pixels, raw, strict=True)
    ]
    for kind in ("unit", "standard"):
        run = Run(Config("adam", 0.01, 20, 2, kind, depth=1, width=5), 0)
        one, other = (
            trained([run], prepared_sets(*s, kind)) for s in (as_bytes, as_floats)
        )
        assert np.array_equal(one.history, other.history)


def test_a_network_without_hidden_layers_is_softmax_regression():
    (theta,) = draw_params(Config("sgd", 0.1, 1), 3)
    model = MLPModel(784, 0, 0, 10, params=[theta])
    x = torch.rand(4, 784)
    assert torch.equal(model.forward(x), LinearModel(784, 10, params=theta).forward(x))


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_the_initial_loss_is_ln_10(small, depth):
    config = Config("sgd", 0.1, 1, depth=depth, width=100 * (depth > 0))
    history = start([Run(config, s) for s in range(3)], small).history
    assert np.allclose(history[0, :, [0, 2]], math.log(10), atol=0.15)


def test_a_handful_of_images_is_learnt_by_heart(raw):
    few = Labelled(raw[0].x[:12], raw[0].y[:12])
    sets = prepared_sets(few, raw[1])
    for optimiser, lr in (("sgd", 0.05), ("adam", 0.01)):
        run = Run(Config(optimiser, lr, 3, epochs=60, depth=2, width=20), 0)
        history = trained([run], sets).history[:, 0]
        assert history[-1, 1] == 1
        assert history[-1, 0] < 0.02
