"""Workers, interruptions and the stages: the same numbers however the work was cut up."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from full_disk import REASON, full_disk

from tp1.experiments import kept, runner
from tp1.experiments.errors import ResultsError
from tp1.experiments.lockstep import advance, start
from tp1.experiments.plans import Config, Run, runs_of
from tp1.experiments.progress import Progress
from tp1.experiments.schedule import divide

RUNS = runs_of(
    [
        Config(optimiser, lr, size, epochs=3)
        for optimiser in ("sgd", "adam")
        for lr in (0.1, 0.01)
        for size in (7, 107)
    ],
    2,
)


NETWORK = Config("adam", 0.001, 20, 2, depth=2, width=5)


@pytest.fixture(autouse=True)
def images(small, monkeypatch):
    monkeypatch.setattr(runner, "fashion_mnist", lambda pixels, device: small)


def carry_out(folder, executor=None, workers=1, runs=RUNS):
    progress = Progress("test", quiet=True)
    found = runner.Workers(executor or runner.Serial(), workers, "cpu", "this one")
    with runner.one_thread():
        stacks = list(runner.train(runs, found, folder, progress))
    return {
        run: (s.history[:, i], s.best[0][i])
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
            found[run] = (stack.history[:, 0], stack.best[0][0])
    return found


def test_every_run_is_trained_and_gives_what_it_gives_alone(tmp_path, expected):
    assert same(carry_out(tmp_path), expected)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_workers_do_not_matter(tmp_path, expected, workers):
    with runner.local(workers, ["unit"], "cpu") as found:
        assert same(carry_out(tmp_path, found.executor, found.number), expected)


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
    assert after + rest.done == 3 * len(divide(RUNS, 1))  # three epochs each


def test_a_finished_plan_is_only_read_again(tmp_path, expected):
    carry_out(tmp_path)
    again = Stopping(0)
    assert same(carry_out(tmp_path, again), expected)


@pytest.mark.parametrize("config", [RUNS[0].config, NETWORK])
def test_a_stack_that_was_kept_comes_back_whole(tmp_path, small, config):
    stack = advance(start([Run(config, 0), Run(config, 1)], small), small)
    kept.save(tmp_path, stack, "cpu")
    (back,) = kept.find(tmp_path, [*stack.runs, *RUNS], "cpu")
    for name, value in vars(stack).items():
        other = getattr(back, name)
        if name in ("theta", "m", "v", "best"):
            assert len(value) == len(other) == config.depth + 1
            assert all(map(torch.equal, value, other)), name
        elif name == "history":
            assert np.array_equal(value, other)
        else:
            assert value == other, name
    assert len(list(tmp_path.iterdir())) == 1


def test_what_was_kept_is_found_for_its_runs_and_its_device_alone(tmp_path, small):
    stack = advance(start(RUNS[:2], small), small)
    kept.save(tmp_path, stack, "cpu")
    assert not kept.find(tmp_path, RUNS[:1], "cpu")
    assert not kept.find(tmp_path, RUNS[:2], "cuda")
    kept.forget(tmp_path, RUNS[4:])
    assert kept.find(tmp_path, RUNS, "cpu")
    kept.forget(tmp_path, RUNS[1:])
    assert not tmp_path.exists()


def test_what_other_code_kept_is_removed(tmp_path, small, monkeypatch):
    kept.save(tmp_path, start(RUNS[:2], small), "cpu")
    monkeypatch.setattr(kept, "fingerprint", lambda: "another")
    assert not kept.find(tmp_path, RUNS, "cpu")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("before", "after"), [(5, 1), (1, 5)])
def test_it_goes_on_with_other_workers_and_with_more_seeds(
    tmp_path, expected, before, after
):
    few = [run for run in RUNS if run.seed == 0]
    with pytest.raises(KeyboardInterrupt):
        carry_out(tmp_path, Stopping(7), before, few)
    done = sum(len(stack.history) - 1 for stack in kept.find(tmp_path, few, "cpu"))
    rest = Stopping(10**6)
    assert same(carry_out(tmp_path, rest, after), expected)
    # Epochs that are left of the few, then those of the second seed in stacks of their own.
    assert done > 0
    assert done + rest.done == 2 * 4 * 3


def test_a_full_disk_is_named_and_leaves_what_was_kept(tmp_path, small):
    stack = start(RUNS[:2], small)
    kept.save(tmp_path, stack, "cpu")
    with full_disk(), pytest.raises(ResultsError, match=rf"\.pt .*{REASON}.*make room"):
        kept.save(tmp_path, advance(stack, small), "cpu")
    assert len(list(tmp_path.iterdir())) == 1
    assert len(kept.find(tmp_path, RUNS, "cpu")[0].history) == 1


def test_a_kept_file_that_was_altered_is_as_good_as_none(tmp_path, small):
    kept.save(tmp_path, start(RUNS[:2], small), "cpu")
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    # In the middle are parameters: any number there is a good one.
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert not kept.find(tmp_path, RUNS, "cpu")
    assert not path.exists()


def test_what_a_kill_left_half_saved_is_removed(tmp_path, small):
    kept.save(tmp_path, start(RUNS[:2], small), "cpu")
    (path,) = tmp_path.iterdir()
    path.with_suffix(".12345").write_bytes(path.read_bytes()[:100])
    assert kept.find(tmp_path, RUNS, "cpu")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"PK", b"damaged" * 100])
def test_a_damaged_file_is_as_good_as_none(tmp_path, expected, content):
    with pytest.raises(KeyboardInterrupt):
        carry_out(tmp_path, Stopping(3))
    for path in tmp_path.iterdir():
        path.write_bytes(content)
    again = Stopping(10**6)
    assert same(carry_out(tmp_path, again), expected)
    assert again.done == 3 * len(divide(RUNS, 1))


def test_a_worker_that_fails_says_so(tmp_path, monkeypatch):
    def broken(*_):
        raise ValueError("no memory")

    monkeypatch.setattr(runner, "advance", broken)
    with pytest.raises(ValueError, match="no memory"):
        carry_out(tmp_path)
