"""The targets, and whether they are met, cell by cell."""

import statistics
from collections.abc import Callable
from typing import NamedTuple

from tp1.reporting.speed import AUTOGRAD, DEFAULT, HAND, Place, Speed

FAST, SMALL, PEAK = 3.0, 1.8, 0.9
NARROW = 100
NAMES = {
    DEFAULT: "autograd with its default optimiser",
    AUTOGRAD: "autograd with its quickest",
}


class Verdict(NamedTuple):
    """A target: what is wanted, whether it is met, in how many cells, and which is the worst."""

    target: str
    judgement: str
    cells: str
    worst: str


def verdicts(speed: Speed) -> list[Verdict]:
    """Judge the targets: those of time against the default optimiser and against the quickest."""
    return [
        *(
            verdict
            for side in (DEFAULT, AUTOGRAD)
            for verdict in (
                judged(speed, side, "at batch 1", FAST, lambda place: place.batch == 1),
                judged(
                    speed,
                    side,
                    f"at batch 20 and width up to {NARROW}",
                    SMALL,
                    lambda place: place.batch == 20 and place.width <= NARROW,
                ),
                nowhere_slower(speed, side),
            )
        ),
        at_the_peak(speed),
        no_more_memory(speed),
    ]


def where(place: Place) -> str:
    """Name a cell."""
    return (
        f"{place.depth}×{place.width}, batch {place.batch}, {place.optimiser}, "
        f"{threaded(place.threads)}"
    )


def threaded(threads: int) -> str:
    """Say how many threads."""
    return f"{threads} thread{'s' * (threads > 1)}"


def met(good: int, of: int) -> str:
    """Say whether all the cells are as wanted."""
    if not of:
        return "not measured"
    return "met" if good == of else "**not met**"


def judged(
    speed: Speed,
    side: str,
    scope: str,
    least: float,
    asked: Callable[[Place], bool],
) -> Verdict:
    """Judge the ratio of a side to by hand in some cells."""
    ratios = {place: speed.ratio(place, side) for place in speed.times if asked(place)}
    good = sum(ratio >= least for ratio in ratios.values())
    return Verdict(
        f"{scope}, at least {least:g} times as fast as {NAMES[side]}",
        met(good, len(ratios)),
        f"{good} of {len(ratios)}",
        lowest(ratios),
    )


def lowest(ratios: dict[Place, float], unit: str = "×") -> str:
    """Name the cell of the lowest ratio."""
    if not ratios:
        return "–"
    place = min(ratios, key=ratios.__getitem__)
    return f"{unit}{ratios[place]:.2f} ({where(place)})"


def slower(speed: Speed, side: str = AUTOGRAD) -> list[Place]:
    """List the cells where by hand is slower than a side, within the noise or not."""
    return [place for place in speed.times if speed.ratio(place, side) < 1]


def beyond_noise(speed: Speed, place: Place, side: str = AUTOGRAD) -> bool:
    """Say whether three quarters of by hand's rounds are slower than three quarters of a side's."""
    sides = speed.times[place]
    return sides[HAND].low > sides[side].high


def noise(speed: Speed, side: str = AUTOGRAD) -> float:
    """Give the median, over cells and both sides, of half the distance of the quartiles, as a share."""
    return statistics.median(
        (one.high - one.low) / (2 * one.seconds)
        for sides in speed.times.values()
        for one in (sides[HAND], sides[side])
    )


def nowhere_slower(speed: Speed, side: str) -> Verdict:
    """Judge that by hand is never slower than a side; what the noise can explain is said."""
    behind = slower(speed, side)
    clear = [place for place in behind if beyond_noise(speed, place, side)]
    total = len(speed.times)
    judgement = met(total - len(behind), total)
    if behind and not clear:
        judgement = "met within the noise"
    cells = f"{total - len(behind)} of {total}"
    if behind:
        cells += (
            f"; {len(clear)} slower beyond the noise, {len(behind) - len(clear)} within it "
            f"(rounds vary by {100 * noise(speed, side):.1f} %)"
        )
    ratios = {place: speed.ratio(place, side) for place in speed.times}
    return Verdict(
        f"nowhere on the grid slower than {NAMES[side]}",
        judgement,
        cells,
        lowest(ratios),
    )


def at_the_peak(speed: Speed) -> Verdict:
    """Judge the share of a large matrix product's speed that the largest network reaches."""
    shares = {
        place: speed.share_of_peak(place)
        for place in speed.times
        if place[:4] == (5, 1000, 1000, "sgd")
    }
    good = sum(share >= PEAK for share in shares.values())
    return Verdict(
        f"5×1000, batch 1000, SGD: at least {100 * PEAK:.0f} % of the peak of a matrix product",
        met(good, len(shares)),
        f"{good} of {len(shares)}",
        lowest(shares, ""),
    )


def no_more_memory(speed: Speed) -> Verdict:
    """Judge the bytes of a step, which do not depend on the threads."""
    first = min(speed.values("threads"))
    ratios = {
        place: sides[AUTOGRAD].memory / sides[HAND].memory
        for place, sides in speed.times.items()
        if place.threads == first
    }
    good = sum(ratio >= 1 for ratio in ratios.values())
    return Verdict(
        "a step takes no more memory than autograd's",
        met(good, len(ratios)),
        f"{good} of {len(ratios)}",
        "autograd takes " + lowest(ratios),
    )
