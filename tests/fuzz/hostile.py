"""Values that nothing expects, and configurations that are valid, to begin from."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st

from tp1.errors import Tp1Error
from tp1.experiments.plans import AUGMENTS, GRADIENTS, OPTIMISERS, PIXELS
from tp1.learning.extras import SCHEDULES


class Unequal:
    """Compares with nothing, and so has no hash."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("compared")


class Unspeakable:
    """Has no text."""

    def __repr__(self) -> str:
        raise RuntimeError("shown")


class Shy(float):
    """A number that has no text."""

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
    Unequal(), Unspeakable(), Shy(0.5),
    np.float64(0.1), np.float32(0.1), np.int64(3), np.bool_(True), np.str_("sgd"),
    np.nan, np.array(0.1), np.array([0.1, 0.2]), np.array([]),
    torch.tensor(0.1), torch.tensor(3), torch.tensor([0.1, 0.2]), torch.tensor([]), torch.tensor(True),
)  # fmt: skip

numbers = st.sampled_from(NUMBERS) | st.integers() | st.floats()
anything = numbers | st.sampled_from(OTHERS) | st.text() | st.binary()

shares = st.floats(0, 1, exclude_max=True)
networks = st.fixed_dictionaries(
    {
        "optimiser": st.sampled_from(OPTIMISERS),
        "lr": st.floats(0, 10),
        "batch_size": st.integers(1, 1000),
        "epochs": st.integers(0, 50),
        "pixels": st.just("unit"),
        "gradient": st.sampled_from(GRADIENTS),
        "schedule": st.sampled_from(SCHEDULES),
        "depth": st.integers(1, 6),
        "width": st.integers(1, 1000),
        "momentum": st.just(0.0),
        "decay": shares,
        "dropout": shares,
        "smoothing": shares,
        "augment": st.sampled_from(AUGMENTS),
    }
)
regressions = st.fixed_dictionaries(
    {
        "optimiser": st.just("sgd"),
        "lr": st.floats(0, 10),
        "batch_size": st.integers(1, 1000),
        "pixels": st.sampled_from(PIXELS),
        "momentum": shares,
    }
)
configurations = networks | regressions


def attempt(build: Callable[[], Any]) -> tuple[Any, Tp1Error | None]:
    """Give what is built and nothing, or nothing and its typed error, a line or two."""
    try:
        return build(), None
    except Tp1Error as error:
        wrong = error
    assert 10 < len(str(wrong)) < 1000
    return None, wrong
