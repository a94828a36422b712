"""JAX's side: loss, gradient and update are one compiled function, and its parameters are donated."""

from functools import partial
from importlib import import_module
from typing import Any

import torch
from benchmarks.mlp.sides import Side
from benchmarks.mlp.task import Cell, draw_params, minibatches
from torch import Tensor

from tp1.learning.updates import BETA1, BETA2, EPSILON

jax: Any = import_module("jax")
jnp: Any = import_module("jax.numpy")

Array = Any  # a jax.Array
Layers = list[tuple[Array, Array]]  # weights (n_in, n_out) and biases (n_out,)


def loss(params: Layers, x: Array, y: Array) -> Array:
    """Give the summed negative log-likelihood of labels `y` (B,)."""
    h = x
    for w, b in params[:-1]:
        h = jax.nn.relu(h @ w + b)
    w, b = params[-1]
    scores = jax.nn.log_softmax(h @ w + b)
    return -jnp.take_along_axis(scores, y[:, None], axis=1).sum()


@partial(jax.jit, donate_argnums=0)
def sgd(state: tuple[Layers], lr: float, x: Array, y: Array) -> tuple[Layers]:
    """Take one step of gradient descent."""
    (params,) = state
    _, grads = jax.value_and_grad(loss)(params, x, y)
    return (jax.tree.map(lambda p, g: p - lr * g, params, grads),)


@partial(jax.jit, donate_argnums=0)
def adam(state: tuple[Any, ...], lr: float, x: Array, y: Array) -> tuple[Any, ...]:
    """Take one step of Adam."""
    params, m, v, t = state
    _, grads = jax.value_and_grad(loss)(params, x, y)
    t = t + 1
    m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, grads)
    v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, grads)
    first, second = 1 - BETA1**t, 1 - BETA2**t

    def moved(p: Array, m: Array, v: Array) -> Array:
        return p - lr * (m / first) / (jnp.sqrt(v / second) + EPSILON)

    return jax.tree.map(moved, params, m, v), m, v, t


class Jax(Side):
    """One call of the compiled step for each minibatch; waited for at the end of the run."""

    def __init__(self, cell: Cell, order: Tensor) -> None:
        self.lr = cell.config.lr
        params = [
            (jnp.array(theta[:-1].numpy()), jnp.array(theta[-1].numpy()))
            for theta in draw_params(cell)
        ]
        self.step: Any = sgd
        self.state: tuple[Any, ...] = (params,)
        if cell.optimiser == "adam":
            # Donated one by one, so zeros of their own for each.
            m, v = (jax.tree.map(jnp.zeros_like, params) for _ in range(2))
            self.step, self.state = adam, (params, m, v, jnp.zeros(()))
        self.minibatches = [
            (jnp.array(x.numpy()), jnp.array(y.int().numpy()))
            for x, y in minibatches(cell, order)
        ]

    def run(self, steps: int) -> None:
        """Take some steps, from the first minibatch on."""
        number = len(self.minibatches)
        for step in range(steps):
            self.state = self.step(
                self.state, self.lr, *self.minibatches[step % number]
            )
        jax.block_until_ready(self.state)

    def params(self) -> list[Tensor]:
        """Give copies: what JAX owns goes with the next step."""
        return [
            torch.cat([torch.tensor(w.tolist()), torch.tensor(b.tolist())[None]])
            for w, b in self.state[0]
        ]
