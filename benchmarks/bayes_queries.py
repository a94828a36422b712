"""Exact queries: tp1 against pgmpy and pyAgrum, on the exam network, on ALARM and on growing random networks.

    python benchmarks/bayes_queries.py [--quick] [--output DIR]

prints a Markdown report and writes it to DIR/bayes_queries.md, with a figure of the cost against the size of
the network, DIR/bayes_size.svg. What is timed is one query on a loaded network, by an engine already made:

* tp1: `query` with a parsed query (or a text, where said). The joint and the contraction plans are remembered
  on the network; the rows "first" ask each query of a network that remembers nothing.
* pgmpy: `VariableElimination.query`.
* pyAgrum: target and evidence set on one engine, `makeInference`, `posterior`. An engine answers almost for
  free when its evidence has not changed, which a run of different queries hardly ever meets.

For an intervention the libraries get the mutilated network, and an engine on it, made beforehand; tp1 makes
its own. All sides answer the same queries, in turn, in one process, round after round; a number is the median
over the rounds of the mean time of a query. Before anything is timed, every answer is checked against tp1's.
"""

import argparse
import os
import pickle
import platform
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt

from tp1.bayes import (
    EXAM_QUERIES,
    Network,
    Query,
    Variable,
    do,
    exam_network,
    parse,
    query,
    read_bif,
)
from tp1.reporting.style import use_style

warnings.filterwarnings("ignore", category=FutureWarning, module="pgmpy")

import pyagrum as gum  # noqa: E402
from pgmpy.factors.discrete import TabularCPD  # noqa: E402
from pgmpy.inference import VariableElimination  # noqa: E402
from pgmpy.models import DiscreteBayesianNetwork  # noqa: E402

Ask = Callable[[Query], Any]
Side = Callable[[], None]

AUTO, JOINT, CONTRACTION = "tp1", "tp1, method joint", "tp1, method contraction"
TEXT, FIRST = "tp1, from text", "tp1, first"
PGMPY = "pgmpy, VariableElimination"
LAZY, ELIMINATION = "pyAgrum, LazyPropagation", "pyAgrum, VariableElimination"
OURS = (AUTO, JOINT, CONTRACTION, TEXT, FIRST)


def to_pgmpy(network: Network) -> Any:
    """Build the same network in pgmpy."""
    model = DiscreteBayesianNetwork()
    model.add_nodes_from(network.names)
    model.add_edges_from(network.edges)
    for name in network.names:
        family, size = (*network.parents[name], name), len(network[name].states)
        cards = [len(network[parent].states) for parent in network.parents[name]]
        states = {member: list(network[member].states) for member in family}
        table = network.cpts[name].reshape(-1, size).T
        model.add_cpds(
            TabularCPD(
                name, size, table, list(family[:-1]) or None, cards or None, states
            )
        )
    return model


def to_pyagrum(network: Network) -> Any:
    """Build the same network in pyAgrum."""
    model = gum.BayesNet()
    for variable in network.variables:
        model.add(
            gum.LabelizedVariable(variable.name, variable.name, list(variable.states))
        )
    for parent, child in network.edges:
        model.addArc(parent, child)
    for name in network.names:
        family = (*network.parents[name], name)
        for cell in np.ndindex(network.cpts[name].shape):
            where = {
                member: network[member].states[i]
                for member, i in zip(family, cell, strict=True)
            }
            model.cpt(name)[where] = float(network.cpts[name][cell])
    return model


def ask_tp1(network: Network, method: str) -> Ask:
    """Answer with what the network remembers."""
    return lambda asked: query(network, asked, method)


def ask_mutilated(network: Network, make: Callable[[Network], Ask]) -> Ask:
    """Answer interventions with an engine on the mutilated network, made when the answers are checked."""
    engines: dict[frozenset[tuple[str, str]], Ask] = {}

    def ask(asked: Query) -> Any:
        key = frozenset(asked.interventions.items())
        if key not in engines:
            engines[key] = make(do(network, asked.interventions) if key else network)
        return engines[key](asked)

    return ask


def ask_pgmpy(network: Network) -> Ask:
    """Answer with one pgmpy engine."""
    engine = VariableElimination(to_pgmpy(network))
    return lambda asked: engine.query(
        list(asked.targets), dict(asked.evidence), show_progress=False
    )


def ask_pyagrum(kind: str) -> Callable[[Network], Ask]:
    """Answer with one pyAgrum engine, told which variable is wanted: without, it computes them all."""

    def make(network: Network) -> Ask:
        model = to_pyagrum(network)
        engine = getattr(gum, kind)(model)

        def ask(asked: Query) -> Any:
            (target,) = asked.targets
            engine.eraseAllTargets()
            engine.addTarget(target)
            engine.setEvidence(dict(asked.evidence))
            engine.makeInference()
            return engine.posterior(target)

        # The engine refers to the model without keeping it alive.
        ask.model = model  # type: ignore[attr-defined]
        return ask

    return make


def peers(network: Network) -> dict[str, Ask]:
    """Return the three engines of the libraries."""
    return {
        PGMPY: ask_mutilated(network, ask_pgmpy),
        LAZY: ask_mutilated(network, ask_pyagrum("LazyPropagation")),
        ELIMINATION: ask_mutilated(network, ask_pyagrum("VariableElimination")),
    }


def check(network: Network, queries: Sequence[Query], sides: dict[str, Ask]) -> None:
    """Stop unless every side gives the same answers; this warms all of them up too."""
    for asked in queries:
        whole = Query(asked.targets, {}, asked.evidence, asked.interventions)
        expected = query(network, whole).probabilities
        for name, ask in sides.items():
            answer = ask(whole)
            found = getattr(answer, "probabilities", None)
            if found is None:
                found = answer.values if hasattr(answer, "values") else answer.toarray()
            if not np.allclose(found, expected, atol=1e-9):
                sys.exit(f"{name} answers {found} to {asked}, tp1 {expected}")


def first(network: Network, queries: Sequence[Query]) -> Callable[[], float]:
    """Time each query on a network that remembers nothing (copying it is not timed)."""

    def measure() -> float:
        spent = 0.0
        for asked in queries:
            fresh = pickle.loads(pickle.dumps(network))  # noqa: S301
            # What any use of a network computes: its names, and the indices of its states.
            (
                fresh.names,
                fresh.shape,
                fresh.index(asked.targets[0], fresh[asked.targets[0]].states[0]),
            )
            begin = time.perf_counter()
            query(fresh, asked)
            spent += time.perf_counter() - begin
        return spent / len(queries)

    return measure


def repeated(ask: Callable[[Any], Any], queries: Sequence[Any]) -> Callable[[], float]:
    """Time two hundred queries or so, one after the other: what ran before leaves the caches cold."""
    batch = [*queries] * max(1, 200 // len(queries))

    def measure() -> float:
        begin = time.perf_counter()
        for asked in batch:
            ask(asked)
        return (time.perf_counter() - begin) / len(batch)

    return measure


def interleave(
    measures: dict[str, Callable[[], float]], rounds: int
) -> dict[str, float]:
    """Run every side once a round, so that a disturbance hits them all; return medians in µs."""
    times: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            times[name].append(measure())
    return {name: 1e6 * statistics.median(found) for name, found in times.items()}


def random_queries(
    network: Network, count: int, seed: int, interventions: bool
) -> list[Query]:
    """Draw queries of one target and up to five observations, taken from a sampled world."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        target, *others = (
            str(name) for name in rng.permutation(network.names)[: rng.integers(1, 7)]
        )
        done: dict[str, str] = {}
        if interventions:
            cause = (
                others.pop()
                if others
                else str(rng.choice([n for n in network.names if n != target]))
            )
            done[cause] = str(rng.choice(network[cause].states))
        world = sample(do(network, done), rng)
        found.append(Query((target,), {}, {name: world[name] for name in others}, done))
    return found


def sample(network: Network, rng: np.random.Generator) -> dict[str, str]:
    """Draw a world, parents first."""
    world: dict[str, str] = {}
    while len(world) < len(network.names):
        for name in network.names:
            if name not in world and all(
                parent in world for parent in network.parents[name]
            ):
                row = tuple(
                    network.index(parent, world[parent])
                    for parent in network.parents[name]
                )
                world[name] = str(
                    rng.choice(network[name].states, p=network.cpts[name][row])
                )
    return world


def random_network(nodes: int, seed: int) -> Network:
    """Draw a network of two-state variables with up to three parents each."""
    rng = np.random.default_rng(seed)
    names = [f"X{i}" for i in range(nodes)]
    parents = {
        name: [names[j] for j in rng.permutation(i)[: rng.integers(0, 4)]]
        for i, name in enumerate(names)
    }
    cpts = {
        name: rng.dirichlet([1, 1], size=[2] * len(parents[name])) for name in names
    }
    return Network([Variable(name, ("no", "yes")) for name in names], parents, cpts)


def compare(
    network: Network, queries: Sequence[Query], rounds: int
) -> dict[str, float]:
    """Time every side on the same queries; the joint while it has at most 2²⁰ cells."""
    sides = {
        AUTO: ask_tp1(network, "auto"),
        CONTRACTION: ask_tp1(network, "contraction"),
        **peers(network),
    }
    if network.size <= 2**20:
        sides[JOINT] = ask_tp1(network, "joint")
    check(network, queries, sides)
    measures = {name: repeated(ask, queries) for name, ask in sides.items()}
    measures[TEXT] = repeated(
        lambda text: query(network, text), [str(asked) for asked in queries]
    )
    measures[FIRST] = first(network, queries)
    return interleave(measures, rounds)


def table(results: dict[str, dict[str, float]]) -> str:
    """Write the comparisons side by side, each peer's time also as a multiple of tp1's."""
    names = [*OURS, PGMPY, LAZY, ELIMINATION]
    lines = ["| | " + " | ".join(results) + " |", "|---|" + "---:|" * len(results)]
    for name in names:
        cells = []
        for times in results.values():
            if name not in times:
                cells.append("–")
                continue
            ratio = "" if name in OURS else f" (×{times[name] / times[AUTO]:.1f})"
            cells.append(f"{times[name]:.1f} µs{ratio}")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def against_size(sizes: Sequence[int], rounds: int) -> dict[str, dict[int, float]]:
    """Time every side on a random network of each size, twelve queries each."""
    curves: dict[str, dict[int, float]] = {}
    for nodes in sizes:
        network = random_network(nodes, seed=nodes)
        queries = random_queries(network, 12, seed=nodes, interventions=False)
        for name, cost in compare(network, queries, rounds).items():
            curves.setdefault(name, {})[nodes] = cost
    return curves


def draw(curves: dict[str, dict[int, float]], path: Path) -> None:
    """Draw cost against size, on a logarithmic scale."""
    use_style()
    figure, axes = plt.subplots()
    styles = {
        JOINT: "C0--", CONTRACTION: "C0-", FIRST: "C0:",
        PGMPY: "C1-", LAZY: "C2-", ELIMINATION: "C2--",
    }  # fmt: skip
    for name, form in styles.items():
        axes.plot(
            list(curves[name]),
            list(curves[name].values()),
            form,
            marker=".",
            label=name,
        )
    axes.set(yscale="log", xlabel="number of variables", ylabel="µs per query")
    axes.legend(fontsize=7, ncols=2, loc="upper left", handlelength=4)
    axes.set_ylim(top=axes.get_ylim()[1] * 8)
    figure.savefig(path, metadata={"Date": None})


def machine() -> str:
    """Say what the numbers were measured on."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip()
            for line in info.read_text().splitlines()
            if "model name" in line
        ]
        model = names[0] if names else model
    packages = ", ".join(
        f"{name} {version(name)}"
        for name in ("numpy", "opt_einsum", "pgmpy", "pyagrum")
    )
    return f"{model}, {os.cpu_count()} cores; Python {platform.python_version()}, {packages}"


def main() -> None:
    """Run everything, print the report, write it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument(
        "--quick", action="store_true", help="few rounds and sizes: to see that it runs"
    )
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).parent / "results", metavar="DIR"
    )
    args = parser.parse_args()
    rounds = 3 if args.quick else 25

    exam = exam_network()
    questions = [parse(text) for text in EXAM_QUERIES.values()]
    alarm = read_bif(str(files("pgmpy") / "utils" / "example_models" / "alarm.bif.gz"))
    count = 10 if args.quick else 40
    seen = random_queries(alarm, count, seed=0, interventions=False)
    done = random_queries(alarm, count, seed=1, interventions=True)
    results = {
        "exam, 14 without do": compare(
            exam, [q for q in questions if not q.interventions], rounds
        ),
        "exam, 2 with do": compare(
            exam, [q for q in questions if q.interventions], rounds
        ),
        f"ALARM, {count} without do": compare(alarm, seen, rounds),
        f"ALARM, {count} with do": compare(alarm, done, rounds),
    }
    sizes = (
        (5, 10, 20)
        if args.quick
        else (4, 6, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32, 36, 40)
    )
    curves = against_size(sizes, 2 if args.quick else 9)
    by_size = {
        f"{nodes} variables": {n: c[nodes] for n, c in curves.items() if nodes in c}
        for nodes in sizes
    }

    report = "\n\n".join(
        [
            "# Exact queries",
            f"Time per query, median over interleaved rounds. {machine()}.",
            table(results),
            "In brackets, the multiple of tp1's time. *First*: on a network that remembers no joint and no "
            "plan. pyAgrum is told its one target, several times faster than with all of them. For `do`, the "
            "libraries get the mutilated networks ready made, with an engine each; LazyPropagation hardly "
            "works when its evidence never changes, as in the two exam queries.",
            "## Against size",
            "Random networks of two-state variables, up to three parents each, up to five observations "
            "([figure](bayes_size.svg)).",
            table(
                {
                    name: times
                    for name, times in by_size.items()
                    if int(name.split()[0]) in (10, 20, 40, *sizes[:1])
                }
            ),
        ]
    )
    print(report)
    args.output.mkdir(parents=True, exist_ok=True)
    (args.output / "bayes_queries.md").write_text(report + "\n", encoding="utf-8")
    draw(curves, args.output / "bayes_size.svg")


if __name__ == "__main__":
    main()
