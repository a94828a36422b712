"""The lock-step on a GPU, where there is one: captured blocks against single steps, and the processor."""

import numpy as np
import pytest
import torch

from tp1.experiments import steps
from tp1.experiments.blocks import Block
from tp1.experiments.images import prepared_sets
from tp1.experiments.lockstep import advance, start
from tp1.experiments.plans import Config, Run
from tp1.learning.data import Labelled

pytestmark = [
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU"),
    pytest.mark.usefixtures("one_thread"),
]

EPOCHS = 2
# Rates that rounding does not grow at, and that change: a replay with the factors of another block shows.
CASES = [
    pytest.param(
        Config(optimiser, 1e-4, size, EPOCHS, schedule="linear", **network), id=name
    )
    for optimiser in ("sgd", "adam")
    for size in (1, 20)
    for kind, network in (("softmax", {}), ("network", {"depth": 2, "width": 32}))
    for name in (f"{optimiser}-{size}-{kind}",)
]


@pytest.fixture
def more(raw, monkeypatch):
    """Images for several blocks of every kind; captured in an epoch's first, then replayed."""
    monkeypatch.setattr(steps, "BLOCK", 128)
    train, val = raw
    return Labelled(train.x.repeat(4, 1), train.y.repeat(4)), val


@pytest.fixture
def replays(monkeypatch):
    """Which graphs were replayed: a block of another size than the captured one is not."""
    seen, whole = [], torch.cuda.CUDAGraph.replay

    def replay(graph):
        seen.append(graph)
        whole(graph)

    monkeypatch.setattr(torch.cuda.CUDAGraph, "replay", replay)
    return seen


def trained(config, sets):
    stack = start([Run(config, seed) for seed in range(2)], sets)
    while not stack.finished:
        stack = advance(stack, sets)
    return stack


def one_by_one(block, images, done):
    """What `Block.take` does where nothing is captured."""
    number = (images.stop - images.start) // block.size
    block.gather(images, number)
    block.factors(done, number)
    block.go(number)


def assert_close(one, other, rtol, atol):
    losses, accuracies = [0, 2], [1, 3]
    np.testing.assert_allclose(
        one.history[..., losses], other.history[..., losses], rtol=rtol
    )
    # One image of the forty of the validation set.
    np.testing.assert_allclose(
        one.history[..., accuracies], other.history[..., accuracies], atol=0.026
    )
    for a, b in zip(one.params, other.params, strict=True):
        torch.testing.assert_close(a.cpu(), b.cpu(), rtol=rtol, atol=atol)


@pytest.mark.parametrize("config", CASES)
def test_a_captured_block_is_its_steps_one_by_one(more, replays, monkeypatch, config):
    sets = prepared_sets(*more, device="cuda")
    captured = trained(config, sets)
    assert len(replays) >= 4 * EPOCHS
    replays.clear()
    monkeypatch.setattr(Block, "take", one_by_one)
    assert_close(captured, trained(config, sets), 1e-5, 1e-6)
    assert not replays


@pytest.mark.parametrize("config", CASES)
def test_a_gpu_gives_what_the_processor_gives(more, replays, config):
    there = trained(config, prepared_sets(*more, device="cuda"))
    assert replays
    assert_close(there, trained(config, prepared_sets(*more)), 1e-3, 1e-5)
