"""The network as a model: its draw, what it keeps, what it learns, what it refuses."""

import math

import pytest
import torch
from small_networks import by_hand, loader, problem

from tp1.learning.errors import (
    DivergedModelError,
    HyperparameterError,
    NoForwardError,
    ShapeError,
)
from tp1.learning.functions import cross_entropy_from_logits, one_hot
from tp1.learning.mlp import MLPModel, initial_params
from tp1.learning.training import accuracy_and_loss_whole_dataset, train


@pytest.mark.parametrize("depth", [0, 1, 5])
def test_the_initial_loss_is_ln_10(depth):
    model = MLPModel(784, 300, depth, 10, generator=torch.Generator().manual_seed(0))
    x, y = torch.rand(100, 784), one_hot(torch.arange(100) % 10)
    loss = cross_entropy_from_logits(y, model.logits(x)) / 100
    assert float(loss) == pytest.approx(math.log(10), abs=0.2)


def test_the_draws_have_their_deviations():
    sizes = [784, 300, 300, 10]
    he, normal = (
        initial_params(sizes, torch.Generator().manual_seed(5), init)
        for init in ("he", "normal")
    )
    for theta in he[:-1]:
        n_in = len(theta) - 1
        assert theta[:-1].std().item() == pytest.approx((2 / n_in) ** 0.5, rel=0.02)
        assert (
            abs(theta[:-1].mean().item()) < 5 * (2 / n_in / theta[:-1].numel()) ** 0.5
        )
        assert not theta[-1].any()
    for theta in (he[-1], *normal):
        assert theta.std().item() == pytest.approx(0.01, rel=0.05)
        assert theta[-1].any()
    assert [tuple(theta.shape) for theta in he] == [(785, 300), (301, 300), (301, 10)]


def test_the_draw_does_not_depend_on_type_or_default_type():
    def draw(**options):
        generator = torch.Generator().manual_seed(1)
        return MLPModel(5, 4, 2, 3, generator=generator, **options).params

    reference = draw()
    assert all(theta.dtype == torch.float32 for theta in reference)
    for theta, double in zip(reference, draw(dtype=torch.float64), strict=True):
        assert torch.equal(theta.double(), double)
    try:
        torch.set_default_dtype(torch.float64)
        assert all(map(torch.equal, draw(), reference))
    finally:
        torch.set_default_dtype(torch.float32)


def test_he_keeps_the_size_of_activations_and_the_normal_draw_does_not():
    x = torch.randn(200, 400, generator=torch.Generator().manual_seed(1))
    sizes = {}
    for init in ("he", "normal"):
        generator = torch.Generator().manual_seed(0)
        model = MLPModel(400, 400, 5, 10, generator=generator, init=init)
        model.forward(x)
        sizes[init] = [float(h.square().mean().sqrt()) for h in model.h]
    assert all(0.7 < size < 1.4 for size in sizes["he"])
    assert sizes["normal"][-1] < 0.1 * sizes["normal"][1] < 0.02


def test_one_seed_gives_one_network_and_params_are_copied():
    one, other = (
        initial_params([5, 4, 3], torch.Generator().manual_seed(7)) for _ in range(2)
    )
    assert all(map(torch.equal, one, other))
    assert torch.equal(one[0][-1], torch.zeros(4))  # the bias of a hidden layer
    model = MLPModel(5, 4, 1, 3, params=one)
    model.sgd_update(1.0, [torch.ones_like(theta) for theta in one])
    assert all(map(torch.equal, one, other))


def test_forward_keeps_what_backward_reads():
    model, x, _ = problem((), (7, 5, 6, 3, 4), 2)
    y_pred = model.forward(x)
    assert [tuple(a.shape) for a in model.a] == [(7, 6)] * 3 + [(7, 4)]
    assert [tuple(h.shape) for h in model.h] == [(7, 5)] + [(7, 6)] * 3
    assert model.h[0] is x
    torch.testing.assert_close(torch.softmax(model.a[-1], dim=-1), y_pred)
    for a, h in zip(model.a, model.h[1:], strict=False):
        assert torch.equal(h, a.clamp_min(0))
    stack, x, _ = problem((3,), (7, 5, 6, 1, 4), 2)
    stack.forward(x)
    assert [tuple(a.shape) for a in stack.a] == [(3, 7, 6), (3, 7, 4)]
    assert [tuple(h.shape) for h in stack.h] == [(7, 5), (3, 7, 6)]


def test_backward_changes_nothing():
    model, x, y = problem((), (7, 5, 6, 2, 4), 2)
    y_pred = model.forward(x)
    held = [x, y, y_pred, *model.params, *model.a, *model.h]
    before = [tensor.clone() for tensor in held]
    once, again = model.backward(y, y_pred), model.backward(y, y_pred)
    assert all(map(torch.equal, once, again))
    assert all(map(torch.equal, held, before))


@pytest.mark.parametrize("name", ["sgd_update", "adam_update"])
def test_updates_happen_in_place(name):
    model, x, y = problem((), (7, 5, 6, 2, 4), 2)
    held, before = list(model.params), [theta.clone() for theta in model.params]
    grads = by_hand(model, x, y)
    copies = [grad.clone() for grad in grads]
    getattr(model, name)(0.1, grads)
    assert all(one is other for one, other in zip(model.params, held, strict=True))
    assert not any(map(torch.equal, held, before))
    assert all(map(torch.equal, grads, copies))
    assert model.t == (name == "adam_update")


@pytest.mark.parametrize(("sgd", "lr"), [(True, 0.01), (False, 0.01)])
def test_a_handful_of_images_is_learnt_by_heart(sgd, lr, capsys):
    model = MLPModel(784, 20, 2, 10, generator=torch.Generator().manual_seed(0))
    few = loader(12, 6)
    best, accuracy, logger = train(model, lr, 60, sgd, few, few)
    assert accuracy == 1
    assert logger.losses_train[-1] < 0.05
    # What happens to the model afterwards does not happen to the best one.
    for theta in model.params:
        theta.zero_()
    assert accuracy_and_loss_whole_dataset(few, best)[0] == 1


def test_what_diverges_is_logged_and_never_chosen(capsys):
    model = MLPModel(784, 20, 2, 10, generator=torch.Generator().manual_seed(0))
    before = [theta.clone() for theta in model.params]
    best, _, logger = train(model, 1e30, 3, True, loader(12), loader(12))
    assert len(logger.losses_valid) == len(logger.losses_train) == 4
    assert math.isfinite(logger.losses_valid[0])
    assert not any(math.isfinite(loss) for loss in logger.losses_valid[1:])
    assert all(map(torch.equal, best.params, before))
    assert (
        accuracy_and_loss_whole_dataset(loader(12), best)[1] == logger.losses_valid[0]
    )


@pytest.mark.parametrize(
    "sizes",
    [
        (0, 3, 1, 2),
        (5, 0, 1, 2),
        (5, -3, 2, 2),
        (5, 3.0, 1, 2),
        (-5, 3, 1, 2),
        (5.0, 3, 1, 2),
        (5, True, 1, 2),
        (5, 3, -1, 2),
        (5, 3, 1.5, 2),
        (5, 3, 1, 0),
    ],
)
def test_a_size_that_cannot_be_is_refused(sizes):
    with pytest.raises(
        HyperparameterError, match=r"an integer, [01] or more, is wanted"
    ):
        MLPModel(*sizes)


def test_a_depth_of_zero_needs_no_width():
    assert [tuple(t.shape) for t in MLPModel(5, 0, 0, 3).params] == [(6, 3)]


def test_backward_needs_a_forward_of_the_same_minibatch():
    model, x, y = problem((), (7, 5, 6, 2, 4), 2)
    with pytest.raises(NoForwardError, match="call forward"):
        model.backward(y, torch.softmax(y, dim=-1))
    y_pred = model.forward(x)
    # A forward pass that failed is none.
    with pytest.raises(ShapeError):
        model.forward(x[:, :4])
    with pytest.raises(NoForwardError):
        model.backward(y, y_pred)
    model.forward(x[:3])
    with pytest.raises(
        ShapeError, match=r"\(7, 4\): the last forward pass gave \(3, 4\)"
    ):
        model.backward(y, y_pred)


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_activations_that_are_not_finite_are_refused(value):
    model, x, y = problem((), (7, 5, 6, 2, 4), 2)
    model.params[0][2, 3] = value
    with pytest.raises(DivergedModelError, match="lower the learning rate"):
        by_hand(model, x, y)
    model.params[0][2, 3] = 0
    y_pred = model.forward(x)
    y_pred[0, 0] = value
    with pytest.raises(DivergedModelError, match="infinite or not a number"):
        model.backward(y, y_pred)


def test_shapes_that_do_not_go_together_are_refused():
    model, x, y = problem((), (7, 5, 6, 2, 4), 2)
    with pytest.raises(ShapeError, match="inputs of shape"):
        model.forward(x[:, :4])
    with pytest.raises(ShapeError, match="targets of shape"):
        model.backward(y[:, :3], model.forward(x))
    grads = by_hand(model, x, y)
    for wrong in (grads[:-1], [*grads[:-1], grads[-1][:-1]]):
        for update in (model.sgd_update, model.adam_update):
            with pytest.raises(ShapeError, match="gradients of shapes"):
                update(0.1, wrong)
    with pytest.raises(ShapeError, match="2 tensors of parameters for 3 layers"):
        MLPModel(5, 6, 2, 4, params=model.params[:2])
    with pytest.raises(ShapeError, match="parameters of shape"):
        MLPModel(5, 7, 2, 4, params=model.params)
    first, *others = model.params
    for wrong in (first.expand(3, 6, 6), first.float()):
        with pytest.raises(ShapeError, match="one stack, one type and one device"):
            MLPModel(5, 6, 2, 4, params=[wrong, *others])
    # Several minibatches can be looked at by one model, not learnt from.
    y_pred = model.forward(x.expand(3, 7, 5))
    assert y_pred.shape == (3, 7, 4)
    with pytest.raises(ShapeError, match="one minibatch each is wanted"):
        model.backward(y, y_pred)


@pytest.mark.parametrize("lr", [-0.1, float("nan"), float("inf")])
def test_a_rate_that_cannot_be_changes_nothing(lr):
    model, x, y = problem((), (7, 5, 6, 2, 4), 2)
    before, grads = [theta.clone() for theta in model.params], by_hand(model, x, y)
    for update in (model.sgd_update, model.adam_update):
        with pytest.raises(HyperparameterError, match="learning rate"):
            update(lr, grads)
    assert all(map(torch.equal, before, model.params))
    assert model.t == 0


def test_an_unknown_draw_is_refused():
    with pytest.raises(HyperparameterError, match="init 'xavier': one of he, normal"):
        MLPModel(5, 3, 1, 2, init="xavier")
