"""From the raw numbers to the table that the reports read, a row for each cell and side."""

import statistics
from collections import Counter
from pathlib import Path

from benchmarks.mlp.counts import counts_name, split_name
from benchmarks.mlp.task import Extent, flops, update_bytes
from benchmarks.mlp.timing import peak_name
from benchmarks.softmax.store import Numbers, Store

from tp1.experiments.tables import write_table
from tp1.reporting.speed import AUTOGRAD, COLUMNS, HAND


def write(path: Path, store: Store, extent: Extent) -> None:
    """Write ``path.csv`` with the times and counts, and ``path.json`` with the rest."""
    rows: list[tuple[object, ...]] = []
    absent: dict[str, str] = {}
    errors: dict[str, float] = {}
    fused = Counter[bool]()
    for threads in extent.threads:
        for cell in extent.cells(threads):
            (numbers,) = store.rounds(cell.name)
            (counts,) = store.rounds(counts_name(cell))
            absent |= numbers["absent"]
            fused[numbers["fused"]] += 1
            for side, error in numbers["errors"].items():
                errors[side] = max(error, errors.get(side, 0.0))
            for side, times in numbers["seconds"].items():
                low, middle, high = statistics.quantiles(times, n=4, method="inclusive")
                own = [counts[what].get(side, 0) for what in ("operations", "bytes")]
                rows.append((*cell, side, middle, len(times), low, high, *own))
    content = store.content
    about = {key: content[key] for key in ("machine", "versions", "load", "code")}
    provenance = {
        **about,
        "quick": extent != Extent(),
        "threads": list(extent.threads),
        "peak": {
            str(n): store.rounds(peak_name(n))[0]["flops"] for n in extent.threads
        },
        "absent": absent,
        "errors": errors,
        "optimisers": {"fused": fused[True], "for-loop": fused[False]},
        "phases": phases(store, extent),
        "work": work(extent),
    }
    write_table(path, COLUMNS, rows, provenance)


def phases(store: Store, extent: Extent) -> list[Numbers]:
    """List the seconds of the phases, by cell and side."""
    return [
        {**cell._asdict(), "side": side, **spent}
        for threads in extent.threads
        for cell in extent.split_cells(threads)
        for numbers in store.rounds(split_name(cell))
        for side, spent in numbers.items()
        if side in (HAND, AUTOGRAD)
    ]


def work(extent: Extent) -> list[Numbers]:
    """Count, by depth and width, parameters, products' operations for an image, and bytes of updates."""
    found = []
    for cell in extent.cells(1):
        if (cell.batch, cell.optimiser) != (extent.batches[0], extent.optimisers[0]):
            continue
        parameters = cell.config.parameters
        found.append(
            {
                "depth": cell.depth,
                "width": cell.width,
                "parameters": parameters,
                "flops_per_image": flops(cell.config.sizes, 1),
                **{
                    f"{o}_bytes": update_bytes(parameters, o) for o in extent.optimisers
                },
            }
        )
    return found
