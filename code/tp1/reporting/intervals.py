"""What a few seeds, or many images, allow to say about a mean."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from tp1.experiments.errors import ResultsError

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean and its Student interval at the level `LEVEL`.

    Attributes
    ----------
    n : int
        How many values; of two samples, the fewer.
    mean, error, low, high : float
        The mean, its standard error, and the ends of the interval.
    """

    n: int
    mean: float
    error: float
    low: float
    high: float

    @property
    def has_zero(self) -> bool:
        """Whether 0 lies in the interval: then the sign of the mean is not established."""
        return self.low <= 0 <= self.high


def quantile(degrees: ArrayLike) -> np.ndarray:
    """Give the quantile that a two-sided Student interval at `LEVEL` uses."""
    return np.asarray(student.ppf((1 + LEVEL) / 2, degrees))


def interval(values: ArrayLike) -> Interval:
    """Estimate the mean of independent values.

    Raises
    ------
    ResultsError
        If there are fewer than two values, or one is not finite.
    """
    x = np.asarray(values, dtype=float)
    if x.ndim != 1 or len(x) < 2 or not np.isfinite(x).all():
        raise ResultsError(
            f"an interval needs 2 finite values or more, in a row; got {x.tolist()}"
        )
    mean, error = float(x.mean()), float(x.std(ddof=1)) / math.sqrt(len(x))
    reach = float(quantile(len(x) - 1)) * error
    return Interval(len(x), mean, error, mean - reach, mean + reach)


def joint(one: Interval, other: Interval) -> Interval:
    """Estimate a mean that two independent sources of noise blur, from an interval for each.

    The variances are added; by Welch and Satterthwaite the sum v + w of two, of m and n degrees of freedom,
    has (v + w)² / (v²/m + w²/n) of them.

    Parameters
    ----------
    one, other : Interval
        Of one mean, which is taken from `one`.
    """
    v, w = one.error**2, other.error**2
    error = math.hypot(one.error, other.error)
    # Each variance as a share of the sum, so that small ones do not underflow; without noise, no reach.
    share = v / (v + w) if v + w > 0 else 1.0
    degrees = 1 / (share**2 / (one.n - 1) + (1 - share) ** 2 / (other.n - 1))
    reach = float(quantile(degrees)) * error
    mean, n = one.mean, min(one.n, other.n)
    return Interval(n, mean, error, mean - reach, mean + reach)
