"""JAX's side: the check, the choice of the formulations, the whole search in one process or one a core."""

import multiprocessing
import os
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
import torch
from benchmarks.softmax.jax_programs import (
    ALONE,
    FORMS,
    TOGETHER,
    Data,
    Form,
    Program,
    evaluate,
    jax,
    jnp,
)
from benchmarks.softmax.ours import initial, key, order_of, reference
from benchmarks.softmax.task import (
    ABREAST,
    CLASSES,
    OPTIMISERS,
    RATES,
    check_rates,
)

from tp1.experiments.images import WIDTH, fashion_mnist
from tp1.experiments.plans import Config
from tp1.learning.functions import NUM_FEATURES, one_hot

PARTIES = 2  # seeds that the check has together


@lru_cache(maxsize=1)
def arrays() -> list[tuple[np.ndarray, ...]]:
    """Read images, as floats and as bytes, one-hot targets and labels; forked processes share them."""
    sets = fashion_mnist("unit", "cpu")
    return [
        (
            images.rows(slice(None)).numpy(),
            images.x.numpy(),
            one_hot(images.labels).numpy(),
            images.labels.numpy().astype(np.int32),
        )
        for images in (sets.train, sets.val)
    ]


@lru_cache(maxsize=1)
def data() -> tuple[Data, Data]:
    """Put both sets on the device, once for each process."""
    train, val = (Data(*map(jnp.asarray, found)) for found in arrays())
    return train, val


def begin_with(seeds: list[int]) -> np.ndarray:
    """Give the initial parameters of seeds as the search has them, (S, L, K, WIDTH)."""
    params = np.zeros((len(seeds), ABREAST, CLASSES, WIDTH), np.float32)
    for place, seed in enumerate(seeds):
        params[place, ..., : NUM_FEATURES + 1] = initial(seed).T.numpy()
    return params


def orders(seeds: list[int], epoch: int) -> np.ndarray:
    """Give the orders of the images for some seeds, (S, N)."""
    images = len(data()[0].labels)
    return np.stack([order_of(seed, epoch, images).numpy() for seed in seeds])


def check(batches: list[int], forms: list[str]) -> dict[str, Any]:
    """Compare the parameters of formulations, all if none is named, after some steps with ours."""
    train, _ = data()
    found = {}
    for optimiser, size in product(OPTIMISERS, batches):
        expected, order = reference(optimiser, size, PARTIES)
        begin = begin_with([*range(PARTIES)])
        for form in map(FORMS.__getitem__, forms or FORMS):
            params, places = begin, order
            if not form.together:
                params, places = begin[1], order[1]
            program = Program(
                form, optimiser, size, PARTIES, places, train, check_rates(size)
            )
            state = program.epoch(program.start(params), places, 0, train)
            trained = np.asarray(program.layout.take(state[0]))
            error = np.abs(trained - (expected if form.together else expected[1]))
            found[f"JAX, {form}: {optimiser}, batch {size}"] = {
                "error": float(error.max()),
                "moved": float(np.abs(trained - params).max()),
            }
    return found


def pin(cores: Any) -> None:
    """Bind this process to a core of its own, before JAX makes its threads."""
    os.sched_setaffinity(0, {cores.get()})


@contextmanager
def processes(pinned: bool) -> Iterator[ProcessPoolExecutor | None]:
    """Give an executor with a process bound to each core, sharing the images; or None for this process."""
    torch.set_num_threads(1)
    if not pinned:
        yield None
        return
    arrays()
    # JAX is imported but has no threads yet, so that forking is safe, whatever it warns of.
    warnings.filterwarnings("ignore", "os.fork", RuntimeWarning)
    context = multiprocessing.get_context("fork")
    available, cores = sorted(os.sched_getaffinity(0)), context.Queue()
    for core in available:
        cores.put(core)
    with ProcessPoolExecutor(
        len(available), context, initializer=pin, initargs=(cores,)
    ) as executor:
        yield executor


def each(
    executor: ProcessPoolExecutor | None, function: Any, tasks: list[tuple[Any, ...]]
) -> list[Any]:
    """Call a function with every task, on the processes if there are any."""
    if executor is None:
        return [function(*task) for task in tasks]
    return [
        future.result()
        for future in [executor.submit(function, *task) for task in tasks]
    ]


def tune(
    seeds: list[int],
    batches: list[int],
    seconds: float,
    forms: list[str],
    pinned: bool,
) -> dict[str, Any]:
    """Time a step of all the seeds in every formulation named: {"sgd 20 5": {formulation: seconds}}."""
    tasks = [
        (optimiser, size, seeds, seconds, forms or list(FORMS))
        for size, optimiser in product(sorted(batches), reversed(OPTIMISERS))
    ]
    with processes(pinned) as executor:
        parts = each(executor, tune_family, tasks)
    return {name: times for part in parts for name, times in part.items()}


def tune_family(
    optimiser: str, size: int, seeds: list[int], seconds: float, forms: list[str]
) -> dict[str, dict[str, float]]:
    """Time the formulations for one optimiser and batch size; one at a time, S seeds take S times as long."""
    found: dict[str, dict[str, float]] = {}
    alone, together = (
        [form for form in family if str(form) in forms] for family in (ALONE, TOGETHER)
    )
    for form in alone:
        spent = time_step(form, optimiser, size, 1, seconds)
        for count in seeds:
            found.setdefault(f"{optimiser} {size} {count}", {})[str(form)] = (
                count * spent
            )
    for count, form in product(seeds, together):
        if count > 1:
            spent = time_step(form, optimiser, size, count, seconds)
            found[f"{optimiser} {size} {count}"][str(form)] = spent
    return found


def time_step(
    form: Form, optimiser: str, size: int, seeds: int, seconds: float
) -> float:
    """Time a step on a slice of an epoch that takes about as long as asked; the best of three."""
    train, _ = data()
    whole = orders([*range(seeds)], 1)
    # About what the steps take on a server's core; a slice has ten steps or more.
    guess = seeds * (1e-5 + 3e-6 * size)
    steps = min(max(10, int(seconds / 3 / guess)), whole.shape[1] // size)
    order = whole[:, : steps * size] if form.together else whole[0, : steps * size]
    begin = begin_with([*range(seeds)]) if form.together else begin_with([0])[0]
    program = Program(form, optimiser, size, seeds, order, train)
    times = []
    for _ in range(3):
        state = jax.block_until_ready(program.start(begin))
        began = time.perf_counter()
        program.epoch(state, order, 0, train)
        times.append(time.perf_counter() - began)
    return min(times) / steps


def search(
    seeds: int, batches: list[int], epochs: int, forms: dict[str, str], pinned: bool
) -> dict[str, Any]:
    """Carry out the whole search: reading the data, starting the processes and compiling included.

    The parts are given out in the order of what they take: small batches first, Adam before SGD.
    """
    tasks: list[tuple[Any, ...]] = []
    for size, optimiser in product(sorted(batches), reversed(OPTIMISERS)):
        form = forms[f"{optimiser} {size} {seeds}"]
        groups = [[seed] for seed in range(seeds)]
        if FORMS[form].together:
            groups = [list(range(seeds))]
        tasks += [(form, optimiser, size, group, epochs) for group in groups]
    began = time.perf_counter()
    with processes(pinned) as executor:
        parts = each(executor, train_family, tasks)
    seconds = time.perf_counter() - began
    compile_s = sum(part.pop("compile_s") for part in parts)
    accuracy = {name: value for part in parts for name, value in part.items()}
    return {"seconds": seconds, "compile_s": compile_s, "val_accuracy": accuracy}


@lru_cache
def program_for(form: Form, optimiser: str, size: int, seeds: int) -> Program:
    """Compile once for each process."""
    order = orders([*range(seeds)], 1)
    return Program(
        form, optimiser, size, seeds, order if form.together else order[0], data()[0]
    )


@lru_cache
def evaluation_for(shape: tuple[int, ...]) -> tuple[Any, float]:
    """Compile the evaluation once for each process; give the seconds that it took too."""
    train, val = data()
    sets = (train.x, train.labels), (val.x, val.labels)
    began = time.perf_counter()
    compiled = jax.jit(evaluate).lower(jnp.zeros(shape), *sets).compile()
    spent = time.perf_counter() - began
    return lambda params: np.asarray(compiled(params, *sets)), spent


def train_family(
    name: str, optimiser: str, size: int, seeds: list[int], epochs: int
) -> dict[str, float]:
    """Train three rates for some seeds; give their last validation accuracies, and what compiling took."""
    form = FORMS[name]
    train, _ = data()
    fresh = program_for.cache_info().misses, evaluation_for.cache_info().misses
    program = program_for(form, optimiser, size, len(seeds))
    params = begin_with(seeds) if form.together else begin_with(seeds)[0]
    measured, compile_s = evaluation_for(params.shape)
    compiled = program.compile_s * (program_for.cache_info().misses > fresh[0])
    compiled += compile_s * (evaluation_for.cache_info().misses > fresh[1])
    state, done = program.start(params), 0
    history = [measured(program.layout.take(state[0]))]
    for epoch in range(1, epochs + 1):
        order = orders(seeds, epoch)
        state = program.epoch(state, order if form.together else order[0], done, train)
        done += order.shape[1] // size
        history.append(measured(program.layout.take(state[0])))
    runs = product(seeds, RATES)
    last = zip(runs, history[-1][3].tolist(), strict=True)
    return {"compile_s": compiled} | {
        key(Config(optimiser, lr, size), seed): value for (seed, lr), value in last
    }
