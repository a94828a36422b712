"""The two figures, from the summary of the raw numbers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.softmax.report import NAMES
from benchmarks.softmax.store import Numbers
from benchmarks.softmax.task import OPTIMISERS
from benchmarks.softmax.wording import FEW, MANY, duration
from matplotlib import pyplot as plt

from tp1.experiments.lockstep import ABREAST
from tp1.reporting.style import use_style

TITLES = {"sgd": "SGD", "adam": "Adam"}


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
            label=f"{seeds} seed{'s' * (seeds != FEW)}",
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
    """Draw the cost of a step for each run against the number of runs, on logarithmic scales."""
    use_style()
    figure, panels = plt.subplots(1, 2, sharey=True, figsize=(6.3, 3.6))
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
    save(figure, path)


def mark_end(axes: Any, curve: dict[int, float], end: float | None, color: str) -> None:
    """Mark where a step stops being latency-bound."""
    if end:
        axes.plot(end, 2 * curve[ABREAST] / end, "o", color=color, mfc="none", ms=8)


def save(figure: Any, path: Path) -> None:
    """Write a figure with no date in it."""
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
