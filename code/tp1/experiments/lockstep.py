"""Training in lock-step: runs that differ in learning rate and seed take the same step at the same time.

Runs of one seed share their minibatches, so ABREAST of them are a group: their parameters are one matrix, and
one product serves the three. A group that has fewer runs is filled up with empty ones. So every product has
the same shape, and a run's numbers are bitwise the same alone, in any stack and in any process. That matters:
beyond the stable learning rates a difference in the last bit grows until nothing is left in common.
"""

from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch
from torch import Tensor

from tp1.experiments.images import WIDTH, Images, Sets
from tp1.experiments.measures import History, best_epoch
from tp1.experiments.plans import Config, Run
from tp1.experiments.steps import Steps
from tp1.learning.errors import HyperparameterError
from tp1.learning.functions import NUM_CLASSES, NUM_FEATURES
from tp1.learning.inplace import nll_and_hits
from tp1.learning.linear import INIT_STD

ABREAST = 3  # the learning rates that the assignment compares
ROOT_SEED = 8225
CHUNK = 2000  # images that are evaluated at a time


@dataclass
class Stack:
    """Where the runs of one family stand after some epochs.

    Attributes
    ----------
    runs : list of R runs
        They share everything but learning rate and seed.
    slots : list of R integers
        The place of each run in the tensors; the P places, groups × ABREAST, may include empty ones.
    steps : int
        Steps taken.
    theta : Tensor (P, K, WIDTH)
        Parameters, a row for each class.
    m, v : Tensor (P, K, WIDTH), or (0, K, WIDTH) for SGD
        The moments of Adam.
    history : array (epochs + 1, R, 4)
        What `measures` says, after every epoch; epoch 0 is the initial model.
    best : Tensor (R, D+1, K)
        A copy of each run's parameters at its epoch of best validation accuracy.
    """

    runs: list[Run]
    slots: list[int]
    steps: int
    theta: Tensor
    m: Tensor
    v: Tensor
    history: History
    best: Tensor

    @property
    def config(self) -> Config:
        """What the runs share; the learning rate is that of the first."""
        return self.runs[0].config

    @property
    def finished(self) -> bool:
        """Whether all the epochs of the configuration are done."""
        return len(self.history) > self.config.epochs

    @property
    def params(self) -> Tensor:
        """The parameters of the runs as `LinearModel` has them: a view, (R, D+1, K)."""
        return self.theta[self.slots, :, : NUM_FEATURES + 1].mT


def random(seed: int, stream: int) -> torch.Generator:
    """Give a CPU generator for a run's seed: stream 0 draws the parameters, stream e the order of epoch e."""
    sequence = np.random.SeedSequence((ROOT_SEED, seed, stream))
    return torch.Generator().manual_seed(int(sequence.generate_state(1, np.uint64)[0]))


def initial_params(seed: int) -> Tensor:
    """Draw the initial parameters of a seed, (D+1, K), from N(0, 0.01²) (@eq-init)."""
    # @eq-init
    return INIT_STD * torch.randn(
        NUM_FEATURES + 1, NUM_CLASSES, generator=random(seed, 0)
    )


def start(runs: list[Run], sets: Sets) -> Stack:
    """Draw the initial parameters of runs of one family, and evaluate them: epoch 0.

    Raises
    ------
    HyperparameterError
        If a minibatch would be larger than the training set.
    """
    if (size := runs[0].config.batch_size) > len(sets.train.x):
        raise HyperparameterError(
            f"batch size {size}: the training set has {len(sets.train.x)} images"
        )
    runs = sorted(runs, key=lambda run: run.seed)
    slots: list[int] = []
    for _, same in groupby(runs, key=lambda run: run.seed):
        first = -(-(slots[-1] + 1) // ABREAST) * ABREAST if slots else 0
        slots += range(first, first + len(list(same)))
    places = -(-(slots[-1] + 1) // ABREAST) * ABREAST
    theta = sets.train.x.new_zeros(places, NUM_CLASSES, WIDTH)
    for slot, run in zip(slots, runs, strict=True):
        theta[slot, :, : NUM_FEATURES + 1] = initial_params(run.seed).T
    moments = theta if runs[0].config.optimiser == "adam" else theta[:0]
    m, v = torch.zeros_like(moments), torch.zeros_like(moments)
    history = evaluate(theta, sets)[None, slots]
    stack = Stack(runs, slots, 0, theta, m, v, history, theta)
    stack.best = stack.params.clone()
    return stack


def advance(stack: Stack, sets: Sets) -> Stack:
    """Train one epoch, evaluate, keep the best parameters; `stack` is left as it was."""
    device, n = sets.train.x.device, len(sets.train.x)
    theta, m, v = (
        tensor.to(device, copy=True) for tensor in (stack.theta, stack.m, stack.v)
    )
    seeds, lr = [0] * (len(theta) // ABREAST), [0.0] * len(theta)
    for slot, run in zip(stack.slots, stack.runs, strict=True):
        seeds[slot // ABREAST], lr[slot] = run.seed, run.config.lr
    epoch = len(stack.history)
    orders = {
        seed: torch.randperm(n, generator=random(seed, epoch)) for seed in set(seeds)
    }
    steps = Steps(stack.config, lr, theta, m, v, sets.train)
    taken = steps.take(torch.stack([orders[seed] for seed in seeds]), stack.steps)

    history = np.concatenate([stack.history, evaluate(theta, sets)[None, stack.slots]])
    result = Stack(
        stack.runs, stack.slots, stack.steps + taken, theta, m, v, history, stack.best
    )
    newest = torch.from_numpy(best_epoch(history) == epoch)[:, None, None].to(device)
    result.best = torch.where(newest, result.params, stack.best.to(device))
    return result


def evaluate(theta: Tensor, sets: Sets) -> History:
    """Measure P models on the two sets: (P, 4), the columns of `MEASURES`."""
    both = [measure(theta, images) for images in (sets.train, sets.val)]
    return torch.cat(both, dim=1).numpy()


def measure(theta: Tensor, images: Images) -> Tensor:
    """Give mean NLL, in nats, and accuracy of P models on all the images: (P, 2), in double precision."""
    places, classes, width = theta.shape
    total = torch.zeros(2, places, dtype=torch.float64, device=theta.device)
    chunks = zip(images.x.split(CHUNK), images.labels.split(CHUNK), strict=True)
    for x, labels in chunks:
        a = torch.matmul(theta.view(-1, width), x.T)
        nll, hits = nll_and_hits(a.view(places, classes, -1), labels)
        total[0] += nll
        total[1] += hits
    return total.T.cpu() / len(images.labels)
