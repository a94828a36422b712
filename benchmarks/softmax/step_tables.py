"""The tables of the report that are about one step: its cost for every side, its bounds, stacks of runs."""

from benchmarks.softmax.plan import JAX, PINNED
from benchmarks.softmax.stacks import EPOCHS_BATCH
from benchmarks.softmax.store import Numbers, Store
from benchmarks.softmax.summary import EXTRAPOLATED
from benchmarks.softmax.task import ABREAST, OPTIMISERS, SEEDS, TRAIN, Extent
from benchmarks.softmax.wording import (
    FEW,
    MANY,
    TITLES,
    absent,
    duration,
    images,
    micro,
    multiple,
    row,
)

from tp1.experiments.one_image import DescentOnOneImage


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
        "in every step. *Bytes*: they are gathered as bytes, as tp1 does it, and turned into floats in every "
        "step. SGD at one image a step goes one step after the other in JAX; tp1 takes the same steps in "
        f"blocks of {DescentOnOneImage.T}, by products of matrices."
    )


def jax_remarks(summary: Numbers) -> str:
    """Say which steps are quicker in JAX than in tp1, each on one core, and why at one image a step."""
    theirs = summary["jax"][PINNED]
    compared, listed, quicker = 0, [], set()
    for cell in summary["bounds"]:
        optimiser, size, runs = cell["optimiser"], cell["batch"], cell["runs"]
        found = theirs.get(f"{optimiser} {size} {runs // ABREAST}")
        if not found:
            continue
        compared += 1
        if found["step_us"] < cell["step_us"]:
            quicker.add((optimiser, size))
            listed.append(
                f"{TITLES[optimiser]}, {images(size)}, {runs} runs: {micro(cell['step_us'])} "
                f"({micro(cell['dispatch_us'])}) / {micro(found['step_us'])}"
            )
    if not compared:
        return ""
    text = f"On one core JAX is quicker in {len(listed)} of {compared} kinds of step"
    if listed:
        text += (
            ". Microseconds of tp1 (in brackets, what of them is dispatch) / of JAX: "
            + "; ".join(listed)
        )
    if ("adam", 1) in quicker:
        text += (
            ". At one image a step XLA fuses Adam's six passes over parameters and moments into one loop; "
            "tp1 launches one operation after another, and each goes through memory by itself. That is "
            "inherent in calling tensor operations one by one"
        )
    if ("sgd", 1) in quicker:
        text += (
            ". SGD at one image a step is compiled into a few small loops without a call between them, where "
            "tp1 still calls eight operations a step"
        )
    return text + "."


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


def bounds_sentences(summary: Numbers) -> str:
    """Say what bounds each batch size, and how far from that a step is: a sentence for each optimiser."""
    groups: dict[tuple[int, str], dict[int, tuple[str, float]]] = {}
    for cell in summary["bounds"]:
        group = groups.setdefault((cell["batch"], cell["optimiser"]), {})
        group[cell["runs"]] = cell["bound"], cell["ratio"]
    lines = []
    for (size, optimiser), found in sorted(
        groups.items(), key=lambda item: (item[0][0], OPTIMISERS.index(item[0][1]))
    ):
        names = {name for name, _ in found.values()}
        if len(names) == 1:
            ratios = " and ".join(
                f"{ratio:.1f} times as long with {runs} runs"
                for runs, (_, ratio) in found.items()
            )
            said = f"{names.pop()}; a step takes {ratios}"
        else:
            said = "; ".join(
                f"{name} with {runs} runs, where a step takes {ratio:.1f} times as long"
                for runs, (name, ratio) in found.items()
            )
        lines.append(f"* {images(size)}, {TITLES[optimiser]}: {said}.")
    return "\n".join(lines)


def bounds_remarks(store: Store) -> str:
    """Say what the bounds are."""
    rounds = store.rounds("bounds")
    if not rounds:
        return ""
    bandwidth, peak = rounds[0]["bandwidth"] / 1e9, rounds[0]["peak"] / 1e9
    return (
        "Microseconds, one thread. *Dispatch*: the same calls on tensors of a few elements. *Memory*: what a "
        "step must touch: the bytes of its images at the bandwidth of a large copy "
        f"({bandwidth:.0f} GB/s, read and written); at that of a copy of their own size parameters, read "
        "for both products and written once, and moments, scores and the images as floats, read and written "
        "once. *Arithmetic*: the operations of the two products, and of Adam, at the rate of a large product "
        f"of matrices ({peak:.0f} GFLOP/s). SGD at one image a step is counted by the block of "
        f"{DescentOnOneImage.T} steps, its Gram matrix included. What bounds a step adds up, for one thread "
        "does one thing at a time; and tp1 goes through some of the memory more than once: Adam's passes "
        "over parameters and moments follow one another."
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


def stacks_remarks(summary: Numbers) -> str:
    """Say what the columns are, and how epochs add up."""
    if not summary["stacks"]:
        return ""
    times = "; ".join(
        f"{TITLES[optimiser]} " + ", ".join(f"{spent:.2f}" for spent in found.values())
        for optimiser, found in summary["epochs_s"].items()
    )
    counts = ", ".join(next(iter(summary["epochs_s"].values())))
    return (
        "Microseconds of a step for each run in the stack, one thread ([figure](softmax_stack.svg)); a "
        f"training epoch is {TRAIN:,} / batch steps. *Latency-bound up to*: where a step takes twice as long "
        f"as for one group of {ABREAST} runs (circles in the figure). Epochs add up: seconds of three rates "
        f"at batch {EPOCHS_BATCH}, evaluations included, for {counts} epochs: {times}."
    )
