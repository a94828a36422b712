"""The tables of the report that are about one step: its cost for every side, its bounds, stacks of runs."""

from benchmarks.softmax.plan import JAX
from benchmarks.softmax.store import Numbers, Store
from benchmarks.softmax.summary import EXTRAPOLATED
from benchmarks.softmax.task import OPTIMISERS, SEEDS, TRAIN, Extent
from benchmarks.softmax.wording import FEW, MANY, absent, duration, micro, multiple, row

from tp1.experiments.lockstep import ABREAST


def step_table(summary: Numbers, extent: Extent) -> str:
    """Compare a step of the stacks, one row for an optimiser and a batch size."""
    ours = {
        (cell["optimiser"], cell["batch"], cell["runs"]): cell["step_us"]
        for cell in summary["bounds"]
    }
    counts = [ABREAST * seeds for seeds in SEEDS]
    sides = ["tp1", *JAX]
    head = [f"{side}, {count} runs" for side in sides for count in counts]
    head += [f"{side}, {counts[0]} runs" for side in EXTRAPOLATED]
    lines = [row(["", *head]), "|---|" + "---:|" * len(head)]
    for optimiser in OPTIMISERS:
        for size in extent.grid:
            cells = [micro(ours.get((optimiser, size, count))) for count in counts]
            for name in JAX:
                for seeds in SEEDS:
                    found = summary["jax"][name].get(f"{optimiser} {size} {seeds}", {})
                    cells.append(micro(found.get("step_us")))
            for side in EXTRAPOLATED:
                epoch = summary["epoch_s"][side].get(f"{optimiser} {size}")
                steps = -(-TRAIN // size)
                cells.append(micro(epoch and 1e6 * ABREAST * epoch / steps))
            lines.append(row([f"{optimiser}, batch {size}", *cells]))
    return "\n".join(lines) + "\n\n" + forms_table(summary, extent)


def forms_table(summary: Numbers, extent: Extent) -> str:
    """Name JAX's quickest formulations."""
    if not any(summary["jax"].values()):
        return ""
    head = [
        f"{name}, {seeds} seed{'s' * (seeds > 1)}" for name in JAX for seeds in SEEDS
    ]
    lines = [row(["JAX's quickest formulation", *head]), "|---|" + "---|" * len(head)]
    for optimiser in OPTIMISERS:
        for size in extent.grid:
            cells = [
                summary["jax"][name]
                .get(f"{optimiser} {size} {seeds}", {})
                .get("form", "–")
                for name in JAX
                for seeds in SEEDS
            ]
            lines.append(row([f"{optimiser}, batch {size}", *cells]))
    return "\n".join(lines)


def step_remarks(extent: Extent) -> str:
    """Say what a step is."""
    return (
        "Microseconds for a step of all the runs, the gather of the images included: for tp1 on one thread "
        "(the median of five slices), for JAX on one core or two threads (the best of three slices), for the "
        f"others three times that of one run. {ABREAST} runs are one seed's, {ABREAST * SEEDS[-1]} those of "
        f"{MANY} seeds. Slices of about {extent.cell_s} s. *Rows*: parameters (L·K, D); *columns*: (D, L·K); "
        "*einsum*: (L, D, K) with `bd,ldk->lbk`; with one more axis for seeds that are together, otherwise "
        "one seed after the other. *Permuted copy*: the images are put in order once an epoch, not gathered "
        "in every step."
    )


def scikit_table(store: Store, summary: Numbers) -> str:
    """Compare SGD at one image a step."""
    found = summary["one_image_a_step_s"]
    if not found:
        return absent(store, "scikit-learn") + "."
    lines = [f"| three rates, {FEW} seed | time |", "|---|---:|"]
    for name, seconds in found.items():
        ratio = multiple(seconds, found.get("tp1"), name)
        label = (
            "tp1, one core"
            if name == "tp1"
            else name.replace("scikit-learn", "scikit-learn, SGDClassifier")
        )
        lines.append(f"| {label} | {duration(seconds)}{ratio} |")
    if "scikit-learn, n_jobs=1" not in found:
        lines.append(f"| scikit-learn | {absent(store, 'scikit-learn')} |")
    return "\n".join(lines)


def scikit_remarks(extent: Extent) -> str:
    """Say what is compared."""
    return (
        f"{extent.epochs} epochs and {extent.epochs + 1} evaluations, from one timed epoch and one timed "
        "evaluation. `SGDClassifier` with `log_loss`, `alpha=0`, a constant rate and `partial_fit` is "
        "**another model**: ten logistic regressions, each class against the rest, not softmax regression."
    )


def bounds_table(summary: Numbers) -> str:
    """Show the bounds of every step."""
    if not summary["bounds"]:
        return "Not measured."
    head = "step | dispatch | memory | arithmetic | largest bound | step / bound"
    lines = [f"| | {head} |", "|---|" + "---:|" * 6]
    for cell in summary["bounds"]:
        cells = [
            micro(cell[f"{name}_us"])
            for name in ("step", "dispatch", "memory", "arithmetic")
        ]
        what = f"{cell['optimiser']}, batch {cell['batch']}, {cell['runs']} runs"
        lines.append(row([what, *cells, cell["bound"], f"{cell['ratio']:.1f}"]))
    return "\n".join(lines)


def bounds_remarks(store: Store) -> str:
    """Say what the bounds are."""
    rounds = store.rounds("bounds")
    if not rounds:
        return ""
    bandwidth, peak = rounds[0]["bandwidth"] / 1e9, rounds[0]["peak"] / 1e9
    return (
        "Microseconds, one thread. *Dispatch*: the same calls on tensors of a few elements. *Memory*: what a "
        "step must touch: its image rows at the bandwidth of a large copy "
        f"({bandwidth:.0f} GB/s, read and written), parameters, moments and scores, read and written once, "
        "at that of a copy of their own size. *Arithmetic*: the operations of the two products, and of Adam, "
        f"at the rate of a large product of matrices ({peak:.0f} GFLOP/s)."
    )


def stacks_table(summary: Numbers, extent: Extent) -> str:
    """Show the cost of a run in stacks."""
    if not summary["stacks"]:
        return "Not measured."
    head = [f"{runs} runs" if runs > 1 else "1 run" for runs in extent.runs]
    lines = [
        row(["", *head, "latency-bound up to"]),
        "|---|" + "---:|" * (1 + len(head)),
    ]
    for family, numbers in summary["stacks"].items():
        optimiser, size = family.split()
        cells = [
            micro(numbers["step_us"][str(runs)] / runs)
            if str(runs) in numbers["step_us"]
            else "–"
            for runs in extent.runs
        ]
        end = numbers["leaves_latency_at"]
        cells.append(f"{end:.0f} runs" if end else f"> {max(extent.runs)} runs")
        lines.append(row([f"{optimiser}, batch {size}", *cells]))
    return "\n".join(lines)


def stacks_remarks(store: Store) -> str:
    """Say what the columns are, and how epochs add up."""
    rounds = store.rounds("stacks")
    if not rounds:
        return ""
    epochs = {int(count): spent for count, spent in rounds[0]["epochs_s"].items()}
    per_epoch = [
        (epochs[b] - epochs[a]) / (b - a)
        for a, b in zip(epochs, [*epochs][1:], strict=False)
    ]
    times = ", ".join(
        f"{spent:.2f} s for {count} epoch{'s' * (count > 1)}"
        for count, spent in epochs.items()
    )
    return (
        "Microseconds of a step for each run in the stack, one thread ([figure](softmax_stack.svg)); a "
        f"training epoch is {TRAIN:,} / batch steps. *Latency-bound up to*: where a step takes twice as long "
        f"as for one group of {ABREAST} runs (circles in the figure). Epochs add up: three rates of SGD at "
        f"batch 200, evaluations included, take {times}; each further epoch takes "
        f"{' and '.join(f'{spent:.3f}' for spent in per_epoch)} s."
    )
