"""Training in lock-step: runs that differ in learning rate and seed take the same step at the same time.

Runs of one seed share their minibatches, so ABREAST softmax regressions are a group: their parameters are one
matrix, and one product serves the three. A group that has fewer runs is filled up with empty ones. Networks
with hidden layers are groups of one: there, what runs could share is little. So every product has
the same shape, and a run's numbers are bitwise the same alone, in any stack and in any process. That matters:
beyond the stable learning rates a difference in the last bit grows until nothing is left in common.
"""

import time
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
import torch
from torch import Tensor

from tp1.experiments.chance import generator
from tp1.experiments.images import Images, Sets, padded
from tp1.experiments.measures import History, best_epoch
from tp1.experiments.plans import Config, Run
from tp1.experiments.steps import Steps
from tp1.learning.errors import HyperparameterError
from tp1.learning.inplace import nll_and_hits
from tp1.learning.mlp import initial_params

CHUNK = 2000  # images that are evaluated at a time

Layers = list[Tensor]


def abreast(config: Config) -> int:
    """Give the number of runs in a group: the assignment's three rates, unless there are hidden layers."""
    return 1 if config.depth else 3


@dataclass
class Stack:
    """Where the runs of one family stand after some epochs.

    Attributes
    ----------
    runs : list of R runs
        They share everything but learning rate and seed.
    slots : list of R integers
        The place of each run in the tensors; the P places, groups × `abreast`, may include empty ones.
    steps : int
        Steps taken.
    theta : list of Tensors (P, n_out, W), one for each layer
        Parameters, a row for each unit; W is `padded` of n_in.
    m, v : list of Tensors, beside theta
        The moments of Adam; for SGD m is the velocity of the momentum. What is not needed has 0 places.
    history : array (epochs + 1, R, 4)
        What `measures` says, after every epoch; epoch 0 is the initial model.
    best : list of Tensors (R, n_in+1, n_out), one for each layer
        A copy of each run's parameters at its epoch of best validation accuracy.
    seconds : float
        What training took, evaluation apart; on the CPU in processor time, which other work does not blur.
    """

    runs: list[Run]
    slots: list[int]
    steps: int
    theta: Layers
    m: Layers
    v: Layers
    history: History
    best: Layers
    seconds: float = 0.0

    @property
    def config(self) -> Config:
        """What the runs share; the learning rate is that of the first."""
        return self.runs[0].config

    @property
    def finished(self) -> bool:
        """Whether all the epochs of the configuration are done."""
        return len(self.history) > self.config.epochs

    @property
    def params(self) -> Layers:
        """The parameters of the runs as `MLPModel` has them: (R, n_in+1, n_out) for each layer."""
        sizes = self.config.sizes
        return [
            theta[self.slots, :, : n_in + 1].mT
            for theta, n_in in zip(self.theta, sizes, strict=False)
        ]


def draw_params(config: Config, seed: int) -> Layers:
    """Draw the initial parameters of a run, (n_in+1, n_out) for each layer; they depend on sizes and seed."""
    return initial_params(config.sizes, generator(seed, 0))


def start(runs: list[Run], sets: Sets) -> Stack:
    """Draw the initial parameters of runs of one family, and evaluate them: epoch 0.

    Raises
    ------
    HyperparameterError
        If a minibatch would be larger than the training set.
    """
    config = runs[0].config
    if (size := config.batch_size) > len(sets.train):
        raise HyperparameterError(
            f"batch size {size}: the training set has {len(sets.train)} images"
        )
    width = abreast(config)
    runs = sorted(runs, key=lambda run: run.seed)
    slots: list[int] = []
    for _, same in groupby(runs, key=lambda run: run.seed):
        first = -(-(slots[-1] + 1) // width) * width if slots else 0
        slots += range(first, first + len(list(same)))
    places = -(-(slots[-1] + 1) // width) * width
    theta = [
        torch.zeros(
            places,
            n_out,
            padded(n_in),
            dtype=sets.train.dtype,
            device=sets.train.x.device,
        )
        for n_in, n_out in pairwise(config.sizes)
    ]
    for slot, run in zip(slots, runs, strict=True):
        for layer, drawn in zip(theta, draw_params(config, run.seed), strict=True):
            layer[slot, :, : len(drawn)] = drawn.T
    adam = config.optimiser == "adam"
    m, v = (
        [torch.zeros_like(layer if needed else layer[:0]) for layer in theta]
        for needed in (adam or config.momentum > 0, adam)
    )
    history = evaluate(theta, sets)[None, slots]
    stack = Stack(runs, slots, 0, theta, m, v, history, theta)
    stack.best = [layer.clone() for layer in stack.params]
    return stack


def advance(stack: Stack, sets: Sets) -> Stack:
    """Train one epoch, evaluate, keep the best parameters; `stack` is left as it was."""
    device = sets.train.x.device
    theta, m, v = (
        [layer.to(device, copy=True) for layer in layers]
        for layers in (stack.theta, stack.m, stack.v)
    )
    width = abreast(stack.config)
    seeds, lr = [0] * (len(theta[0]) // width), [0.0] * len(theta[0])
    for slot, run in zip(stack.slots, stack.runs, strict=True):
        seeds[slot // width], lr[slot] = run.seed, run.config.lr
    epoch = len(stack.history)
    steps = Steps(stack.config, lr, theta, m, v, sets.train, seeds, epoch)
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    began = clock()
    taken = steps.take(stack.steps)
    seconds = stack.seconds + clock() - began

    history = np.concatenate([stack.history, evaluate(theta, sets)[None, stack.slots]])
    result = Stack(
        stack.runs, stack.slots, stack.steps + taken,
        theta, m, v, history, stack.best, seconds,
    )  # fmt: skip
    newest = torch.from_numpy(best_epoch(history) == epoch)[:, None, None].to(device)
    result.best = [
        torch.where(newest, new, old.to(device))
        for new, old in zip(result.params, stack.best, strict=True)
    ]
    return result


def evaluate(theta: Layers, sets: Sets) -> History:
    """Measure P models on the two sets: (P, 4), the columns of `MEASURES`."""
    both = [measure(theta, images) for images in (sets.train, sets.val)]
    return torch.cat(both, dim=1).numpy()


def measure(theta: Layers, images: Images) -> Tensor:
    """Give mean NLL, in nats, and accuracy of P models on all the images: (P, 2), in double precision."""
    total = torch.zeros(2, len(theta[0]), dtype=torch.float64, device=theta[0].device)
    for first in range(0, len(images), CHUNK):
        some = slice(first, first + CHUNK)
        a = scores(theta, images.rows(some))
        nll, hits = nll_and_hits(a, images.labels[some])
        total[0] += nll
        total[1] += hits
    return total.T.cpu() / len(images)


def scores(theta: Layers, x: Tensor) -> Tensor:
    """Give the scores of P models on the rows of `x`, (N, WIDTH): (P, K, N)."""
    first, *others = theta
    if not others:
        return (first.view(-1, first.shape[-1]) @ x.T).view(*first.shape[:2], len(x))
    # One model after another: what a model's products are worth does not depend on its neighbours.
    return torch.stack(
        [_scores_of_one([layer[p] for layer in theta], x) for p in range(len(first))]
    )


def _scores_of_one(theta: Layers, x: Tensor) -> Tensor:
    a = theta[0] @ x.T
    for layer in theta[1:]:
        n = len(a)
        h = a.new_zeros(layer.shape[1], len(x))
        torch.clamp_min(a, 0, out=h[:n])
        h[n] = 1
        a = layer @ h
    return a
