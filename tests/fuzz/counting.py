"""Fuzzing by count: so many inputs that a person or a broken disk could produce, and how many really ran."""

import functools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy


def fuzz(
    examples: int, **inputs: SearchStrategy[Any]
) -> Callable[[Callable], Callable]:
    """Run a test on `examples` inputs drawn from strategies; `make fuzz` says how many it was in all."""

    def decorate(test: Callable) -> Callable:
        @functools.wraps(test)
        def counted(*args: object, **kwargs: object) -> None:
            counted.ran += 1
            test(*args, **kwargs)

        counted.ran = 0
        drawn = settings(
            max_examples=examples,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )(given(**inputs)(counted))
        return pytest.mark.fuzz(drawn)

    return decorate
