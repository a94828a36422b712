"""Backpropagation by hand against automatic differentiation, central differences, and what is known ahead."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from small_networks import by_hand, loader, problem, seeds, shapes, stacks

from tp1.learning.autograd import AutogradMLP
from tp1.learning.functions import cross_entropy_from_logits
from tp1.learning.linear import LinearModel
from tp1.learning.mlp import MLPModel
from tp1.learning.training import train


def by_autograd(params, x, y):
    leaves = [theta.clone().requires_grad_() for theta in params]
    h = x
    for i, theta in enumerate(leaves):
        h = (torch.relu(h) if i else h) @ theta[..., :-1, :] + theta[..., -1:, :]
    # log_softmax never rounds a probability to 0: exact for extreme scores too.
    (-(y * torch.log_softmax(h, dim=-1)).sum()).backward()
    return [leaf.grad for leaf in leaves]


def reaches(model):
    """By how much, at most, a change of the errors of the output is felt in the gradient of each layer."""
    found, product = [], torch.tensor(1.0, dtype=model.params[0].dtype)
    for h, theta in zip(reversed(model.h), reversed(model.params), strict=True):
        found.insert(0, product * (torch.linalg.matrix_norm(h) + h.shape[-2] ** 0.5))
        product = product * torch.linalg.matrix_norm(theta)
    return found


def assert_close(found, expected, model, relative=1e-9, rounding=1e-15):
    """In each layer of each network the error is less than a share of the gradient, or is rounding.

    For p̂ - y of a sample that is classified with certainty is a difference of rounded ones.
    """
    for mine, theirs, reach in zip(found, expected, reaches(model), strict=True):
        assert mine.shape == theirs.shape
        error = torch.linalg.matrix_norm(mine - theirs)
        size = torch.linalg.matrix_norm(theirs)
        assert (error <= relative * size + rounding * reach).all()


@given(stacks, shapes, seeds, st.sampled_from([0.1, 1.0, 30.0, 1e4]), st.booleans())
def test_gradients_are_those_of_autograd(stack, shape, seed, scale, own_batches):
    model, x, y = problem(stack, shape, seed, scale, own_batches)
    expected = by_autograd(model.params, x, y)
    assert_close(by_hand(model, x, y), expected, model)


@given(shapes, seeds)
def test_gradients_with_smoothed_targets_are_those_of_autograd(shape, seed):
    model, x, y = problem((), shape, seed)
    y = 0.9 * y + 0.1 / y.shape[-1]
    assert_close(by_hand(model, x, y), by_autograd(model.params, x, y), model)


@given(shapes, seeds)
def test_gradients_in_single_precision_are_those_of_autograd(shape, seed):
    model, x, y = problem((), shape, seed, dtype=torch.float32)
    found = by_hand(model, x, y)
    # A unit at the edge of its ReLU may be on either side of it: that is no error of the gradient.
    assume(all(float(a.abs().min()) > 1e-4 for a in model.a[:-1]))
    assert all(grad.dtype == torch.float32 for grad in found)
    exact = by_autograd([t.double() for t in model.params], x.double(), y.double())
    assert_close(found, exact, model, relative=1e-3, rounding=1e-5)


@settings(max_examples=30)
@given(stacks, shapes, seeds, st.booleans())
def test_gradients_are_those_of_central_differences(stack, shape, seed, own_batches):
    model, x, y = problem(stack, shape, seed, 0.7, own_batches)
    grads, step = by_hand(model, x, y), 1e-6
    # No step crosses the kink of a ReLU.
    assume(all(float(a.abs().min()) > 1e-4 for a in model.a[:-1]))
    for theta, grad, reach in zip(model.params, grads, reaches(model), strict=True):
        flat, found = theta.view(-1), torch.empty(theta.numel(), dtype=theta.dtype)
        for i, before in enumerate(flat.tolist()):
            losses = []
            for k in (1, -1):
                flat[i] = before + k * step
                losses.append(
                    cross_entropy_from_logits(y, model.logits(x)).sum().item()
                )
            flat[i] = before
            found[i] = (losses[0] - losses[1]) / (2 * step)
        error = torch.linalg.matrix_norm(found.view_as(grad) - grad)
        assert (error <= 1e-6 * (1 + reach)).all()


@given(shapes, seeds)
def test_gradients_are_those_of_a_complex_step(shape, seed):
    """Im L(θ + iεV) / ε is the derivative along V with no difference to round: a third opinion."""
    model, x, y = problem((), shape, seed)
    generator = torch.Generator().manual_seed(seed)
    v = [
        torch.randn(theta.shape, generator=generator, dtype=theta.dtype)
        for theta in model.params
    ]
    grads = by_hand(model, x, y)
    for l, grad in enumerate(grads):  # noqa: E741
        h = x.to(torch.complex128)
        for i, theta in enumerate(model.params):
            h = torch.where(h.real > 0, h, 0) if i else h
            t = theta + 1e-30j * v[i] * (i == l)
            h = h @ t[:-1] + t[-1]
        # The largest score is subtracted: an exponential may overflow.
        h = h - h.real.amax(dim=1, keepdim=True)
        loss = (torch.log(torch.exp(h).sum(dim=1)) - (y * h).sum(dim=1)).sum()
        error = abs(loss.imag.item() / 1e-30 - (grad * v[l]).sum().item())
        reach = float(reaches(model)[l])
        assert error <= float(v[l].norm()) * (1e-9 * float(grad.norm()) + 1e-14 * reach)


@given(shapes, seeds)
def test_gradients_are_summed_over_the_minibatch(shape, seed):
    model, x, y = problem((), shape, seed)
    samples = [by_hand(model, x[i : i + 1], y[i : i + 1]) for i in range(len(x))]
    whole = by_hand(model, x, y)
    for grad, *parts in zip(whole, *samples, strict=True):
        torch.testing.assert_close(grad, sum(parts), rtol=1e-9, atol=1e-9)


def test_a_dead_layer_learns_nothing_below_its_bias_of_the_output():
    model, x, y = problem((), (7, 5, 6, 2, 4), 2)
    model.params[1][:-1] = 0
    model.params[1][-1] = (
        0  # pre-activations of exactly 0: ReLU has the derivative 0 there
    )
    first, second, last = by_hand(model, x, y)
    assert not first.any()
    assert not second.any()
    assert not last[:-1].any()
    torch.testing.assert_close(last[-1], (model.forward(x) - y).sum(dim=0))


@given(st.integers(1, 4), shapes, seeds, st.booleans())
def test_a_stack_trains_like_its_networks_alone(r, shape, seed, own_batches):
    stack, x, y = problem((r,), shape, seed, own_batches=own_batches)
    rates = torch.linspace(0.01, 0.1, r, dtype=torch.float64)
    _, d, n, depth, k = shape
    alone = [
        MLPModel(d, n, depth, k, params=[theta[i] for theta in stack.params])
        for i in range(r)
    ]
    for name in ("sgd_update", "adam_update", "adam_update"):
        getattr(stack, name)(rates, by_hand(stack, x, y))
        for i, model in enumerate(alone):
            xi, yi = (x[i], y[i]) if own_batches else (x, y)
            getattr(model, name)(float(rates[i]), by_hand(model, xi, yi))
    for i, model in enumerate(alone):
        for mine, theirs in zip(model.params, stack.params, strict=True):
            torch.testing.assert_close(mine, theirs[i], rtol=1e-7, atol=1e-7)


@given(shapes.filter(lambda shape: shape[3] == 0), seeds)
def test_without_hidden_layers_it_is_softmax_regression_to_the_last_bit(shape, seed):
    model, x, y = problem((), shape, seed)
    linear = LinearModel(shape[1], shape[4], params=model.params[0])
    assert torch.equal(model.forward(x), linear.forward(x))
    for name in ("sgd_update", "adam_update"):
        (grad,) = by_hand(model, x, y)
        other = linear.get_grads(y, linear.forward(x), x)
        assert torch.equal(grad, other)
        getattr(model, name)(0.1, [grad])
        getattr(linear, name)(0.1, other)
        assert torch.equal(model.params[0], linear.params)


@pytest.mark.parametrize("depth", [0, 1, 4])
@pytest.mark.parametrize("name", ["sgd_update", "adam_update"])
def test_training_by_hand_is_training_with_autograd_step_by_step(name, depth):
    model, x, y = problem((), (40, 5, 6, depth, 4), depth, 0.5)
    peer = AutogradMLP(model)
    before = [theta.clone() for theta in model.params]
    for step in range(200):
        batch = slice(step % 5 * 8, step % 5 * 8 + 8)
        getattr(model, name)(0.003, by_hand(model, x[batch], y[batch]))
        peer.loss_backward(y[batch], x[batch])
        getattr(peer, name)(0.003)
        for mine, theirs in zip(model.params, peer.params, strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-9)
    # They have gone somewhere.
    for theta, old in zip(model.params, before, strict=True):
        assert (theta - old).norm() > 0.02 * old.norm()


@pytest.mark.parametrize("sgd", [True, False])
def test_the_loop_trains_both_alike(sgd):
    model = MLPModel(
        784, 12, 2, 10, generator=torch.Generator().manual_seed(0), dtype=torch.float64
    )
    peer = AutogradMLP(model)
    logs = [
        train(one, 0.005, 3, sgd, loader(30), loader(10))[2] for one in (model, peer)
    ]
    for name in ("losses_train", "losses_valid", "accuracies_valid"):
        assert getattr(logs[0], name) == pytest.approx(getattr(logs[1], name), rel=1e-9)


def test_the_peer_has_the_same_parameters_scores_and_gradients():
    model, x, y = problem((), (7, 5, 6, 3, 4), 2)
    peer = AutogradMLP(model)
    for mine, theirs in zip(model.params, peer.params, strict=True):
        assert torch.equal(mine, theirs)
    torch.testing.assert_close(peer.forward(x).detach(), model.forward(x))
    mine = by_hand(model, x, y)
    assert_close(mine, peer.get_grads(y, peer.forward(x), x), model)
    # It does not train the model that it comes from.
    before = [theta.clone() for theta in model.params]
    peer.sgd_update(0.1)
    assert all(map(torch.equal, model.params, before))
    assert not any(map(torch.equal, peer.params, before))
