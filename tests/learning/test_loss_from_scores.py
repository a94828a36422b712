"""The loss by log-sum-exp: PyTorch's, finite for finite scores, and hiding nothing."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tp1.learning.errors import ShapeError
from tp1.learning.functions import cross_entropy, cross_entropy_from_logits, softmax

INF, NAN = math.inf, math.nan
types = st.sampled_from([torch.float32, torch.float64])
seeds = st.integers(0, 2**31)


def reference(y, a):
    return torch.nn.functional.cross_entropy(a, y.argmax(dim=-1), reduction="sum")


@given(
    st.integers(1, 6),
    st.integers(1, 5),
    seeds,
    st.sampled_from([1e-4, 1.0, 1e2, 1e4, 1e30]),
    types,
)
def test_it_is_pytorchs_at_every_scale(b, k, seed, scale, dtype):
    generator = torch.Generator().manual_seed(seed)
    a = scale * torch.randn(b, k, generator=generator, dtype=dtype)
    y = torch.eye(k, dtype=dtype)[torch.randint(k, (b,), generator=generator)]
    found = cross_entropy_from_logits(y, a)
    assert found.isfinite()
    torch.testing.assert_close(found, reference(y, a))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [1e4, 1e30])
def test_enormous_scores(size, dtype):
    y = torch.eye(3, dtype=dtype)[[0, 1]]
    right = torch.tensor([[size, -size, -size], [-size, size, -size]], dtype=dtype)
    assert cross_entropy_from_logits(y, right) == 0
    wrong = right.flip(0)
    assert cross_entropy_from_logits(y, wrong).item() == pytest.approx(4 * size)
    assert cross_entropy_from_logits(y, 0 * right).item() == pytest.approx(
        2 * math.log(3)
    )


def test_a_difference_that_overflows_is_no_nan():
    top = torch.finfo(torch.float32).max
    y, a = torch.eye(2)[:1], torch.tensor([[top, -top]])
    assert cross_entropy_from_logits(y, a) == 0
    # 2 x max is no float32; in double precision it is a number.
    assert cross_entropy_from_logits(y.flip(-1), a) == INF
    assert cross_entropy_from_logits(y.flip(-1), a.double()).item() == 2 * top


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([0.0, -INF, 0.0], math.log(2)),
        ([-INF, 0.0, 0.0], INF),
        ([INF, 0.0, 0.0], NAN),
        ([0.0, NAN, 0.0], NAN),
        ([NAN, 0.0, 0.0], NAN),
        ([-INF, -INF, -INF], NAN),
    ],
)
def test_what_is_infinite_or_undefined_shows(scores, expected):
    y, a = torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([scores])
    found = cross_entropy_from_logits(y, a).item()
    assert found == pytest.approx(expected, nan_ok=True)
    assert found == pytest.approx(reference(y, a).item(), nan_ok=True)


def test_it_goes_on_where_the_loss_from_probabilities_stops():
    y, a = torch.tensor([[0.0, 1.0]]), torch.tensor([[1000.0, 0.0]])
    assert cross_entropy_from_logits(y, a).item() == 1000
    assert cross_entropy(y, softmax(a)).item() < 88


@given(st.integers(1, 4), st.integers(1, 6), st.integers(2, 5), seeds, st.booleans())
def test_a_stack_gives_what_its_models_give_alone(r, b, k, seed, own):
    generator = torch.Generator().manual_seed(seed)
    a = 3 * torch.randn(r, b, k, generator=generator, dtype=torch.float64)
    labels = torch.randint(k, (r, b) if own else (b,), generator=generator)
    y = torch.eye(k, dtype=torch.float64)[labels]
    found = cross_entropy_from_logits(y, a)
    alone = [reference(yr, ar) for yr, ar in zip(y.expand(r, b, k), a, strict=True)]
    torch.testing.assert_close(found, torch.stack(alone))
    torch.testing.assert_close(found, cross_entropy(y, softmax(a)))


@pytest.mark.parametrize(
    ("y", "a"),
    [
        (torch.rand(2, 3), torch.rand(3, 2)),
        (torch.rand(4, 2, 3), torch.rand(2, 3)),
        (torch.rand(0, 3), torch.rand(0, 3)),
        (torch.rand(2, 3), torch.ones(2, 3, dtype=torch.int64)),
    ],
)
def test_wrong_shapes_are_refused(y, a):
    with pytest.raises(ShapeError):
        cross_entropy_from_logits(y, a)
