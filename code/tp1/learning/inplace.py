"""The same equations written into tensors that exist: what a step of a long search executes.

`functions`, `layers` and `updates` are made to be read; they allocate a tensor for every intermediate result,
and at one image a step that is most of the time. Here nothing is allocated and nothing is checked. Axes: R
models, K classes, B samples, D inputs, the 1 included; parameters are (R, K, D): a class has its inputs side
by side.
"""

import torch
from torch import Tensor

from tp1.learning.updates import BETA1, BETA2

UNDERFLOW = -87.0  # e to this is the smallest normal number in single precision, about


def softmax_(a: Tensor, top: Tensor, total: Tensor) -> None:
    """Turn the scores `a`, (R, K, B), into probabilities; `top` and `total`, (R, 1, B), are scratch."""
    # @eq-softmax-stable
    torch.amax(a, dim=-2, keepdim=True, out=top)
    a.sub_(top)
    if a.shape[-1] > 1:
        # An exponential that underflows takes ten times as long; e⁻⁸⁷ is as good as 0.
        a.clamp_min_(UNDERFLOW)
    a.exp_()
    torch.sum(a, dim=-2, keepdim=True, out=total)
    a.div_(total)


def adam_(
    theta: Tensor, g: Tensor, m: Tensor, v: Tensor, eps: Tensor, rate: Tensor
) -> None:
    """Take one step of Adam; `g` is the gradient and is overwritten, the rest is as for `adam_step_`."""
    # @eq-adam-m
    m.lerp_(g, 1 - BETA1)
    # @eq-adam-v
    v.mul_(BETA2).addcmul_(g, g, value=1 - BETA2)
    adam_step_(theta, g, m, v, eps, rate)


def adam_step_(
    theta: Tensor, g: Tensor, m: Tensor, v: Tensor, eps: Tensor, rate: Tensor
) -> None:
    """Move the parameters as the moments of Adam say.

    With c = √(1 - β2ᵗ), the paper's step η m̂ / (√v̂ + ε) is η c / (1 - β1ᵗ) · m / (√v + c ε): the two
    corrections become the numbers `rate` = -η c / (1 - β1ᵗ) and `eps` = c ε.

    Parameters
    ----------
    theta, g, m, v : Tensor (R, K, D)
        Parameters, scratch, moments.
    eps : Tensor ()
    rate : Tensor (R, 1, 1)
    """
    # @eq-adam-step
    torch.sqrt(v, out=g)
    torch.div(m, g.add_(eps), out=g)
    theta.addcmul_(g, rate)


def nll_and_hits(a: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Sum the negative log-likelihood of scores, and count those whose largest is that of the true class.

    Parameters
    ----------
    a : Tensor (R, K, B)
        Scores; they are overwritten.
    labels : Tensor (B,) of integers

    Returns
    -------
    nll, hits : Tensor (R,)
    """
    top, best = a.max(dim=-2, keepdim=True)
    a.sub_(top)
    true = a.gather(-2, labels.expand(len(a), 1, -1)).squeeze(-2)
    # @eq-nll-scores
    nll = a.clamp_min_(UNDERFLOW).exp_().sum(dim=-2).log_() - true
    # A NaN is no prediction: argmax would give its place.
    hits = (best.squeeze(-2) == labels) & ~nll.isnan()
    return nll.sum(dim=-1, dtype=torch.float64), hits.sum(dim=-1)
