"""Values that no parameter expects, drawn beside values that it does."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st

from tp1.errors import Tp1Error


class Unequal:
    """Compares with nothing, and so has no hash."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("compared")


class Unspeakable:
    """Has no text."""

    def __repr__(self) -> str:
        raise RuntimeError("shown")


class Unconvertible(float):
    """A number by its type alone."""

    def __float__(self) -> float:
        raise RuntimeError("converted")

    def __repr__(self) -> str:
        raise RuntimeError("shown")


def nested(depth: int) -> list:
    """Give lists within lists."""
    value: list = []
    for _ in range(depth):
        value = [value]
    return value


NUMBERS = (
    0, 1, -1, 2, 5, 10**9, 2**63, -(2**63) - 1, 10**400, -(10**400), 10**5000, -(10**5000),
    0.0, -0.0, 0.1, 0.5, 1.0, 1.5, -1e-300, 5e-324, 1e308, math.nan, math.inf, -math.inf,
)  # fmt: skip
OTHERS = (
    None, True, False, "", "1", "0.1", "sgd", "x" * 100_000, "\0", "\ud800", b"1", (), [], {}, {1},
    nested(5), nested(3000), 1j, Fraction(1, 3), Fraction(10**400, 3), object(), len, int,
    Unequal(), Unspeakable(), Unconvertible(0.5),
    np.float64(0.1), np.float32(0.1), np.int64(3), np.bool_(True), np.str_("sgd"),
    np.nan, np.array(0.1), np.array([0.1, 0.2]), np.array([]),
    torch.tensor(0.1), torch.tensor(3), torch.tensor([0.1, 0.2]), torch.tensor([]), torch.tensor(True),
)  # fmt: skip

numbers = st.sampled_from(NUMBERS) | st.integers() | st.floats()
anything = numbers | st.sampled_from(OTHERS) | st.text() | st.binary()


def attempt(build: Callable[[], Any]) -> tuple[Any, Tp1Error | None]:
    """Give what is built and nothing, or nothing and the typed error: a line or two that say what is wrong."""
    try:
        return build(), None
    except Tp1Error as error:
        wrong = error
    assert 10 < len(str(wrong)) < 1000
    return None, wrong
