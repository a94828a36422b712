"""The report in Markdown, from the summary of the raw numbers."""

from benchmarks.softmax.plan import JAX, MEMORY_EPOCHS
from benchmarks.softmax.step_tables import (
    bounds_remarks,
    bounds_sentences,
    bounds_table,
    jax_remarks,
    scikit_remarks,
    scikit_table,
    stacks_remarks,
    stacks_table,
    step_remarks,
    step_table,
)
from benchmarks.softmax.store import Numbers, Store
from benchmarks.softmax.summary import (
    GPU_LIMIT_S,
    MEMORY_LIMIT_MB,
    MULTIPLES,
    RATIO_LIMIT,
)
from benchmarks.softmax.task import (
    CHECK_STEPS,
    OPTIMISERS,
    RATES,
    Extent,
    check_steps,
)
from benchmarks.softmax.wording import (
    FEW,
    MANY,
    absent,
    duration,
    met,
    multiple,
    seeds_of,
)

NAMES = {
    "tp1": "tp1",
    **{name: name for name in JAX},
    "torch.nn": "torch.nn, autograd, torch.optim (extrapolated)",
    "notebook": "notebook, DataLoader (extrapolated)",
}


def report(store: Store, extent: Extent) -> str:
    """Write the whole report."""
    summary = store.content["summary"]
    return "\n\n".join(
        part
        for part in (
            "# The assigned search of Part 2",
            heading(store, extent),
            whole_table(store, summary),
            verdicts(store, summary),
            remarks(store, summary, extent),
            "## A step",
            step_table(summary, extent),
            step_remarks(extent),
            jax_remarks(summary),
            "## One image a step, against scikit-learn",
            scikit_table(store, summary),
            scikit_remarks(extent),
            "## What bounds a step",
            bounds_table(summary),
            bounds_sentences(summary),
            bounds_remarks(store),
            "## Against the number of runs",
            stacks_table(summary, extent),
            stacks_remarks(summary),
        )
        if part
    )


def heading(store: Store, extent: Extent) -> str:
    """Say what was measured, on what."""
    content = store.content
    short = "" if extent == Extent() else "**Shortened (`--quick`): no results.** "
    batches = ", ".join(map(str, extent.batches))
    configurations = len(OPTIMISERS) * len(RATES) * len(extent.batches)
    load = " ".join(f"{value:.2f}" for value in content["load"])
    return (
        f"{short}SGD and Adam, learning rates {', '.join(map(str, RATES))}, batches {batches}, "
        f"{extent.epochs} epochs, 54,000 images to train on and 6,000 to validate, both sets evaluated at "
        f"epoch 0 and after every epoch: {configurations} configurations. "
        f"Medians over {extent.rounds} rounds in which the sides take turns, each in a fresh process. "
        f"{content['machine']}; {content['versions']}; load at the start {load} (1, 5, 15 minutes)."
    )


def whole_table(store: Store, summary: Numbers) -> str:
    """Compare the whole search."""
    found = summary["whole_s"]
    lines = [
        f"| whole search | {FEW} seed | {MANY} seeds | ratio | peak memory, {MANY} seeds |",
        "|---|---:|---:|---:|---:|",
    ]
    for side, name in NAMES.items():
        times = found.get(side, {})
        if not times:
            asked = f"{side}, {FEW}" if side in JAX else side
            lines.append(f"| {name} | {absent(store, asked)} | | | |")
            continue
        cells = [
            duration(times[seeds])
            + multiple(times[seeds], found.get("tp1", {}).get(seeds), side)
            for seeds in (FEW, MANY)
        ]
        peak = summary["memory_mb"].get(side, {}).get(MANY)
        cells += [f"{times[MANY] / times[FEW]:.2f}", f"{peak:.0f} MB" if peak else "–"]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    gpu = summary["gpu_s"]
    cell = duration(gpu) if gpu else "no GPU was there"
    if not store.rounds("GPU") and not store.missing("GPU"):
        cell = "not measured"
    lines.append(f"| tp1 on one GPU | – | {cell} | – | – |")
    return "\n".join(lines)


def verdicts(store: Store, summary: Numbers) -> str:
    """Hold the numbers against the targets."""
    found, memory = summary["whole_s"], summary["memory_mb"].get("tp1", {})
    times, lines = found.get("tp1", {}), []
    if memory:
        both = ", ".join(
            f"{value:.0f} MB with {seeds_of(seeds)}" for seeds, value in memory.items()
        )
        share = max(memory.values()) / MEMORY_LIMIT_MB
        lines.append(
            f"Memory of tp1, parent and workers: {both}; at most {MEMORY_LIMIT_MB:.0f} MB wanted: "
            f"{met(share, 'memory')}"
        )
    for side, (limit, count) in MULTIPLES.items():
        seeds = str(count)
        if seeds in times and seeds in found.get(side, {}):
            ratio = found[side][seeds] / times[seeds]
            quicker = f"; {side.split(',')[0]} is quicker" if ratio < 1 else ""
            lines.append(
                f"{side}: {ratio:.3g} times tp1's time ({seeds_of(seeds)}); at least {limit:.0f} wanted: "
                f"{met(limit / ratio)}{quicker}"
            )
    if MANY in times and FEW in times:
        ratio = times[MANY] / times[FEW]
        lines.append(
            f"{MANY} seeds take {ratio:.2f} times as long as {FEW}; less than {RATIO_LIMIT:.0f} wanted: "
            f"{met(ratio / RATIO_LIMIT)}"
        )
    if summary["gpu_s"]:
        device = store.rounds("GPU")[0]["device"]
        lines.append(
            f"On {device}: {summary['gpu_s']:.1f} s; less than {GPU_LIMIT_S:.0f} s wanted: "
            f"{met(summary['gpu_s'] / GPU_LIMIT_S)}"
        )
    return "\n".join(f"* {line}." for line in lines)


def remarks(store: Store, summary: Numbers, extent: Extent) -> str:
    """Say how the whole search was measured."""
    ours = store.rounds(f"tp1, {MANY}")
    workers = f" ({ours[0]['workers']} here)" if ours else ""
    imports = ", ".join(
        f"{side} {seconds:.1f} s" for side, seconds in summary["import_s"].items()
    )
    compiling = "; ".join(
        f"{name} seed{'s' * (not name.endswith(', 1'))}: {seconds:.1f} s"
        for name, seconds in summary["compile_s"].items()
    )
    checks = ", ".join(
        f"{side} {error:.0e}" for side, error in summary["check_error"].items()
    )
    difference = summary["accuracy_difference"]
    parts = [
        "In brackets, the multiple of tp1's time. *tp1*: the call that `python -m tp1 run part2 --only "
        "assigned` makes, with its default workers: reading the data, starting the workers and writing the "
        "results included.",
        "*JAX*: the same runs, initial parameters and orders; an epoch is a jitted `lax.scan` over three "
        "learning rates with donated buffers, the evaluation is jitted too; every epoch is really run; "
        "reading the data, starting the processes and compiling included. The formulation was chosen "
        "beforehand for every optimiser, batch size and number of seeds, which is not counted. *A process a "
        "core*: a process bound to each core, which take configurations from one list; *one process*: XLA "
        "has a thread for each core.",
        "*torch.nn* and *notebook* were timed on slices (training and evaluation apart; the best of one and "
        f"two threads, and of the variants of `torch.optim`) and multiplied up: {len(RATES)} × "
        f"{extent.epochs} epochs and {extent.epochs + 1} evaluations for every optimiser and batch size, and "
        f"{MANY} times that for {MANY} seeds. They are extrapolated for one process, as they are usually "
        f"run; tp1 has a process a core{workers}.",
        f"Before anything was timed, the sides took {CHECK_STEPS} steps, {check_steps(1)} at one image a "
        "step, from the same parameters on the same images at every batch size. Largest difference from "
        f"tp1's parameters: {checks}; for scikit-learn, from logistic regressions written "
        "out. More than 10⁻⁴, or than 1 % of the way gone, is an error."
        if checks
        else "",
        f"Memory: proportional set size of the process and its children, sampled every 0.1 s in a run of its "
        f"own with {MEMORY_EPOCHS} epoch, for sampling takes time.",
        f"Imports, not counted: {imports}." if imports else "",
        f"Compiling, counted, all processes together: {compiling}."
        if compiling
        else "",
        f"Final validation accuracies of JAX and tp1 differ by {100 * difference:.2f} points in the median "
        "run."
        if difference is not None
        else "",
    ]
    return "\n\n".join(part for part in parts if part)
