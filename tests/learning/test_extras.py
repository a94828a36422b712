"""Beyond the assignment: each extra against PyTorch's own, and against what can be said in advance."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional
from torchvision.transforms.functional import hflip

from tp1.learning.errors import HyperparameterError, ShapeError
from tp1.learning.extras import (
    REACH,
    SCHEDULES,
    SIDE,
    WARM_UP,
    draw_keep,
    dropout_backward,
    dropout_forward,
    flip,
    schedule,
    shift,
    smooth_labels,
)
from tp1.learning.functions import softmax
from tp1.learning.layers import softmax_cross_entropy_backward
from tp1.learning.updates import adam_step, decay_step, momentum_step, sgd_step

seeds = st.integers(0, 2**31)
shares = st.sampled_from([0.0, 0.1, 0.5, 0.9])
NOT_SHARES = [1, 1.0, 1.5, -0.1, math.nan, math.inf, "0.1", None]
STEPS = 200


def draw(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


# Dropout


@given(st.tuples(st.integers(1, 6), st.integers(1, 6)), seeds, shares)
def test_dropout_with_one_mask_is_pytorchs(shape, seed, share):
    h, g = draw(*shape, seed=seed).requires_grad_(), draw(*shape, seed=seed + 1)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        theirs = functional.dropout(h, share)
        torch.manual_seed(seed)
        keep = functional.dropout(torch.ones(*shape, dtype=h.dtype), share)
    theirs.backward(g)
    torch.testing.assert_close(dropout_forward(h.detach(), keep), theirs.detach())
    torch.testing.assert_close(dropout_backward(g, keep), h.grad)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9])
def test_units_are_dropped_with_their_probability_and_the_mean_stays(share):
    n = 200_000
    keep = draw_keep((n // 100, 100), share, torch.Generator().manual_seed(1))
    assert set(keep.unique().tolist()) == {0.0, keep.max().item()}
    assert keep.max().item() == pytest.approx(1 / (1 - share))
    # Five standard deviations of a mean of n.
    deviation = math.sqrt(share / (1 - share) / n)
    assert abs(keep.double().mean().item() - 1) < 5 * deviation
    # Every unit, on its own, is the same on average.
    h = draw(100).float().expand(n // 100, 100)
    mean = dropout_forward(h, keep).mean(dim=0)
    assert ((mean - h[0]).abs() <= 10 * deviation * 10 * h[0].abs()).all()


def test_a_mask_is_its_generators_and_nothing_is_dropped_at_zero():
    one, again = (
        draw_keep((5, 4), 0.5, torch.Generator().manual_seed(3)) for _ in range(2)
    )
    assert torch.equal(one, again)
    assert one.shape == (5, 4)
    assert torch.equal(draw_keep((5, 4), 0), torch.ones(5, 4))


# Smoothed labels


@given(st.tuples(st.integers(1, 6), st.integers(2, 10)), seeds, shares)
def test_the_gradient_with_smoothed_labels_is_that_of_pytorchs_loss(size, seed, share):
    b, k = size
    a = draw(b, k, seed=seed).requires_grad_()
    labels = torch.randint(k, (b,), generator=torch.Generator().manual_seed(seed))
    functional.cross_entropy(
        a, labels, label_smoothing=share, reduction="sum"
    ).backward()
    y = smooth_labels(torch.eye(k, dtype=a.dtype)[labels], share)
    found = softmax_cross_entropy_backward(y, softmax(a.detach()))
    torch.testing.assert_close(found, a.grad, rtol=1e-9, atol=1e-14)
    torch.testing.assert_close(y.sum(dim=-1), torch.ones(b, dtype=a.dtype))


def test_smoothed_labels_in_numbers():
    y = torch.eye(10)[[3]]
    expected = [0.01] * 3 + [0.91] + [0.01] * 6
    assert smooth_labels(y, 0.1)[0].tolist() == pytest.approx(expected)
    assert torch.equal(smooth_labels(y, 0), y)
    assert torch.equal(y, torch.eye(10)[[3]])


# Momentum and decay


def gradients(shape, seed):
    for step in range(STEPS):
        g = draw(*shape, seed=1000 * seed + step)
        yield g * (g.abs() > 0.3) * 10 ** (step % 5 - 2)


def follow(ours, optimiser, lr, stack=(), **options):
    """Take the same steps by hand and with one of PyTorch's optimisers, and compare after each."""
    theta = draw(*stack, 5, 3)
    theirs = torch.nn.Parameter(theta.clone())
    optimiser = optimiser([theirs], lr=lr, **options)
    for t, g in enumerate(gradients(theta.shape, 1), 1):
        theirs.grad = g.clone()
        optimiser.step()
        ours(theta, g, t)
        torch.testing.assert_close(theta, theirs.data, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("lr", [0.1, 0.001])
@pytest.mark.parametrize("mu", [0.0, 0.5, 0.9, 0.99])
def test_momentum_is_pytorchs_step_by_step(lr, mu):
    velocity = torch.zeros(2, 5, 3, dtype=torch.float64)
    follow(
        lambda theta, g, t: momentum_step(theta, lr, g, velocity, mu),
        torch.optim.SGD, lr, (2,), momentum=mu,
    )  # fmt: skip


def test_momentum_of_a_stack_has_a_rate_for_each_model():
    rates = torch.tensor([0.1, 0.0, 0.001], dtype=torch.float64)
    theta = draw(3, 5, 3)
    alone = [part.clone() for part in theta]
    velocity, velocities = torch.zeros_like(theta), [torch.zeros_like(t) for t in alone]
    for g in gradients(theta.shape, 2):
        momentum_step(theta, rates, g, velocity, 0.9)
        for part, lr, gi, v in zip(
            alone, rates.tolist(), g, velocities, strict=True
        ):  # fmt: skip
            momentum_step(part, lr, gi, v, 0.9)
    torch.testing.assert_close(theta, torch.stack(alone), rtol=1e-12, atol=1e-12)
    assert torch.equal(theta[1], draw(3, 5, 3)[1])


def test_momentum_along_a_constant_gradient_speeds_up_to_a_geometric_sum():
    theta = torch.zeros(2, 1, dtype=torch.float64)
    velocity, one = torch.zeros_like(theta), torch.ones_like(theta)
    for _ in range(300):
        before = theta.clone()
        momentum_step(theta, 0.1, one, velocity, 0.9)
    torch.testing.assert_close(before - theta, one)  # 0.1 / (1 - 0.9)


@pytest.mark.parametrize("lr", [0.1, 0.001])
@pytest.mark.parametrize("decay", [0.0, 0.01, 0.5])
def test_decay_before_adam_is_pytorchs_adamw(lr, decay):
    m, v = (torch.zeros(5, 3, dtype=torch.float64) for _ in range(2))

    def ours(theta, g, t):
        decay_step(theta, lr, decay)
        adam_step(theta, lr, g, m, v, t)

    follow(ours, torch.optim.AdamW, lr, weight_decay=decay)


@pytest.mark.parametrize("decay", [0.0, 0.01, 0.5])
def test_decay_before_gradient_descent_is_pytorchs(decay):
    # Without a memory of past gradients, decay within the gradient and decay beside it are one.
    def ours(theta, g, t):
        decay_step(theta, 0.1, decay)
        sgd_step(theta, 0.1, g)

    follow(ours, torch.optim.SGD, 0.1, weight_decay=decay)


def test_decay_alone_shrinks_each_model_by_its_rate():
    rates = torch.tensor([0.0, 0.1, 1.0], dtype=torch.float64)
    theta = torch.ones(3, 2, 2, dtype=torch.float64)
    for _ in range(5):
        decay_step(theta, rates, 0.5)
    expected = (1 - 0.5 * rates) ** 5
    torch.testing.assert_close(theta, expected[:, None, None].expand(3, 2, 2))


@pytest.mark.parametrize("wrong", NOT_SHARES)
def test_shares_that_are_refused_change_nothing(wrong):
    theta, velocity = torch.ones(3, 2), torch.ones(3, 2)
    for call in (
        lambda: draw_keep((2, 2), wrong),
        lambda: smooth_labels(torch.eye(3), wrong),
        lambda: momentum_step(theta, 0.1, theta, velocity, wrong),
        lambda: decay_step(theta, 0.1, wrong),
    ):
        with pytest.raises(HyperparameterError, match="from 0 to less than 1"):
            call()
    assert (theta == 1).all()
    assert (velocity == 1).all()


@pytest.mark.parametrize("lr", [-0.1, math.nan, math.inf, "0.1"])
def test_rates_that_are_refused_change_nothing(lr):
    theta, velocity = torch.ones(3, 2), torch.ones(3, 2)
    for call in (
        lambda: momentum_step(theta, lr, theta, velocity, 0.9),
        lambda: decay_step(theta, lr, 0.1),
    ):
        with pytest.raises(HyperparameterError, match="0 or more, is wanted"):
            call()
    assert (theta == 1).all()
    assert (velocity == 1).all()


def test_shapes_that_momentum_and_decay_refuse():
    theta, velocity = torch.ones(4, 3, 2), torch.ones(4, 3, 2)
    for call in (
        lambda: momentum_step(theta, 0.1, theta[0], velocity, 0.9),
        lambda: momentum_step(theta, torch.ones(3), theta, velocity, 0.9),
        lambda: decay_step(theta, torch.ones(3), 0.1),
    ):
        with pytest.raises(ShapeError):
            call()
    assert (theta == 1).all()
    assert (velocity == 1).all()


# Schedules


def multipliers(name, total):
    return schedule(name, torch.arange(1, total + 1, dtype=torch.float64), total)


@given(st.sampled_from(SCHEDULES), st.integers(1, 500))
def test_schedules_stay_between_0_and_1_and_change_little_from_step_to_step(
    name, total
):
    found = multipliers(name, total)
    assert found.shape == (total,)
    assert 0 <= found.min() <= found.max() <= 1
    # The steepest is the rise to 1 in the first fifth.
    assert (found.diff().abs() <= 1 / WARM_UP / total + 1e-12).all()


@given(st.integers(1, 500))
def test_the_linear_schedule_is_pytorchs(total):
    (parameter,) = torch.nn.Linear(1, 1, bias=False).parameters()
    optimiser = torch.optim.SGD([parameter], lr=1.0)
    falling = torch.optim.lr_scheduler.LinearLR(
        optimiser, start_factor=1.0, end_factor=0.0, total_iters=total
    )
    theirs = []
    for _ in range(min(total, 50)):
        theirs += falling.get_last_lr()
        optimiser.step()
        falling.step()
    found = multipliers("linear", total)
    assert found[:50].tolist() == pytest.approx(theirs, abs=1e-9)
    assert (found[0], found[-1]) == (1, pytest.approx(1 / total))


@given(st.integers(1, 100))
def test_one_cycle_rises_to_1_in_the_first_fifth_then_falls_to_0(fifth):
    found = multipliers("one-cycle", 5 * fifth)
    peak = fifth - 1  # the last step of the fifth: steps count from 1
    assert int(found.argmax()) == peak
    assert found[peak] == pytest.approx(1, abs=1e-12)
    assert found[0] == pytest.approx(1 / fifth)
    assert found[-1] == pytest.approx(0, abs=1e-12)
    assert (found[: peak + 1].diff() > 0).all()
    assert (found[peak:].diff() < 0).all()
    # Half a cosine is 1/2 half-way.
    assert multipliers("one-cycle", 10 * fifth)[6 * fifth - 1] == pytest.approx(0.5)


def test_a_constant_schedule_is_1_and_an_unknown_one_is_refused():
    assert (multipliers("constant", 7) == 1).all()
    with pytest.raises(HyperparameterError, match="one of constant, linear, one-cycle"):
        multipliers("cosine", 7)


# Flips and shifts

images = st.integers(1, 5)


@given(images, seeds)
def test_flips_are_torchvisions_and_undo_themselves(b, seed):
    x = draw(b, SIDE * SIDE, seed=seed)
    which = draw(b, seed=seed + 1) > 0
    flipped = flip(x, which)
    for i in range(b):
        image = x[i].view(1, SIDE, SIDE)
        theirs = hflip(image) if which[i] else image
        assert torch.equal(flipped[i], theirs.flatten())
    assert torch.equal(flip(flipped, which), x)


moves = st.tuples(st.integers(-REACH, REACH), st.integers(-REACH, REACH))
pixels = st.tuples(st.integers(0, SIDE - 1), st.integers(0, SIDE - 1))


@given(st.lists(st.tuples(moves, pixels), min_size=1, max_size=5))
def test_a_shift_moves_every_image_by_its_own(cases):
    x = torch.zeros(len(cases), SIDE, SIDE)
    expected = torch.zeros_like(x)
    for i, ((dy, dx), (r, c)) in enumerate(cases):
        x[i, r, c] = 1
        if 0 <= r + dy < SIDE and 0 <= c + dx < SIDE:
            expected[i, r + dy, c + dx] = 1
    down, right = torch.tensor([move for move, _ in cases]).T
    assert torch.equal(shift(x.flatten(1), down, right), expected.flatten(1))


@pytest.mark.parametrize("wrong", [REACH + 1, -REACH - 1, 28])
def test_a_shift_beyond_its_reach_is_refused(wrong):
    x, one, far = torch.ones(2, 784), torch.tensor([1, 0]), torch.tensor([0, wrong])
    for down, right in ((one, far), (far, one)):
        with pytest.raises(HyperparameterError, match="from -2 to 2 pixels is wanted"):
            shift(x, down, right)


@given(moves, seeds)
def test_what_a_shift_brings_in_is_zero_and_the_rest_is_kept(move, seed):
    x = draw(2, SIDE * SIDE, seed=seed)
    before = x.clone()
    dy, dx = move
    found = shift(x, *torch.tensor([[dy, 0], [dx, 0]])).view(2, SIDE, SIDE)
    rolled = x[0].view(SIDE, SIDE).roll((dy, dx), dims=(0, 1))
    rows, columns = (
        torch.arange(SIDE) - d for d in (dy, dx)
    )  # where each pixel comes from
    inside = ((rows >= 0) & (rows < SIDE))[:, None] & (columns >= 0) & (columns < SIDE)
    assert torch.equal(found[0], torch.where(inside, rolled, 0))
    assert torch.equal(found[1].flatten(), x[1])
    assert torch.equal(x, before)
