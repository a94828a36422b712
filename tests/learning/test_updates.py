"""The two updates against PyTorch's optimisers, step by step, and against what can be said in advance."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tp1.learning.linear import LinearModel

STEPS = 200
RATES = [1.0, 0.1, 0.001]
UPDATES = {"sgd_update": torch.optim.SGD, "adam_update": torch.optim.Adam}


def model_of(*stack, seed=0):
    generator = torch.Generator().manual_seed(seed)
    params = torch.randn(*stack, 5, 3, generator=generator, dtype=torch.float64)
    return LinearModel(4, 3, params=params)


def gradients(shape, steps, seed, scale):
    """Gradients of several sizes, with zeros: what dark pixels and certain predictions give."""
    generator = torch.Generator().manual_seed(seed)
    options = {"generator": generator, "dtype": torch.float64}
    for _ in range(steps):
        size = scale * 10 ** (4 * torch.rand(shape, **options) - 2)
        yield (
            size * torch.randn(shape, **options) * (torch.rand(shape, **options) > 0.2)
        )


def assert_same(found, expected):
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", UPDATES)
@pytest.mark.parametrize("lr", RATES)
@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e4])
def test_every_step_is_that_of_pytorch(name, lr, scale):
    model = model_of()
    theirs = torch.nn.Parameter(model.params.clone())
    optimiser = UPDATES[name]([theirs], lr=lr)
    for grads in gradients((5, 3), STEPS, 1, scale):
        theirs.grad = grads.clone()
        optimiser.step()
        getattr(model, name)(lr, grads)
        # SGD's parameters grow with the gradients, and their rounding with them.
        torch.testing.assert_close(
            model.params, theirs.data, rtol=1e-12, atol=1e-12 * max(1.0, scale)
        )


@pytest.mark.parametrize("name", UPDATES)
def test_a_stack_with_a_rate_for_each_model_is_an_optimiser_for_each(name):
    stack = model_of(len(RATES))
    theirs = [torch.nn.Parameter(params.clone()) for params in stack.params]
    optimisers = [
        UPDATES[name]([params], lr=lr) for params, lr in zip(theirs, RATES, strict=True)
    ]
    for grads in gradients(stack.params.shape, STEPS, 2, 1.0):
        getattr(stack, name)(torch.tensor(RATES, dtype=torch.float64), grads)
        for params, optimiser, g in zip(theirs, optimisers, grads, strict=True):
            params.grad = g.clone()
            optimiser.step()
        assert_same(stack.params, torch.stack([p.data for p in theirs]))


@pytest.mark.parametrize("name", UPDATES)
def test_training_by_hand_is_training_with_autograd(name):
    """The whole loop, gradients and updates: each side follows its own parameters."""
    model = model_of(seed=3)
    generator = torch.Generator().manual_seed(4)
    x = torch.randn(6, 4, generator=generator, dtype=torch.float64)
    labels = torch.randint(3, (6,), generator=generator)
    layer = torch.nn.Linear(4, 3, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(model.params[:-1].T)
        layer.bias.copy_(model.params[-1])
    optimiser = UPDATES[name](layer.parameters(), lr=0.01)
    for _ in range(STEPS):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(layer(x), labels, reduction="sum").backward()
        optimiser.step()
        y = torch.eye(3, dtype=torch.float64)[labels]
        getattr(model, name)(0.01, model.get_grads(y, model.forward(x), x))
        expected = torch.cat([layer.weight.detach().T, layer.bias.detach()[None]])
        torch.testing.assert_close(model.params, expected, rtol=1e-9, atol=1e-9)


@settings(max_examples=30)
@given(st.floats(1e-4, 1e4), st.floats(1e-4, 10), st.integers(1, 50))
def test_adam_walks_at_constant_speed_along_a_constant_gradient(g, lr, steps):
    # m̂ = g and v̂ = g² at every t: what the corrections of the bias are for.
    model = LinearModel(1, 2, params=torch.zeros(2, 2, dtype=torch.float64))
    for _ in range(steps):
        model.adam_update(lr, torch.full((2, 2), g, dtype=torch.float64))
    expected = torch.full((2, 2), -steps * lr * g / (g + 1e-8), dtype=torch.float64)
    torch.testing.assert_close(model.params, expected, rtol=1e-9, atol=0)


def test_epsilon_is_added_to_the_root_of_the_corrected_moment():
    # At g = ε the first step is half a step; with ε inside the root, or beside √v, it would be another.
    model = LinearModel(1, 2, params=torch.zeros(2, 2, dtype=torch.float64))
    model.adam_update(1.0, torch.full((2, 2), 1e-8, dtype=torch.float64))
    assert_same(model.params, torch.full((2, 2), -0.5, dtype=torch.float64))


def test_adam_does_not_move_where_the_gradient_has_always_been_zero():
    model = model_of()
    before = model.params.clone()
    model.adam_update(0.1, torch.zeros_like(before))
    assert torch.equal(model.params, before)


def test_gradient_descent_leaves_adams_memory_alone():
    first, second = list(gradients((5, 3), 2, 5, 1.0))
    mixed, fresh = model_of(), model_of()
    mixed.sgd_update(0.1, first)
    assert mixed.t == 0
    fresh.params.copy_(mixed.params)
    mixed.adam_update(0.1, second)
    fresh.adam_update(0.1, second)
    assert torch.equal(mixed.params, fresh.params)
    memory = [mixed.m.clone(), mixed.v.clone(), mixed.t]
    mixed.sgd_update(0.1, first)
    assert torch.equal(mixed.m, memory[0])
    assert torch.equal(mixed.v, memory[1])
    assert mixed.t == memory[2] == 1


@pytest.mark.parametrize("name", UPDATES)
def test_updates_keep_type_and_place_and_leave_the_gradient(name):
    model = LinearModel(4, 3)
    params, grads = model.params, torch.ones(5, 3)
    getattr(model, name)(torch.tensor(0.1, dtype=torch.float64), grads)
    assert model.params is params
    assert params.dtype == model.m.dtype == model.v.dtype == torch.float32
    assert torch.equal(grads, torch.ones(5, 3))


@pytest.mark.parametrize("name", UPDATES)
def test_a_rate_of_zero_changes_no_parameter(name):
    model = model_of()
    before = model.params.clone()
    getattr(model, name)(0, torch.ones(5, 3, dtype=torch.float64))
    assert torch.equal(model.params, before)
