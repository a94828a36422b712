"""The layers, forward and backward: against autograd, differences, and what can be said in advance."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tp1.learning.errors import ShapeError
from tp1.learning.functions import softmax
from tp1.learning.layers import (
    affine_forward,
    input_gradient,
    relu_backward,
    relu_forward,
    softmax_cross_entropy_backward,
    theta_gradient,
)

# B, n_in, n_out
sizes = st.tuples(st.integers(1, 6), st.integers(1, 5), st.integers(1, 5))
stacks = st.sampled_from([(), (1,), (3,)])
seeds = st.integers(0, 2**31)
INF, NAN = math.inf, math.nan


def draw(generator, *shape):
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def affine(stack, size, seed, own_inputs):
    """What enters a layer, its parameters, and a gradient of its pre-activations."""
    b, n_in, n_out = size
    generator = torch.Generator().manual_seed(seed)
    h = draw(generator, *(stack if own_inputs else ()), b, n_in)
    theta = draw(generator, *stack, n_in + 1, n_out)
    return h, theta, draw(generator, *stack, b, n_out)


def targets(stack, b, k, seed, smooth):
    """Scores of a minibatch, and its one-hot targets or other probabilities."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(k, (*stack, b), generator=generator)
    y = torch.eye(k, dtype=torch.float64)[labels]
    return draw(generator, *stack, b, k), 0.7 * y + 0.3 / k if smooth else y


def assert_close(found, expected, floor=0.0):
    """The error in each model is less than 1e-9 of what is expected, or less than the floor."""
    assert found.shape == expected.shape
    error = torch.linalg.matrix_norm(found - expected)
    assert (error <= 1e-9 * torch.linalg.matrix_norm(expected) + floor).all()


def differences(f, x, step):
    """The gradient of a number by five-point central differences: exact up to degree 4."""
    found, x = torch.empty_like(x), x.clone()
    flat = x.view(-1)
    for i, before in enumerate(flat.tolist()):
        values = {}
        for k in (-2, -1, 1, 2):
            flat[i] = before + k * step
            values[k] = f(x).sum().item()
        flat[i] = before
        found.view(-1)[i] = (8 * (values[1] - values[-1]) - values[2] + values[-2]) / (
            12 * step
        )
    return found


@given(stacks, sizes, seeds, st.booleans())
def test_the_affine_map_is_pytorchs(stack, size, seed, own_inputs):
    h, theta, _ = affine(stack, size, seed, own_inputs)
    a = affine_forward(h, theta)
    assert a.shape == (*stack, size[0], size[2])
    one = torch.nn.functional.linear
    for i in range(*stack or (1,)):
        place = (i,) if stack else ()
        t = theta[place]
        x = h[place] if own_inputs else h
        torch.testing.assert_close(a[place], one(x, t[:-1].T, t[-1]))


@given(stacks, sizes, seeds, st.booleans())
def test_gradients_of_the_affine_map_are_those_of_autograd(
    stack, size, seed, own_inputs
):
    h, theta, delta = affine(stack, size, seed, own_inputs)
    # A leaf for each model: the gradient of what enters a layer is asked for model by model.
    inputs = h.expand(*stack, *h.shape[-2:]).clone().requires_grad_()
    leaf = theta.clone().requires_grad_()
    ((inputs @ leaf[..., :-1, :] + leaf[..., -1:, :]) * delta).sum().backward()
    assert_close(theta_gradient(h, delta), leaf.grad)
    assert_close(input_gradient(delta, theta), inputs.grad)


@given(stacks, sizes, seeds)
def test_gradients_of_the_affine_map_are_those_of_differences(stack, size, seed):
    h, theta, delta = affine(stack, size, seed, own_inputs=True)
    # The map is linear in either argument: a large step costs nothing, and little is rounded.
    by_theta = differences(lambda t: affine_forward(h, t) * delta, theta, 1.0)
    by_inputs = differences(lambda x: affine_forward(x, theta) * delta, h, 1.0)
    floor = 1e-12 * float(delta.norm() * max(h.norm(), theta.norm(), 1))
    assert_close(theta_gradient(h, delta), by_theta, floor)
    assert_close(input_gradient(delta, theta), by_inputs, floor)


def test_gradients_of_a_layer_in_numbers():
    h = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    theta = torch.tensor([[1.0], [-1.0], [10.0]])
    delta = torch.tensor([[1.0], [100.0]])
    assert affine_forward(h, theta).tolist() == [[9], [9]]
    assert theta_gradient(h, delta).tolist() == [[301], [402], [101]]
    # The bias has no input to pass a gradient on to.
    assert input_gradient(delta, theta).tolist() == [[1, -1], [100, -100]]


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), seeds)
def test_relu_and_its_gradient_are_pytorchs(shape, seed):
    generator = torch.Generator().manual_seed(seed)
    x, g = draw(generator, *shape), draw(generator, *shape)
    # Zeros among them: both take 0 for the derivative there.
    x[x.abs() < 0.3] = 0
    before, leaf = x.clone(), x.clone().requires_grad_()
    torch.relu(leaf).backward(g)
    assert torch.equal(relu_forward(x), torch.relu(x))
    assert torch.equal(g * relu_backward(x), leaf.grad)
    assert torch.equal(x, before)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), seeds)
def test_the_gradient_of_relu_is_that_of_differences(shape, seed):
    x = draw(torch.Generator().manual_seed(seed), *shape)
    x = x.sign() * (x.abs() + 1)  # the steps stay on one side of the kink
    torch.testing.assert_close(differences(relu_forward, x, 0.25), relu_backward(x))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_relu_at_and_about_zero(dtype):
    tiny = torch.finfo(dtype).smallest_normal
    x = torch.tensor([-INF, -1, -tiny, -0.0, 0.0, tiny, 1, INF], dtype=dtype)
    assert relu_forward(x).tolist() == [0, 0, 0, 0, 0, tiny, 1, INF]
    slope = relu_backward(x)
    assert slope.tolist() == [0, 0, 0, 0, 0, 1, 1, 1]
    assert slope.dtype == relu_forward(x).dtype == dtype
    # What is not a number stays so: it must not pass for a dead unit.
    assert relu_forward(torch.tensor([NAN], dtype=dtype)).isnan().all()


@given(
    stacks,
    st.tuples(st.integers(1, 6), st.integers(2, 5)),
    seeds,
    st.sampled_from([0.1, 1.0, 30.0, 1e4, 1e8]),
    st.booleans(),
)
def test_the_gradient_of_the_scores_is_that_of_autograd(
    stack, size, seed, scale, smooth
):
    a, y = targets(stack, *size, seed, smooth)
    leaf = (scale * a).requires_grad_()
    # log_softmax never rounds a probability to 0: exact for extreme scores too.
    (-(y * torch.log_softmax(leaf, dim=-1)).sum()).backward()
    found = softmax_cross_entropy_backward(y, softmax(scale * a))
    # The floor: p̂ - y of a sample that is classified with certainty is a difference of rounded ones.
    assert_close(found, leaf.grad, floor=1e-14)


@given(stacks, st.tuples(st.integers(1, 6), st.integers(2, 5)), seeds, st.booleans())
def test_the_gradient_of_the_scores_is_that_of_differences(stack, size, seed, smooth):
    a, y = targets(stack, *size, seed, smooth)
    a = a.tanh()  # bounded, so that no gradient is lost in the rounding of the losses
    found = differences(lambda s: -(y * torch.log(softmax(s))).sum(), a, 3e-3)
    assert_close(softmax_cross_entropy_backward(y, softmax(a)), found)


@given(stacks, st.tuples(st.integers(1, 6), st.integers(2, 5)), seeds, st.booleans())
def test_it_is_the_softmaxs_jacobian_times_the_losss_gradient(
    stack, size, seed, smooth
):
    a, y = targets(stack, *size, seed, smooth)
    p = softmax(a)
    # J = diag(p̂) - p̂ p̂ᵀ, and the loss has the gradient -y / p̂.
    jacobian = torch.diag_embed(p) - p[..., :, None] * p[..., None, :]
    unfused = (jacobian @ (-y / p)[..., None]).squeeze(-1)
    found = softmax_cross_entropy_backward(y, p)
    assert_close(found, unfused, floor=1e-14)
    # A common shift of the scores changes nothing, so the entries of a sample sum to 0.
    assert found.sum(dim=-1).abs().max() < 1e-14


def test_one_set_of_targets_serves_a_stack():
    a, y = targets((3,), 4, 5, seed=0, smooth=False)
    p = softmax(a)
    found = softmax_cross_entropy_backward(y[0], p)
    for i in range(3):
        assert torch.equal(found[i], softmax_cross_entropy_backward(y[0], p[i]))


ONE = torch.ones


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: affine_forward(ONE(5, 3), ONE(3, 2)), r"\(\.\.\., B, 2\) is wanted"),
        (lambda: affine_forward(ONE(2), ONE(3, 2)), r"\(\.\.\., B, 2\) is wanted"),
        (
            lambda: affine_forward(ONE(2, 5, 2), ONE(3, 3, 2)),
            "one batch for all, or one for each",
        ),
        (lambda: relu_forward(ONE(3, 0)), "is empty"),
        (lambda: relu_backward(ONE(3, 0)), "is empty"),
        (lambda: relu_forward(torch.tensor(1.0)), "it has 0 axes"),
        (lambda: relu_backward(torch.tensor(1.0)), "it has 0 axes"),
        (
            lambda: softmax_cross_entropy_backward(ONE(4, 3), ONE(4, 2)),
            "the second must be the first, or end with it",
        ),
        (
            lambda: softmax_cross_entropy_backward(ONE(2, 4, 3), ONE(4, 3)),
            "the second must be the first, or end with it",
        ),
        (
            lambda: softmax_cross_entropy_backward(ONE(0, 3), ONE(0, 3)),
            "B and K > 0",
        ),
        (lambda: softmax_cross_entropy_backward(ONE(3), ONE(3)), "is wanted"),
        (
            lambda: softmax_cross_entropy_backward(ONE(4, 3), ONE(4, 3).long()),
            "floats are wanted",
        ),
    ],
)
def test_what_the_layers_refuse(call, message):
    with pytest.raises(ShapeError, match=message):
        call()
