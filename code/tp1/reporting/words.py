"""Configurations, uncertain numbers and durations, as the French text writes them."""

from decimal import Decimal

import numpy as np
from numpy.typing import ArrayLike

from tp1.experiments.plans import Config
from tp1.reporting.french import NBSP, Text, number
from tp1.reporting.intervals import Interval

OPTIMISERS = {"sgd": "SGD", "adam": "Adam"}
PIXELS = {"unit": "pixels dans [0, 1]", "standard": "pixels centrés et réduits"}
GRADIENTS = {"sum": "gradient sommé", "mean": "gradient moyenné"}
SCHEDULES = {
    "constant": "taux constant",
    "linear": "taux décroissant jusqu'à 0",
    "one-cycle": "taux en un cycle",
}
AUGMENTS = {
    "flip": "miroirs",
    "shift": "décalages",
    "flip+shift": "miroirs et décalages",
}


def rate(lr: float) -> Text:
    """Write a learning rate with the digits that it has: 0.0001 gives ``0,0001``."""
    exact = Decimal(repr(lr)).normalize()
    return number(lr, max(0, -int(exact.as_tuple().exponent)))


def in_words(config: Config) -> Text:
    """Name a configuration within a search: ``SGD, taux 0,01, mini-lots de 20``, then what is not plain."""
    parts = [OPTIMISERS[config.optimiser]]
    if config.depth:
        parts.append(
            f"{config.depth}{NBSP}×{NBSP}{number(config.width, 0)}{NBSP}unités"
        )
    parts += [
        f"taux{NBSP}{rate(config.lr)}",
        f"mini-lots de{NBSP}{number(config.batch_size, 0)}",
    ]
    if config.pixels != "unit":
        parts.append(PIXELS[config.pixels])
    return Text(", ".join([*parts, *extras(config)]))


def extras(config: Config) -> list[str]:
    """Name what a configuration adds to plain training, such as ``dropout 0,3`` and ``miroirs``."""
    shares = (
        ("inertie", config.momentum),
        ("dropout", config.dropout),
        ("lissage", config.smoothing),
        ("décroissance", config.decay),
    )
    named = [f"{name}{NBSP}{rate(share)}" for name, share in shares if share]
    return named + ([AUGMENTS[config.augment]] if config.augment in AUGMENTS else [])


def setting(config: Config) -> Text:
    """Tell what is fixed in the assigned search: epochs, gradient, schedule, pixels."""
    epochs = f"{config.epochs}{NBSP}époque" + ("s" if config.epochs > 1 else "")
    gradient, schedule = GRADIENTS[config.gradient], SCHEDULES[config.schedule]
    return Text(f"{epochs}, {gradient}, {schedule}, {PIXELS[config.pixels]}")


def plus_minus(values: ArrayLike, digits: int = 1, scale: float = 100) -> Text:
    """Write the mean of some seeds and its standard error: ``85,4 ± 0,1``; a lone value has no error.

    Parameters
    ----------
    values : array-like (S,)
    digits : int
        Digits after the comma.
    scale : float
        What to multiply by; 100 makes percentages of proportions.
    """
    x = scale * np.asarray(values, dtype=float)
    mean = number(float(x.mean()), digits)
    if len(x) < 2:
        return mean
    error = float(x.std(ddof=1)) / len(x) ** 0.5
    return Text(f"{mean}{NBSP}±{NBSP}{number(error, digits)}")


def bounds(interval: Interval, digits: int = 2, scale: float = 100) -> Text:
    """Write the ends of an interval: ``[−0,05 ; 0,37]``; `scale` 100 makes percentage points."""
    low, high = (number(scale * end, digits) for end in (interval.low, interval.high))
    return Text(f"[{low}{NBSP};{NBSP}{high}]")


def duration(seconds: float) -> Text:
    """Write a duration: 131.85 gives ``2 min 12 s``."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    parts = [(hours, "h"), (minutes, "min"), (0 if hours else rest, "s")]
    shown = [f"{value}{NBSP}{unit}" for value, unit in parts if value]
    return Text(NBSP.join(shown) or f"0{NBSP}s")
