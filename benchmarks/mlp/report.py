"""The report in Markdown, from the table and what is beside it."""

import statistics
from collections.abc import Callable, Iterable

from benchmarks.mlp.task import COMPILED, JAX, READABLE
from benchmarks.mlp.verdicts import (
    Verdict,
    beyond_noise,
    slower,
    threaded,
    verdicts,
    where,
)
from benchmarks.softmax.wording import TITLES, micro, row

from tp1.reporting.speed import AUTOGRAD, DEFAULT, HAND, PHASES, Place, Speed


def report(speed: Speed) -> str:
    """Write the whole report."""
    return "\n\n".join(
        part
        for part in (
            "# A training step by hand, against autograd",
            heading(speed),
            verdict_table(verdicts(speed)),
            "## How many times as long autograd takes with its quickest optimiser",
            *(ratio_table(speed, n, AUTOGRAD) for n in speed.values("threads")),
            slower_list(speed, AUTOGRAD),
            "## How many times as long it takes with its default optimiser",
            *(ratio_table(speed, n, DEFAULT) for n in speed.values("threads")),
            slower_list(speed, DEFAULT),
            "## The other sides",
            others_table(speed),
            "## Where the time goes",
            *(phase_table(speed, n) for n in speed.values("threads")),
            "## Why: launches, operations, bytes",
            launches(speed),
            products(speed),
            traffic(speed),
            memory_table(speed),
        )
        if part
    )


def heading(speed: Speed) -> str:
    """Say what was measured, on what."""
    about = speed.provenance
    short = "**Shortened (`--quick`): no results.** " if about["quick"] else ""
    rounds = max(t.rounds for sides in speed.times.values() for t in sides.values())
    load = " ".join(f"{value:.2f}" for value in about["load"])
    errors = "; ".join(f"{side} {error:.1g}" for side, error in about["errors"].items())
    return (
        f"{short}One step is forward, backward and update of a network with 784 inputs, hidden layers "
        f"of ReLU units and 10 classes, on minibatches in memory: no side gathers images while it is "
        f"timed, and targets lie beside them as labels, for the two sides by hand as vectors. By hand "
        f"is the engine of the experiments; autograd is `torch.nn` with `torch.optim`, as it comes and "
        f"at its quickest: fused for Adam, for SGD as a trial says (fused in "
        f"{about['optimisers']['fused']} cells, layer after layer in {about['optimisers']['for-loop']}). "
        f"Before a cell is timed, three steps of every "
        f"side arrive at by hand's parameters; the largest differences, as shares of a layer's move: "
        f"{errors}. Medians over {rounds} rounds in which the sides take turns, each bound to as many "
        f"cores as it has threads. {about['machine']}; {about['versions']}; load at the start {load} "
        f"(1, 5, 15 minutes); code {about['code']}."
    )


def verdict_table(found: list[Verdict]) -> str:
    """Write the targets and whether they are met."""
    lines = ["| target | verdict | cells | worst |", "|---|---|---|---|"]
    return "\n".join([*lines, *(row(verdict) for verdict in found)])


def grid_table(
    speed: Speed, threads: int, value: Callable[[Place], str], title: str
) -> str:
    """Write a table with a row for each depth, width and optimiser, a column for each batch size."""
    batches = speed.values("batch")
    lines = [
        row([title, "network", *(f"batch {b}" for b in batches)]),
        "|---|---|" + "---:|" * len(batches),
    ]
    for optimiser in speed.values("optimiser"):
        for depth in speed.values("depth"):
            for width in speed.values("width"):
                cells = [
                    value(Place(depth, width, batch, optimiser, threads))
                    for batch in batches
                ]
                lines.append(row([TITLES[optimiser], f"{depth}×{width}", *cells]))
    return "\n".join(lines)


def ratio_table(speed: Speed, threads: int, side: str) -> str:
    """Write by hand's microseconds and a side's ratio, for a number of threads."""

    def value(place: Place) -> str:
        ratio, hand = speed.ratio(place, side), speed.times[place][HAND]
        text = f"×{ratio:.2f}"
        return f"{f'**{text}**' if ratio < 1 else text} ({micro(1e6 * hand.seconds)})"

    return (
        grid_table(speed, threads, value, threaded(threads))
        + "\n\nIn brackets by hand's microseconds; bold where by hand is slower."
    )


def slower_list(speed: Speed, side: str) -> str:
    """Name the cells where by hand is slower than a side."""
    behind = sorted(slower(speed, side), key=lambda place: speed.ratio(place, side))
    if not behind:
        return "By hand is slower nowhere."
    lines = [
        f"* {where(place)}: ×{speed.ratio(place, side):.2f}"
        + ("" if beyond_noise(speed, place, side) else ", within the noise")
        for place in behind
    ]
    return "\n".join(["By hand is slower here:\n", *lines])


def others_table(speed: Speed) -> str:
    """Write the sides that are timed on some cells only, as multiples of by hand's time."""
    names = (AUTOGRAD, COMPILED, JAX, READABLE)
    lines = [row(["cell", HAND, *names]), "|---|" + "---:|" * (len(names) + 1)]
    for place, sides in speed.times.items():
        if sides.keys() <= {HAND, AUTOGRAD, DEFAULT}:
            continue
        cells = [
            f"×{speed.ratio(place, name):.2f}" if name in sides else "–"
            for name in names
        ]
        lines.append(row([where(place), micro(1e6 * sides[HAND].seconds), *cells]))
    absent = [
        f"{side}: not measured, {lacks} is not here."
        for side, lacks in speed.provenance["absent"].items()
    ]
    note = (
        f"By hand in microseconds, the others as multiples of it: below ×1 they are faster. "
        f"`{COMPILED}` compiles forward pass and loss with their gradient, the update is autograd's; "
        f"{JAX} compiles the whole step, which is called from Python once a minibatch; {READABLE} is "
        f"`MLPModel`, as chapter 3 prints it."
    )
    return "\n\n".join(["\n".join(lines), note, *absent])


def phase_table(speed: Speed, threads: int) -> str:
    """Write the phases of a step in microseconds."""
    lines = [
        row([threaded(threads), "side", *PHASES, "together"]),
        "|---|---|" + "---:|" * (len(PHASES) + 1),
    ]
    for place, sides in speed.phases.items():
        if place.threads == threads:
            for side, spent in sides.items():
                values = [*(spent[phase] for phase in PHASES), sum(spent.values())]
                cells = [micro(1e6 * value) for value in values]
                lines.append(row([where(place), side, *cells]))
    note = (
        "Microseconds. By hand's update has the product of errors and inputs in it, which for autograd "
        "belongs to the backward pass: it is added to the parameters, or goes into the moments, as it "
        "is computed."
    )
    return "\n".join(lines) + f"\n\n{note}"


def cells_of(speed: Speed, **fixed: object) -> Iterable[Place]:
    """Give the cells with some values, for the smallest number of threads."""
    fixed = {"threads": min(speed.values("threads")), **fixed}
    return [
        place
        for place in speed.times
        if all(getattr(place, field) == value for field, value in fixed.items())
    ]


def launches(speed: Speed) -> str:
    """Compare operations launched, and what one costs where networks are smallest."""
    width, batch = min(speed.values("width")), min(speed.values("batch"))
    lines = [
        row(
            [
                "network",
                "operations by hand",
                AUTOGRAD,
                "µs for each, by hand",
                AUTOGRAD,
            ]
        ),
        "|---|---:|---:|---:|---:|",
    ]
    for place in cells_of(speed, width=width, batch=batch):
        both = [speed.times[place][side] for side in (HAND, AUTOGRAD)]
        counts = [str(side.operations) for side in both]
        each = [f"{1e6 * side.seconds / side.operations:.2f}" for side in both]
        lines.append(row([where(place), *counts, *each]))
    return (
        "\n".join(lines)
        + "\n\nOperations that reach PyTorch's kernels in one step, views apart. Where tensors are this "
        "small, a step costs its operations: by hand writes into tensors that exist, while autograd "
        "also allocates every result, records a graph, walks it, and calls the optimiser."
    )


def products(speed: Speed) -> str:
    """Give by hand's share of the peak where minibatches are largest."""
    batch, width = max(speed.values("batch")), max(speed.values("width"))
    peaks = "; ".join(
        f"{threaded(n)} {rate / 1e9:.0f} GFLOP/s" for n, rate in speed.peak.items()
    )
    lines = [
        row(["cell", "GFLOP a step", "by hand, of the peak", "autograd, of the peak"]),
        "|---|---:|---:|---:|",
    ]
    for place, sides in speed.times.items():
        if (place.batch, place.width) == (batch, width):
            share = speed.share_of_peak(place)
            flops = batch * speed.work[place.depth, width]["flops_per_image"]
            theirs = share * sides[HAND].seconds / sides[AUTOGRAD].seconds
            lines.append(
                row(
                    [
                        where(place),
                        f"{flops / 1e9:.3g}",
                        f"{share:.0%}",
                        f"{theirs:.0%}",
                    ]
                )
            )
    return (
        f"The peak of a matrix product, the best of several of large square matrices: {peaks}.\n\n"
        + "\n".join(lines)
        + "\n\nCounted are the products' operations, the same on both sides; the rest of a step adds "
        "none that count here, but time."
    )


def traffic(speed: Speed) -> str:
    """Compare the bytes of gradients and updates, and what they come to at one image a step."""
    width, depth = max(speed.values("width")), max(speed.values("depth"))
    work, batch = speed.work[depth, width], min(speed.values("batch"))
    lines = [
        row(["update", "MB by hand", "MB autograd", "µs by hand", "µs autograd"]),
        "|---|---:|---:|---:|---:|",
    ]
    for place in cells_of(speed, depth=depth, width=width, batch=batch):
        moved = work[f"{place.optimiser}_bytes"]
        lines.append(
            row(
                [
                    where(place),
                    *(f"{moved[side] / 1e6:.3g}" for side in (HAND, AUTOGRAD)),
                    *(
                        micro(1e6 * speed.times[place][s].seconds)
                        for s in (HAND, AUTOGRAD)
                    ),
                ]
            )
        )
    return (
        "\n".join(lines)
        + f"\n\n{work['parameters']:,} parameters: bytes that gradients and update read and write, "
        f"counted from the operations, and the whole step's time. SGD by hand adds the product of "
        f"errors and inputs to the parameters, and writes no gradient; fused Adam goes once over "
        f"gradient, moments and parameters, and by hand's seven operations go over them one after "
        f"another, in parts that stay in the cache."
    )


def memory_table(speed: Speed) -> str:
    """Write the bytes of a step's own tensors."""

    def value(place: Place) -> str:
        hand, peer = (speed.times[place][side].memory for side in (HAND, AUTOGRAD))
        text = f"{hand / 1e6:.3g} / {peer / 1e6:.3g}"
        return f"**{text}**" if hand > peer else text

    first = min(speed.values("threads"))
    shares = [
        sides[HAND].memory / sides[AUTOGRAD].memory
        for place, sides in speed.times.items()
        if place.threads == first
    ]
    middle = f", in the median {statistics.median(shares):.2f} times as much"
    return (
        grid_table(speed, first, value, "MB")
        + "\n\nMB of a step's own tensors by hand / of autograd, parameters and moments apart; bold "
        f"where by hand takes more{middle}. By hand counts every tensor of its block, which last from "
        f"step to step, and of what a block holds for many steps (minibatches, targets, factors) one "
        f"step's part; autograd counts the most that is allocated during a step, by PyTorch's profiler, "
        f"and its minibatch."
    )
