"""The gradient written by hand against automatic differentiation and central differences; the updates."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tp1.learning.errors import HyperparameterError, ShapeError
from tp1.learning.functions import cross_entropy
from tp1.learning.linear import LinearModel

sizes = st.tuples(st.integers(1, 6), st.integers(1, 5), st.integers(2, 5))  # B, D, K
stacks = st.sampled_from([(), (1,), (3,)])
seeds = st.integers(0, 2**31)


def problem(stack, size, seed, scale=1.0, own_batches=False):
    """A model, its inputs and its one-hot targets, in double precision."""
    b, d, k = size
    generator = torch.Generator().manual_seed(seed)
    options = {"generator": generator, "dtype": torch.float64}
    model = LinearModel(d, k, params=scale * torch.randn(*stack, d + 1, k, **options))
    lead = stack if own_batches else ()
    x = torch.randn(*lead, b, d, **options)
    y = torch.eye(k, dtype=torch.float64)[
        torch.randint(k, (*lead, b), generator=generator)
    ]
    return model, x, y


def hand_gradient(model, x, y):
    return model.get_grads(y, model.forward(x), x)


@given(stacks, sizes, seeds, st.sampled_from([0.1, 1.0, 30.0, 1e4]), st.booleans())
def test_gradient_is_that_of_autograd(stack, size, seed, scale, own_batches):
    model, x, y = problem(stack, size, seed, scale, own_batches)
    theta = model.params.clone().requires_grad_()
    ones = torch.ones(*x.shape[:-1], 1, dtype=x.dtype)
    scores = torch.cat([x, ones], dim=-1) @ theta
    # log_softmax never rounds a probability to 0: exact for extreme scores too.
    loss = -(y * torch.log_softmax(scores, dim=-1)).sum()
    loss.backward()
    torch.testing.assert_close(
        hand_gradient(model, x, y), theta.grad, rtol=1e-10, atol=1e-10
    )


@settings(max_examples=25)
@given(stacks, sizes, seeds)
def test_gradient_is_that_of_central_differences(stack, size, seed):
    model, x, y = problem(stack, size, seed)
    grads, step = hand_gradient(model, x, y), 1e-6
    flat = model.params.view(-1)
    for i, expected in enumerate(grads.flatten().tolist()):
        losses = []
        for move in (step, -2 * step):
            flat[i] += move
            losses.append(cross_entropy(y, model.forward(x)).sum().item())
        flat[i] += step
        assert (losses[0] - losses[1]) / (2 * step) == pytest.approx(
            expected, rel=1e-6, abs=1e-7
        )


@given(st.integers(1, 4), sizes, seeds, st.booleans())
def test_a_stack_trains_like_its_models_alone(r, size, seed, own_batches):
    stack, x, y = problem((r,), size, seed, own_batches=own_batches)
    rates = torch.linspace(0.01, 0.5, r, dtype=torch.float64)
    _, d, k = size
    alone = [LinearModel(d, k, params=params) for params in stack.params]
    stack.sgd_update(rates, hand_gradient(stack, x, y))
    for i, model in enumerate(alone):
        xi, yi = (x[i], y[i]) if own_batches else (x, y)
        model.sgd_update(float(rates[i]), hand_gradient(model, xi, yi))
        torch.testing.assert_close(
            model.params, stack.params[i], rtol=1e-12, atol=1e-12
        )


@given(sizes, seeds)
def test_gradient_is_summed_over_the_minibatch(size, seed):
    model, x, y = problem((), size, seed)
    samples = [hand_gradient(model, x[i : i + 1], y[i : i + 1]) for i in range(len(x))]
    torch.testing.assert_close(
        hand_gradient(model, x, y), torch.stack(samples).sum(dim=0)
    )


def test_initial_loss_of_zero_parameters_is_ln_10():
    model = LinearModel(784, 10, params=torch.zeros(785, 10))
    x, y = torch.rand(50, 784), torch.eye(10).repeat(5, 1)
    assert cross_entropy(y, model.forward(x)).item() / 50 == pytest.approx(
        math.log(10), rel=1e-6
    )


def test_initial_parameters_are_drawn_from_the_generator():
    first, again = (
        LinearModel(784, 10, generator=torch.Generator().manual_seed(3))
        for _ in range(2)
    )
    assert torch.equal(first.params, again.params)
    assert first.params.shape == (785, 10)
    assert first.params.std().item() == pytest.approx(0.01, rel=0.05)
    assert abs(first.params.mean().item()) < 0.001


def test_given_parameters_are_copied():
    given_params = torch.zeros(3, 2)
    model = LinearModel(2, 2, params=given_params)
    model.sgd_update(1.0, torch.ones(3, 2))
    assert (model.params == -1).all()
    assert (given_params == 0).all()


def test_descent_reaches_a_separable_optimum():
    x = torch.tensor([[-1.0], [1.0]])
    model = LinearModel(1, 2, params=torch.zeros(2, 2))
    for _ in range(500):
        model.sgd_update(0.5, hand_gradient(model, x, torch.eye(2)))
    assert cross_entropy(torch.eye(2), model.forward(x)).item() < 0.01


@pytest.mark.parametrize("lr", [-0.1, math.nan, math.inf, torch.tensor([0.1, -0.1])])
def test_learning_rates_that_are_refused(lr):
    model = LinearModel(2, 2, params=torch.zeros(2, 3, 2))
    with pytest.raises(HyperparameterError):
        model.sgd_update(lr, torch.zeros(2, 3, 2))


MODEL = LinearModel(2, 3)
STACK = LinearModel(2, 3, params=torch.zeros(4, 3, 3))


@pytest.mark.parametrize(
    "call",
    [
        lambda: LinearModel(2, 3, params=torch.zeros(2, 3)),
        lambda: MODEL.forward(torch.rand(5, 3)),
        lambda: MODEL.forward(torch.rand(2)),
        lambda: MODEL.get_grads(torch.rand(5, 3), torch.rand(5, 3), torch.rand(4, 2)),
        lambda: MODEL.get_grads(torch.rand(5, 2), torch.rand(5, 2), torch.rand(5, 2)),
        lambda: MODEL.get_grads(
            torch.rand(5, 3), torch.rand(4, 5, 3), torch.rand(5, 2)
        ),
        lambda: STACK.get_grads(torch.rand(5, 3), torch.rand(5, 3), torch.rand(5, 2)),
        lambda: STACK.get_grads(
            torch.rand(5, 3), torch.rand(4, 5, 3), torch.rand(3, 5, 2)
        ),
        lambda: MODEL.sgd_update(0.1, torch.zeros(3, 2)),
        lambda: STACK.sgd_update(torch.tensor([0.1, 0.2]), torch.zeros(4, 3, 3)),
    ],
)
def test_wrong_shapes_are_refused(call):
    with pytest.raises(ShapeError):
        call()


def test_a_batch_for_each_model_needs_as_many_batches_as_models():
    models = LinearModel(4, 3, params=torch.zeros(2, 5, 3))
    with pytest.raises(ShapeError, match="for a stack"):
        models.forward(torch.zeros(3, 6, 4))
