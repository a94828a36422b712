"""Which is faster, by hand or autograd? One training step of an MLP, on minibatches that are in memory.

    python -m benchmarks.mlp_steps [--quick] [--redo] [--output DIR]

prints a Markdown report and writes it to DIR/mlp_steps.md, from the table DIR/mlp_steps.csv and what is
beside it in DIR/mlp_steps.json. It takes a quarter of an hour on an idle machine.

A process for each number of threads, bound to as many cores, times the cells of a grid: depth × width × batch
size × optimiser. In every cell the sides first arrive at the same parameters, or the benchmark fails; then
they take turns. The sides: by hand, the engine of the experiments (`tp1.experiments.blocks`); autograd, with
``torch.nn`` and ``torch.optim`` fused; on some cells ``torch.compile``, JAX, and chapter 3's readable model.

Every cell is in DIR/mlp_steps.raw.json as soon as it is measured, and not measured again after an
interruption, unless the code has changed, or with ``--redo``.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.mlp.report import report
from benchmarks.mlp.table import write
from benchmarks.mlp.task import EXTENTS
from benchmarks.softmax.processes import isolated
from benchmarks.softmax.store import Store, about, fits, read

from tp1.experiments.tables import write_atomically
from tp1.reporting.speed import load_speed


def main() -> None:
    """Measure what is not there; write the tables and the report, print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument(
        "--quick", action="store_true", help="a tiny grid: to see that it runs"
    )
    parser.add_argument(
        "--redo", action="store_true", help="measure again what is there"
    )
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).parent / "results", metavar="DIR"
    )
    args = parser.parse_args()
    name = "quick" if args.quick else "full"
    extent = EXTENTS[name]
    path = (args.output / "mlp_steps.raw.json").absolute()
    resume = not args.redo and path.is_file() and fits(read(path), extent)
    Store(path, extent, resume, about()).write()

    spec = {"path": str(path), "extent": name}
    for threads in extent.threads:
        for module in ("timing", "counts"):
            print(f"{module}, {threads} threads …", file=sys.stderr, flush=True)
            isolated(f"mlp.{module}", "measure", {**spec, "threads": threads})

    write(args.output / "mlp_steps", Store(path, extent, True, {}), extent)
    text = report(load_speed(args.output))
    print(text)
    write_atomically(args.output / "mlp_steps.md", text + "\n")


if __name__ == "__main__":
    main()
