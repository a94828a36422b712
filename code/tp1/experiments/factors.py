"""By what each step moves the parameters: the learning rates over time, Adam's corrections, weight decay."""

from typing import NamedTuple

import torch
from torch import Tensor

from tp1.experiments.plans import Config
from tp1.learning.extras import schedule
from tp1.learning.updates import BETA1, BETA2, EPSILON


class StepFactors(NamedTuple):
    """The factors of T steps for P places.

    Attributes
    ----------
    rate : Tensor (T, P, 1, 1)
        What the step is multiplied by, with its sign: -η, and for Adam the corrections (@eq-adam-hat).
    eps : Tensor (T,)
        Adam's ε, corrected.
    shrink : Tensor (T, P, 1, 1)
        What weight decay multiplies the parameters by.
    """

    rate: Tensor
    eps: Tensor
    shrink: Tensor


class Factors:
    """The factors of all the steps of a run.

    Parameters
    ----------
    config : Config
        What the runs share.
    lr : Tensor (P,)
        The learning rate of every place.
    n : int
        Images in the training set.
    """

    def __init__(self, config: Config, lr: Tensor, n: int) -> None:
        self.config, self.lr = config, lr
        self.total = config.epochs * -(-n // config.batch_size)

    def of(self, first: int, steps: int) -> StepFactors:
        """Give the factors of the steps that come after `first` steps."""
        t = torch.arange(first + 1, first + steps + 1, dtype=torch.float64)
        scale = schedule(self.config.schedule, t, self.total)
        lr = scale.to(self.lr)[:, None, None, None] * self.lr[:, None, None]
        shrink = 1 - self.config.decay * lr
        c = torch.ones_like(t)
        if self.config.optimiser == "adam":
            # @eq-adam-hat
            c = (1 - BETA2**t).sqrt()
            scale = scale * c / (1 - BETA1**t)
        rate = -self.lr[:, None, None] * scale.to(self.lr)[:, None, None, None]
        eps = (EPSILON * c).to(self.lr)
        return StepFactors(rate, eps, shrink)
