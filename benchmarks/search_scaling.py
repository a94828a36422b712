"""What a search costs: a model of a step fitted to measurements, and what more workers bring.

    python -m benchmarks.search_scaling [--quick] [--output DIR]

writes DIR/search_scaling.json, with the raw numbers, and a Markdown report beside it. Steps of stacks are
timed one after another on one thread; then one search with 1, 2, 4 … workers, as many as there are cores, as
processes of this machine and as a Dask cluster's; last a search on a cluster that loses a worker, of which
the log is kept. Five minutes on an idle machine.
"""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.scaling import cluster, steps
from benchmarks.softmax.store import about, rounded

from tp1.experiments import costs
from tp1.experiments.tables import write_atomically
from tp1.reporting.scaling import understood

HERE = Path(__file__).parent
ROUNDS = 3


def measured(quick: bool) -> dict[str, Any]:
    """Measure everything."""
    cells = []
    for config, runs in steps.cells(quick):
        cells.append(steps.measure(config, runs, 0.01 if quick else 0.4))
        told(cells[-1])
    many = [2**k for k in range(8) if 2**k <= (os.cpu_count() or 1)]
    timed = []
    for _ in range(1 if quick else ROUNDS):
        for kind in ("processes", "cluster"):
            for workers in many:
                timed.append(cluster.throughput(kind, workers, quick))
                told(timed[-1])
    return {
        **about(),
        "quick": quick,
        "costs": steps.fitted(cells)._asdict(),
        "cells": cells,
        "throughput": timed,
        "log": cluster.log(HERE.parent / "results"),
    }


def told(what: dict[str, Any]) -> None:
    """Show what was measured on the way."""
    print(rounded(what), file=sys.stderr, flush=True)


def report(found: dict[str, Any]) -> Iterator[str]:
    """Write what was found, line by line."""
    yield "# What a search costs"
    yield ""
    yield f"{found['machine']}; {found['versions']}; load at the start {found['load']}."
    if found["quick"]:
        yield "\nA quick run: no results."
    model = costs.Costs(**found["costs"])
    yield "\n## A step\n"
    yield "Constants fitted to the relative errors, none negative, one core:\n"
    yield "| | SGD | Adam |\n|---|---:|---:|"
    yield f"| launch, µs a layer | {1e6 * model.launch['sgd']:.3g} | {1e6 * model.launch['adam']:.3g} |"
    yield f"| parameter, ns | {1e9 * model.number['sgd']:.3g} | {1e9 * model.number['adam']:.3g} |"
    yield f"| image, µs | {1e6 * model.image:.3g} | {1e6 * model.image:.3g} |"
    rate = f"{1e-9 / model.flop:.3g}" if model.flop else "–"
    yield f"| products, GFLOP/s | {rate} | {rate} |"
    scaling = understood(found)
    errors = scaling.ratios
    yield (
        f"\nPredicted over measured: median {statistics.median(errors):.2f}, "
        f"between {errors[0]:.2f} and {errors[-1]:.2f}.\n"
    )
    yield "| depth × width | optimiser | batch | runs | measured µs | predicted µs | bound by | ratio |"
    yield "|---|---|---:|---:|---:|---:|---|---:|"
    for cell in scaling.cells:
        config = cell.config
        yield (
            f"| {config.depth} × {config.width} | {config.optimiser} | {config.batch_size} | {cell.runs} "
            f"| {1e6 * cell.seconds:.3g} | {1e6 * cell.predicted:.3g} "
            f"| {cell.bound} | {cell.predicted / cell.seconds:.2f} |"
        )
    yield "\n## More workers\n"
    yield "| workers | | seconds, median | runs a second | against one |\n|---:|---|---:|---:|---:|"
    for (kind, workers), seconds in scaling.seconds.items():
        gain = scaling.seconds[kind, 1] / seconds
        yield f"| {workers} | {kind} | {seconds:.1f} | {scaling.runs / seconds:.2f} | ×{gain:.2f} |"
    yield "\n## A cluster that loses a worker\n\n```"
    yield from (f"{seconds:6.1f} s  {line}" for seconds, line in scaling.log)
    yield "```"


def main() -> None:
    """Measure, report, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument(
        "--quick", action="store_true", help="tiny slices: to see that it runs"
    )
    parser.add_argument("--output", type=Path, default=HERE / "results", metavar="DIR")
    args = parser.parse_args()
    found = rounded(measured(args.quick))
    text = "\n".join(report(found))
    print(text)
    raw = json.dumps(found, indent=1, ensure_ascii=False)
    write_atomically(args.output / "search_scaling.json", raw + "\n")
    write_atomically(args.output / "search_scaling.md", text + "\n")


if __name__ == "__main__":
    main()
