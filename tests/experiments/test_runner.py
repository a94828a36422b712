"""Workers, interruptions and the stages: the same numbers however the work was cut up."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from tp1.experiments import runner
from tp1.experiments.lockstep import advance, start
from tp1.experiments.plans import Config, runs_of
from tp1.experiments.progress import Progress

RUNS = runs_of(
    [
        Config(optimiser, lr, size, epochs=3)
        for optimiser in ("sgd", "adam")
        for lr in (0.1, 0.01)
        for size in (7, 107)
    ],
    2,
)


@pytest.fixture(autouse=True)
def images(small, monkeypatch):
    monkeypatch.setattr(runner, "fashion_mnist", lambda pixels, device: small)


def carry_out(folder, executor=None, workers=1, runs=RUNS):
    progress = Progress("test", quiet=True)
    executor = executor or runner.Serial()
    with runner.one_thread():
        stacks = list(runner.train(runs, executor, workers, "cpu", folder, progress))
    return {
        run: (s.history[:, i], s.best[i])
        for s in stacks
        for i, run in enumerate(s.runs)
    }


def same(a, b):
    return a.keys() == b.keys() and all(
        np.array_equal(x, y) for run in a for x, y in zip(a[run], b[run], strict=True)
    )


@pytest.fixture
def expected(small):
    with runner.one_thread():
        found = {}
        for run in RUNS:
            stack = start([run], small)
            while not stack.finished:
                stack = advance(stack, small)
            found[run] = (stack.history[:, 0], stack.best[0])
    return found


def test_every_run_is_trained_and_gives_what_it_gives_alone(tmp_path, expected):
    assert same(carry_out(tmp_path), expected)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_workers_do_not_matter(tmp_path, expected, workers):
    with runner.local(workers, ["unit"], "cpu") as executor:
        assert same(carry_out(tmp_path, executor, workers), expected)


def test_any_executor_will_do(tmp_path, expected):
    with ThreadPoolExecutor(1) as executor:
        assert same(carry_out(tmp_path, executor, 3), expected)


class Stopping(runner.Serial):
    """Works for a while, then is interrupted."""

    def __init__(self, after):
        self.left, self.done = after, 0

    def submit(self, fn, /, *args, **kwargs):
        if self.done == self.left:
            raise KeyboardInterrupt
        self.done += 1
        return super().submit(fn, *args, **kwargs)


@pytest.mark.parametrize("after", [1, 3, 7, 11])
def test_what_was_interrupted_goes_on_and_does_nothing_twice(tmp_path, expected, after):
    with pytest.raises(KeyboardInterrupt):
        carry_out(tmp_path, Stopping(after))
    rest = Stopping(10**6)
    assert same(carry_out(tmp_path, rest), expected)
    assert after + rest.done == 4 * 3  # four families, three epochs each


def test_a_finished_plan_is_only_read_again(tmp_path, expected):
    carry_out(tmp_path)
    again = Stopping(0)
    assert same(carry_out(tmp_path, again), expected)


def test_a_stack_that_was_kept_comes_back_whole(tmp_path, small):
    stack = advance(start(RUNS[:2], small), small)
    runner.save(tmp_path / "s.pt", stack)
    back = runner.load(tmp_path / "s.pt", stack.runs)
    for name, value in vars(stack).items():
        other = getattr(back, name)
        if isinstance(value, torch.Tensor | np.ndarray):
            assert np.array_equal(value, other), name
        else:
            assert value == other, name
    assert [p.name for p in tmp_path.iterdir()] == ["s.pt"]


@pytest.mark.parametrize("content", [b"", b"PK", b"damaged" * 100])
def test_a_damaged_file_is_as_good_as_none(tmp_path, expected, content):
    with pytest.raises(KeyboardInterrupt):
        carry_out(tmp_path, Stopping(3))
    for path in tmp_path.iterdir():
        path.write_bytes(content)
    again = Stopping(10**6)
    assert same(carry_out(tmp_path, again), expected)
    assert again.done == 4 * 3


def test_a_worker_that_fails_says_so(tmp_path, monkeypatch):
    def broken(*_):
        raise ValueError("no memory")

    monkeypatch.setattr(runner, "advance", broken)
    with pytest.raises(ValueError, match="no memory"):
        carry_out(tmp_path)
