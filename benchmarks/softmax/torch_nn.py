"""`torch.nn`, autograd and `torch.optim` on tensors that are in memory, in the variant that is quickest."""

from collections.abc import Sequence
from functools import partial
from itertools import cycle
from typing import Any

import torch
from benchmarks.softmax.agreement import Minibatches, compare
from benchmarks.softmax.task import (
    CLASSES,
    FEATURES,
    OPTIMISERS,
    RATES,
    seconds_per_call,
    thread_count,
)
from torch import Tensor, nn
from torch.nn import functional

from tp1.learning.data import load_train_and_validation

# What `torch.optim` offers for both optimisers.
IMPLEMENTATIONS: dict[str, dict[str, bool]] = {
    "for-loop": {"foreach": False},
    "foreach": {"foreach": True},
    "fused": {"fused": True},
}
THREADS = (1, 2)


def optimiser_for(
    name: str, implementation: str, lr: float, params: Any
) -> torch.optim.Optimizer:
    """Make one of the two optimisers."""
    options: dict[str, Any] = dict(IMPLEMENTATIONS[implementation])
    if name == "sgd":
        return torch.optim.SGD(params, lr=lr, **options)
    return torch.optim.Adam(params, lr=lr, betas=(0.9, 0.999), eps=1e-8, **options)


def step(
    model: nn.Linear, optimiser: torch.optim.Optimizer, x: Tensor, y: Tensor
) -> None:
    """Train on one minibatch."""
    optimiser.zero_grad()
    functional.cross_entropy(model(x), y, reduction="sum").backward()
    optimiser.step()


@torch.no_grad()
def evaluate(model: nn.Linear, sets: Sequence[tuple[Tensor, Tensor]]) -> list[float]:
    """Measure loss and accuracy on whole sets."""
    measures = []
    for x, y in sets:
        a = model(x)
        measures.append(functional.cross_entropy(a, y).item())
        measures.append((a.argmax(dim=1) == y).float().mean().item())
    return measures


def measure(batches: Sequence[int], seconds: float) -> dict[str, Any]:
    """Time a step in every variant, an evaluation with each number of threads, and a permutation."""
    train, val = load_train_and_validation()
    x, y = train.x, train.y.long()
    sets = [(x, y), (val.x, val.y.long())]
    steps: dict[str, dict[str, float]] = {}
    evaluation: dict[str, float] = {}
    for threads in THREADS:
        torch.set_num_threads(threads)
        evaluation[thread_count(threads)] = seconds_per_call(
            lambda: evaluate(nn.Linear(FEATURES, CLASSES), sets), seconds
        )
        for size in batches:
            for optimiser in OPTIMISERS:
                for implementation in IMPLEMENTATIONS:
                    spent = time_step(optimiser, implementation, size, x, y, seconds)
                    variant = f"{implementation}, {thread_count(threads)}"
                    steps.setdefault(f"{optimiser} {size}", {})[variant] = spent
    permutation = seconds_per_call(lambda: torch.randperm(len(y)), seconds / 10)
    return {"step_s": steps, "evaluation_s": evaluation, "permutation_s": permutation}


def time_step(
    optimiser: str, implementation: str, size: int, x: Tensor, y: Tensor, seconds: float
) -> float:
    """Time a step, the gather of its minibatch included."""
    model = nn.Linear(FEATURES, CLASSES)
    updates = optimiser_for(optimiser, implementation, RATES[-1], model.parameters())
    order = torch.randperm(len(y))
    starts = cycle(range(0, len(order) - size + 1, size))

    def one() -> None:
        start = next(starts)
        index = order[start : start + size]
        step(model, updates, x[index], y[index])

    return seconds_per_call(one, seconds)


def train_some(
    implementation: str,
    params: Tensor,
    optimiser: str,
    lr: float,
    minibatches: Minibatches,
) -> Tensor:
    """Train from given parameters, (D+1, K), on given minibatches; for the check."""
    model = nn.Linear(FEATURES, CLASSES)
    with torch.no_grad():
        model.weight.copy_(params[:-1].T)
        model.bias.copy_(params[-1])
    updates = optimiser_for(optimiser, implementation, lr, model.parameters())
    for x, y in minibatches:
        step(model, updates, x, y)
    return torch.cat([model.weight.T, model.bias[None]]).detach()


def check(batches: list[int]) -> dict[str, Any]:
    """Compare parameters after some steps with ours, for every implementation of the optimisers."""
    return compare(
        {f"torch.nn, {name}": partial(train_some, name) for name in IMPLEMENTATIONS},
        batches,
    )
