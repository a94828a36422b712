"""The two figures, from the summary of the raw numbers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.softmax.report import NAMES
from benchmarks.softmax.stacks import EPOCHS_BATCH
from benchmarks.softmax.store import Numbers
from benchmarks.softmax.task import ABREAST, OPTIMISERS
from benchmarks.softmax.wording import FEW, MANY, TITLES, duration, seeds_of
from matplotlib import pyplot as plt

from tp1.reporting.style import use_style


def draw_whole(summary: Numbers, path: Path) -> None:
    """Draw the time of the whole search for every side, on a logarithmic scale."""
    use_style()
    found = {side: summary["whole_s"].get(side) for side in NAMES}
    sides = [side for side, times in found.items() if times]
    figure, axes = plt.subplots(figsize=(6.3, 0.9 + 0.55 * len(sides)))
    height = 0.38
    for place, seeds in enumerate((FEW, MANY)):
        values = [(found[side] or {})[seeds] for side in sides]
        bars = axes.barh(
            [i + (place - 0.5) * height for i in range(len(sides))],
            values,
            height,
            label=seeds_of(seeds),
        )
        axes.bar_label(bars, [duration(value) for value in values], padding=3)
    labels = [NAMES[side].replace(" (", "\n(") for side in sides]
    axes.set(xscale="log", xlabel="seconds, whole search", yticks=range(len(sides)))
    axes.set_yticklabels(labels)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlim(right=axes.get_xlim()[1] * 3)
    axes.legend(loc="upper right", fontsize=8)
    save(figure, path)


def draw_stacks(summary: Numbers, path: Path) -> None:
    """Draw the cost of a step for each run against the number of runs, and of a search against its epochs."""
    use_style()
    figure, (*panels, last) = plt.subplots(
        1, 3, figsize=(6.3, 3.6), width_ratios=(4, 4, 3)
    )
    panels[1].sharey(panels[0])
    panels[1].tick_params(labelleft=False)
    for optimiser, axes in zip(OPTIMISERS, panels, strict=True):
        counts: Sequence[int] = ()
        for family, numbers in summary["stacks"].items():
            name, size = family.split()
            if name != optimiser:
                continue
            curve = {int(runs): us for runs, us in numbers["step_us"].items()}
            counts = sorted(curve)
            each = [curve[runs] / runs for runs in counts]
            (line,) = axes.plot(counts, each, marker=".", label=f"batch {size}")
            mark_end(axes, curve, numbers["leaves_latency_at"], line.get_color())
        axes.set(
            xscale="log", yscale="log", title=TITLES[optimiser], xlabel="runs in the stack"
        )  # fmt: skip
        axes.set_xticks(counts, [str(count) for count in counts])
        axes.minorticks_off()
    panels[0].set_ylabel("µs per step and run")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8)
    draw_epochs(summary["epochs_s"], last)
    save(figure, path)


def draw_epochs(found: dict[str, dict[str, float]], axes: Any) -> None:
    """Draw the seconds of a search against its epochs."""
    for (optimiser, times), style in zip(found.items(), ("-", "--"), strict=False):
        counts = [int(count) for count in times]
        axes.plot(
            counts,
            list(times.values()),
            style,
            marker=".",
            color="0.3",
            label=TITLES[optimiser],
        )
    if found:
        axes.legend(loc="upper left", fontsize=8)
    axes.set(
        title=f"batch {EPOCHS_BATCH}, {ABREAST} runs", xlabel="epochs", ylabel="seconds"
    )
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)


def mark_end(axes: Any, curve: dict[int, float], end: float | None, color: str) -> None:
    """Mark where a step stops being latency-bound."""
    if end:
        axes.plot(end, 2 * curve[ABREAST] / end, "o", color=color, mfc="none", ms=8)


def save(figure: Any, path: Path) -> None:
    """Write a figure with no date in it."""
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
