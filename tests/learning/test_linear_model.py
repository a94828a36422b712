"""The gradient written by hand against automatic differentiation and central differences; the updates."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tp1.learning.errors import DeviceError, HyperparameterError, ShapeError
from tp1.learning.functions import cross_entropy, cross_entropy_from_logits
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


def assert_close(found, expected, floor=0.0):
    """The gradients of each model differ by less than 1e-9 of their length, or by less than the floor."""
    error = torch.linalg.matrix_norm(found - expected)
    assert (error <= 1e-9 * torch.linalg.matrix_norm(expected) + floor).all()


@given(stacks, sizes, seeds, st.sampled_from([0.1, 1.0, 30.0, 1e4, 1e8]), st.booleans())
def test_gradient_is_that_of_autograd(stack, size, seed, scale, own_batches):
    model, x, y = problem(stack, size, seed, scale, own_batches)
    theta = model.params.clone().requires_grad_()
    ones = torch.ones(*x.shape[:-1], 1, dtype=x.dtype)
    scores = torch.cat([x, ones], dim=-1) @ theta
    # log_softmax never rounds a probability to 0: exact for extreme scores too.
    loss = -(y * torch.log_softmax(scores, dim=-1)).sum()
    loss.backward()
    # The floor: p̂ - y of a sample that is classified with certainty is a difference of rounded ones.
    assert_close(hand_gradient(model, x, y), theta.grad, floor=1e-14)


@settings(max_examples=50)
@given(stacks, sizes, seeds, st.booleans())
def test_gradient_is_that_of_central_differences(stack, size, seed, own_batches):
    model, x, y = problem(stack, size, seed, own_batches=own_batches)
    # Bounded, so that no gradient is lost in the rounding of the losses.
    model.params.tanh_().mul_(0.5)
    x = x.tanh()
    grads, step = hand_gradient(model, x, y), 3e-3
    differences, flat = torch.empty_like(grads), model.params.view(-1)
    for i, before in enumerate(flat.tolist()):
        losses = {}
        for k in (-2, -1, 1, 2):
            flat[i] = before + k * step
            losses[k] = cross_entropy_from_logits(y, model.logits(x)).sum().item()
        flat[i] = before
        # Five points: the error is of fourth order in the step.
        differences.view(-1)[i] = (
            8 * (losses[1] - losses[-1]) - (losses[2] - losses[-2])
        ) / (12 * step)
    assert_close(grads, differences)


@given(sizes, seeds)
def test_gradient_is_that_of_a_complex_step(size, seed):
    """Im L(θ + iεV) / ε is the derivative along V with no difference to round: a third opinion."""
    model, x, y = problem((), size, seed)
    generator = torch.Generator().manual_seed(seed)
    v = torch.randn(model.params.shape, generator=generator, dtype=torch.float64)
    tilde = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], dim=1).to(
        torch.complex128
    )
    a = tilde @ (model.params + 1e-30j * v)
    loss = (torch.log(torch.exp(a).sum(dim=1)) - (y * a).sum(dim=1)).sum()
    grads = hand_gradient(model, x, y)
    assert abs(loss.imag.item() / 1e-30 - (grads * v).sum().item()) <= 1e-9 * float(
        grads.norm() * v.norm()
    )


@given(st.integers(1, 4), sizes, seeds, st.booleans())
def test_a_stack_trains_like_its_models_alone(r, size, seed, own_batches):
    stack, x, y = problem((r,), size, seed, own_batches=own_batches)
    rates = torch.linspace(0.01, 0.5, r, dtype=torch.float64)
    _, d, k = size
    alone = [LinearModel(d, k, params=params) for params in stack.params]
    for name in ("sgd_update", "adam_update", "adam_update"):
        getattr(stack, name)(rates, hand_gradient(stack, x, y))
        for i, model in enumerate(alone):
            xi, yi = (x[i], y[i]) if own_batches else (x, y)
            getattr(model, name)(float(rates[i]), hand_gradient(model, xi, yi))
    for i, model in enumerate(alone):
        torch.testing.assert_close(model.params, stack.params[i], rtol=1e-9, atol=1e-7)


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


@pytest.mark.parametrize("seed", range(10))
def test_initial_loss_is_ln_10_within_what_the_draw_allows(seed):
    generator = torch.Generator().manual_seed(seed)
    model = LinearModel(784, 10, generator=generator)
    x, y = torch.rand(50, 784, generator=generator), torch.eye(10).repeat(5, 1)
    # About θ = 0 the loss is ln 10 plus <gradient, θ>, which is normal, plus at most half the variance of
    # the scores: the curvature of a log-sum-exp.
    at_zero = LinearModel(784, 10, params=torch.zeros(785, 10))
    slope = hand_gradient(at_zero, x, y).norm().item() / 50
    variance = 0.01**2 * (x.square().sum(dim=1) + 1).mean().item()
    loss = cross_entropy_from_logits(y, model.logits(x)).item() / 50
    assert -5 * 0.01 * slope < loss - math.log(10) < 5 * 0.01 * slope + variance


def test_initial_parameters_are_drawn_from_the_generator():
    first, again = (
        LinearModel(784, 10, generator=torch.Generator().manual_seed(3))
        for _ in range(2)
    )
    assert torch.equal(first.params, again.params)
    assert first.params.shape == (785, 10)
    assert first.params.std().item() == pytest.approx(0.01, rel=0.05)
    assert abs(first.params.mean().item()) < 0.001


def test_the_draw_does_not_depend_on_type_or_default_type():
    def draw(**options):
        return LinearModel(
            5, 3, generator=torch.Generator().manual_seed(1), **options
        ).params

    reference = draw()
    assert reference.dtype == torch.float32
    assert torch.equal(draw(dtype=torch.float64), reference.double())
    assert torch.equal(draw(device="cpu"), reference)
    try:
        torch.set_default_dtype(torch.float64)
        assert torch.equal(draw(), reference)
        assert draw().dtype == torch.float32
    finally:
        torch.set_default_dtype(torch.float32)


def test_devices_that_are_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for device in ("cuda", "tpu"):
        with pytest.raises(DeviceError):
            LinearModel(2, 3, device=device)
    assert LinearModel(2, 3, device="auto").params.device == torch.device("cpu")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_the_same_seed_gives_the_same_model_on_a_gpu():
    there, here = (
        LinearModel(5, 3, generator=torch.Generator().manual_seed(1), device=device)
        for device in ("cuda", "cpu")
    )
    assert there.params.device.type == there.m.device.type == "cuda"
    assert torch.equal(there.params.cpu(), here.params)


def test_parameters_from_another_library_are_taken_without_their_history():
    theirs = torch.ones(3, 2, dtype=torch.float64, requires_grad=True)
    model = LinearModel(2, 2, params=2 * theirs)
    assert not model.params.requires_grad
    assert model.params.dtype == torch.float64
    assert LinearModel(2, 2, params=theirs, dtype=torch.float32).params.dtype == (
        torch.float32
    )


def test_copies_of_one_tensor_train_apart():
    models = LinearModel(2, 2, params=torch.zeros(3, 2).expand(4, 3, 2))
    models.adam_update(torch.arange(4.0), torch.ones(4, 3, 2))
    torch.testing.assert_close(models.params[:, 0, 0], -torch.arange(4.0))


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


@pytest.mark.parametrize("name", ["sgd_update", "adam_update"])
@pytest.mark.parametrize(
    "lr", [-0.1, math.nan, math.inf, "0.1", None, torch.tensor([0.1, -0.1])]
)
def test_learning_rates_that_are_refused(lr, name):
    model = LinearModel(2, 2, params=torch.zeros(2, 3, 2))
    with pytest.raises(HyperparameterError):
        getattr(model, name)(lr, torch.ones(2, 3, 2))
    # Nothing has changed.
    assert not torch.cat([model.params, model.m, model.v]).any()
    assert model.t == 0


MODEL = LinearModel(2, 3)
STACK = LinearModel(2, 3, params=torch.zeros(4, 3, 3))


@pytest.mark.parametrize(
    "call",
    [
        lambda: LinearModel(2, 3, params=torch.zeros(2, 3)),
        lambda: LinearModel(2, 3, params=torch.zeros(3, 3, dtype=torch.int64)),
        lambda: LinearModel(2, 3, dtype=torch.int64),
        lambda: MODEL.logits(torch.rand(5, 3)),
        lambda: MODEL.adam_update(0.1, torch.zeros(3, 2)),
        lambda: STACK.adam_update(torch.tensor([0.1, 0.2]), torch.zeros(4, 3, 3)),
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


@pytest.mark.parametrize(
    "sizes", [(0, 10), (-1, 10), (784, 0), (784.0, 10), (784, True)]
)
def test_a_size_that_is_no_positive_integer_is_refused(sizes):
    with pytest.raises(HyperparameterError, match="an integer, 1 or more, is wanted"):
        LinearModel(*sizes)
