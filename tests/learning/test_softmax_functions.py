"""The functions of Part 2: their values, their limits, their stacks, and what they refuse."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tp1.learning.errors import LabelError, ShapeError
from tp1.learning.functions import (
    accuracy,
    cross_entropy,
    inputs_tilde,
    reshape_input,
    softmax,
)

shapes = st.lists(st.integers(1, 5), min_size=1, max_size=4)
seeds = st.integers(0, 2**31)


def draw(shape, seed, scale=1.0):
    return scale * torch.randn(
        shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )


def one_hot(shape, k, seed):
    labels = torch.randint(k, shape, generator=torch.Generator().manual_seed(seed))
    return torch.eye(k, dtype=torch.float64)[labels]


@given(shapes, seeds, st.sampled_from([1e-3, 1.0, 1e3, 1e6]), st.data())
def test_softmax_is_pytorchs_on_every_axis_and_scale(shape, seed, scale, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = draw(shape, seed, scale)
    p = softmax(x, axis)
    torch.testing.assert_close(p, torch.softmax(x, axis))
    torch.testing.assert_close(p.sum(dim=axis), torch.ones_like(p.sum(dim=axis)))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int64])
def test_softmax_of_enormous_scores(dtype):
    p = softmax(torch.tensor([[1000, 10000, 100000]], dtype=dtype))
    assert p.tolist() == [[0, 0, 1]]


@given(seeds, st.floats(-1e6, 1e6))
def test_softmax_ignores_a_common_shift(seed, shift):
    x = draw((3, 4), seed)
    torch.testing.assert_close(softmax(x + shift), softmax(x), rtol=1e-8, atol=1e-8)


@given(shapes, seeds, st.data())
def test_inputs_tilde_appends_ones(shape, seed, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = draw(shape, seed)
    tilde = inputs_tilde(x, axis)
    assert (tilde.narrow(axis, 0, x.shape[axis]) == x).all()
    assert (tilde.narrow(axis, x.shape[axis], 1) == 1).all()
    assert tilde.shape[axis] == x.shape[axis] + 1


@given(st.integers(1, 6), st.integers(2, 5), seeds)
def test_cross_entropy_is_pytorchs_summed(b, k, seed):
    scores, y = draw((b, k), seed, 5.0), one_hot((b,), k, seed)
    expected = torch.nn.functional.cross_entropy(scores, y, reduction="sum")
    torch.testing.assert_close(cross_entropy(y, softmax(scores)), expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_cross_entropy_of_a_zero_probability_is_finite(dtype):
    y, y_pred = torch.eye(2, dtype=dtype), torch.eye(2, dtype=dtype).flip(0)
    assert cross_entropy(y, y_pred).item() == pytest.approx(
        -2 * math.log(torch.finfo(dtype).tiny)
    )
    assert cross_entropy(y, y).item() == 0


def test_cross_entropy_does_not_hide_a_nan():
    assert cross_entropy(torch.eye(2), torch.full((2, 2), math.nan)).isnan()


@given(st.integers(1, 4), st.integers(1, 6), st.integers(2, 5), seeds)
def test_a_stack_gives_what_its_models_give_alone(r, b, k, seed):
    y, y_pred = one_hot((b,), k, seed), softmax(draw((r, b, k), seed, 3.0))
    acc, (card_C, card_D) = accuracy(y, y_pred)
    alone = [accuracy(y, p) for p in y_pred]
    assert acc.tolist() == [a.item() for a, _ in alone]
    assert card_C.tolist() == [int(c) for _, (c, _) in alone]
    assert card_D == b
    torch.testing.assert_close(
        cross_entropy(y, y_pred),
        torch.stack([cross_entropy(y, p) for p in y_pred]),
        rtol=1e-12,
        atol=0,
    )
    # One minibatch for each model: the same numbers again.
    torch.testing.assert_close(
        cross_entropy(y.expand(r, b, k), y_pred), cross_entropy(y, y_pred)
    )


def test_accuracy_counts():
    y = torch.eye(3)[[0, 1, 2, 2]]
    y_pred = torch.eye(3)[[0, 1, 2, 0]]
    acc, (card_C, card_D) = accuracy(y, y_pred)
    assert (acc.item(), card_C.item(), card_D) == (0.75, 3, 4)


@pytest.mark.parametrize("image", [(1, 28, 28), (28, 28), (784,)])
@pytest.mark.parametrize("batch", [(3,), (2, 3)])
def test_reshape_input(batch, image):
    x = torch.rand(*batch, *image, dtype=torch.float64)
    labels = torch.randint(10, batch)
    flat, y = reshape_input(x, labels)
    assert flat.shape == (*batch, 784)
    assert torch.equal(flat.reshape(x.shape), x)
    assert y.shape == (*batch, 10)
    assert y.dtype == x.dtype
    assert torch.equal(y.argmax(dim=-1), labels)
    assert torch.equal(y.sum(dim=-1), torch.ones(batch, dtype=x.dtype))


@pytest.mark.parametrize("labels", [[-1, 0], [0, 10], [0.0, 1.0], [True, False]])
def test_labels_that_are_not_classes(labels):
    with pytest.raises(LabelError):
        reshape_input(torch.rand(2, 784), torch.tensor(labels))


@pytest.mark.parametrize(
    "call",
    [
        lambda: softmax(torch.rand(3), axis=1),
        lambda: softmax(torch.tensor(1.0)),
        lambda: softmax(torch.rand(3, 0)),
        lambda: inputs_tilde(torch.rand(3), axis=-2),
        lambda: cross_entropy(torch.rand(2, 3), torch.rand(3, 2)),
        lambda: cross_entropy(torch.rand(4, 2, 3), torch.rand(2, 3)),
        lambda: cross_entropy(torch.rand(3), torch.rand(3)),
        lambda: accuracy(torch.rand(0, 3), torch.rand(0, 3)),
        lambda: accuracy(torch.rand(2, 3), torch.rand(1, 3)),
        lambda: reshape_input(torch.rand(2, 783), torch.tensor([0, 1])),
        lambda: reshape_input(torch.rand(3, 784), torch.tensor([0, 1])),
        lambda: reshape_input(
            torch.zeros(2, 784, dtype=torch.uint8), torch.tensor([0, 1])
        ),
    ],
)
def test_wrong_shapes_are_refused(call):
    with pytest.raises(ShapeError):
        call()


def test_a_model_that_has_diverged_is_right_about_nothing():
    y = torch.eye(3)
    acc, (right, total) = accuracy(y, torch.full((3, 3), torch.nan))
    assert (float(acc), int(right), total) == (0.0, 0, 3)


@pytest.mark.parametrize(
    "y_pred", [torch.ones(2, 3, dtype=torch.int64), torch.ones(2, 0)]
)
def test_predictions_are_floats_for_at_least_one_class(y_pred):
    with pytest.raises(ShapeError):
        cross_entropy(torch.ones_like(y_pred, dtype=torch.float32), y_pred)
