"""Softmax regression in JAX: an epoch is one compiled `lax.scan` with donated parameters.

Three learning rates always share their minibatches. Everything that can be laid out in more than one way is a
`Form`; which is the quickest depends on the batch size, so the benchmark tries them all.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from benchmarks.softmax.task import ABREAST, CLASSES, RATES

from tp1.experiments.images import WHITE, WIDTH

jax: Any = import_module("jax")
jnp: Any = import_module("jax.numpy")
lax: Any = import_module("jax.lax")

Array = Any  # a jax.Array
ROWS = ABREAST * CLASSES
CHUNK = 2000  # images that are evaluated at a time: quicker than all at once, and than 500 or 6000
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


@dataclass(frozen=True)
class Layout:
    """How parameters lie in memory.

    Attributes
    ----------
    shape, rates : tuple of int
        Shapes of the parameters of one seed, and of the learning rates beside them.
    axes : tuple of int
        How parameters (L, K, D) are transposed before they get `shape`.
    gradient : callable
        Gives the gradient for parameters (…, *shape), images (…, B, D) and one-hot targets (…, B, K).
    """

    shape: tuple[int, ...]
    rates: tuple[int, ...]
    axes: tuple[int, ...]
    gradient: Callable[[Array, Array, Array], Array]

    def put(self, params: Array) -> Array:
        """Lay out parameters (…, L, K, D)."""
        lead = params.shape[:-3]
        places = (*range(len(lead)), *(len(lead) + axis for axis in self.axes))
        return params.transpose(places).reshape(*lead, *self.shape)

    def take(self, theta: Array) -> Array:
        """Undo `put`."""
        lead = theta.shape[: theta.ndim - len(self.shape)]
        sizes = (ABREAST, CLASSES, WIDTH)
        unflat = theta.reshape(*lead, *(sizes[axis] for axis in self.axes))
        back = tuple(int(i) for i in np.argsort(self.axes))
        return unflat.transpose((*range(len(lead)), *(len(lead) + i for i in back)))


def softmax(a: Array, axis: int) -> Array:
    """Turn scores into probabilities."""
    e = jnp.exp(a - a.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def by_einsum(theta: Array, x: Array, y: Array) -> Array:
    """Give the gradient; parameters (…, L, D, K)."""
    a = jnp.einsum("...bd,...ldk->...lbk", x, theta)
    delta = softmax(a, -1) - y[..., None, :, :]
    return jnp.einsum("...bd,...lbk->...ldk", x, delta)


def by_columns(theta: Array, x: Array, y: Array) -> Array:
    """Give the gradient; parameters (…, D, L·K)."""
    a = (x @ theta).reshape(*x.shape[:-1], ABREAST, CLASSES)
    delta = softmax(a, -1) - y[..., None, :]
    return x.mT @ delta.reshape(*x.shape[:-1], ROWS)


def by_rows(theta: Array, x: Array, y: Array) -> Array:
    """Give the gradient; parameters (…, L·K, D), scores (…, L·K, B)."""
    size = x.shape[-2]
    a = (theta @ x.mT).reshape(*x.shape[:-2], ABREAST, CLASSES, size)
    delta = softmax(a, -2) - y.mT[..., None, :, :]
    return delta.reshape(*x.shape[:-2], ROWS, size) @ x


def by_rows_transposed(theta: Array, x: Array, y: Array) -> Array:
    """Give the gradient; parameters (…, L·K, D), scores (…, B, L·K)."""
    a = (x @ theta.mT).reshape(*x.shape[:-1], ABREAST, CLASSES)
    delta = softmax(a, -1) - y[..., None, :]
    return delta.reshape(*x.shape[:-1], ROWS).mT @ x


ROW_SHAPES = ((ROWS, WIDTH), (ROWS, 1), (0, 1, 2))
LAYOUTS = {
    "einsum": Layout((ABREAST, WIDTH, CLASSES), (ABREAST, 1, 1), (0, 2, 1), by_einsum),
    "columns": Layout((WIDTH, ROWS), (ROWS,), (2, 0, 1), by_columns),
    "rows": Layout(*ROW_SHAPES, by_rows),
    "rows, transposed scores": Layout(*ROW_SHAPES, by_rows_transposed),
}


@dataclass(frozen=True)
class Form:
    """A formulation: a layout, where minibatches come from, whether seeds are trained together."""

    layout: str
    gather: bool = True
    together: bool = False
    bytes: bool = False

    def __str__(self) -> str:
        images = "" if self.gather else ", permuted copy"
        images += ", bytes" if self.bytes else ""
        return f"{self.layout}{images}{', seeds together' if self.together else ''}"


# What else can be varied is tried where parameters are rows: images as bytes, and with one seed at a time a
# permuted copy of the images an epoch.
BY_ROWS = ("rows", "rows, transposed scores")
ALONE = (
    *map(Form, LAYOUTS),
    *(Form(layout, gather=False) for layout in BY_ROWS),
    *(Form(layout, bytes=True) for layout in BY_ROWS),
)
TOGETHER = (
    *(Form(layout, together=True) for layout in LAYOUTS),
    *(Form(layout, together=True, bytes=True) for layout in BY_ROWS),
)
FORMS = {str(form): form for form in (*ALONE, *TOGETHER)}


@dataclass(frozen=True)
class Data:
    """The images on the device, (N, WIDTH) with the 1 and zeros appended, one-hot targets, and labels."""

    x: Array
    bytes: Array
    y: Array
    labels: Array


class Program:
    """Compiled training and evaluation of three rates for one seed, or for several of them together.

    Parameters
    ----------
    form : Form
    optimiser : {"sgd", "adam"}
    size : int
        Images a step.
    seeds : int
        1, or the S seeds that a form has together.
    order : array (N,) or (S, N)
        An order like those that `epoch` will get.
    train : Data
    rates : tuple of three floats
    """

    def __init__(
        self,
        form: Form,
        optimiser: str,
        size: int,
        seeds: int,
        order: np.ndarray,
        train: Data,
        rates: tuple[float, ...] = RATES,
    ) -> None:
        self.form, self.optimiser, self.size = form, optimiser, size
        self.layout, self.lead = (
            LAYOUTS[form.layout],
            (seeds,) if form.together else (),
        )
        per_row = np.repeat(rates, CLASSES if len(self.layout.rates) < 3 else 1)
        self.lr = per_row.astype(np.float32).reshape(self.layout.rates)
        blank = np.zeros((*self.lead, ABREAST, CLASSES, WIDTH), np.float32)
        began = time.perf_counter()
        self.compiled = (
            jax.jit(self.epoch_of, donate_argnums=0)
            .lower(self.start(blank), *self.inputs(order, 0), *self.images(train))
            .compile()
        )
        self.compile_s = time.perf_counter() - began

    def start(self, params: np.ndarray) -> tuple[Array, Array, Array]:
        """Lay out initial parameters (…, L, K, WIDTH), with Adam's moments."""
        theta = self.layout.put(jnp.array(params))
        shape = theta.shape if self.optimiser == "adam" else (0,)
        return theta, jnp.zeros(shape), jnp.zeros(shape)

    def images(self, train: Data) -> tuple[Array, Array]:
        """Give the images in the type that they are gathered in, and their targets."""
        return train.bytes if self.form.bytes else train.x, train.y

    def inputs(self, order: np.ndarray, done: int) -> tuple[np.ndarray, ...]:
        """Give the indices (T, …, B) of an epoch and Adam's two factors of each step, after `done` steps."""
        steps = order.shape[-1] // self.size
        index = order.reshape(*self.lead, steps, self.size)
        t = np.arange(done + 1, done + steps + 1)
        c = np.sqrt(1 - BETA2**t)
        factors = (c / (1 - BETA1**t), EPSILON * c)
        rate, eps = (factor.astype(np.float32) for factor in factors)
        return (
            np.ascontiguousarray(np.moveaxis(index, -2, 0), dtype=np.int32),
            rate,
            eps,
        )

    def epoch_of(
        self, state: Any, index: Array, rate: Array, eps: Array, x: Array, y: Array
    ) -> Any:
        """Scan the steps of an epoch; what is compiled."""

        def rows(source: Array, places: Array) -> Array:
            return source.at[places].get(mode="promise_in_bounds")

        def step(state: Any, inputs: Any) -> tuple[Any, None]:
            (theta, m, v), (images, targets, rate, eps) = state, inputs
            if self.form.gather:
                images, targets = rows(x, images), rows(y, images)
            if self.form.bytes:
                images = images.astype(jnp.float32) / WHITE
            g = self.layout.gradient(theta, images, targets)
            if self.optimiser == "sgd":
                return (theta - self.lr * g, m, v), None
            m = BETA1 * m + (1 - BETA1) * g
            v = BETA2 * v + (1 - BETA2) * g * g
            return (theta - self.lr * rate * m / (jnp.sqrt(v) + eps), m, v), None

        gathered = (
            (index, index) if self.form.gather else (rows(x, index), rows(y, index))
        )
        return lax.scan(step, state, (*gathered, rate, eps))[0]

    def epoch(self, state: Any, order: np.ndarray, done: int, train: Data) -> Any:
        """Train on the images of `order`; the state that is given is used up."""
        inputs = self.inputs(order, done)
        return jax.block_until_ready(self.compiled(state, *inputs, *self.images(train)))


def measure(params: Array, x: Array, labels: Array) -> Array:
    """Sum loss and hits of P models, (P, K, WIDTH), on all the images: (2, P)."""
    models = len(params)

    def chunk(total: Array, images: tuple[Array, Array]) -> tuple[Array, None]:
        x, labels = images
        a = (params.reshape(-1, WIDTH) @ x.T).reshape(models, CLASSES, -1)
        a -= a.max(1, keepdims=True)
        true = jnp.take_along_axis(a, labels[None, None], 1)[:, 0]
        nll = jnp.log(jnp.exp(a).sum(1)) - true
        return total + jnp.stack([nll.sum(1), (true == 0).sum(1)]), None

    chunks = (x.reshape(-1, CHUNK, WIDTH), labels.reshape(-1, CHUNK))
    return lax.scan(chunk, jnp.zeros((2, models)), chunks)[0]


def evaluate(params: Array, *sets: tuple[Array, Array]) -> Array:
    """Give mean loss and accuracy on sets of images and labels for models (…, K, WIDTH): (4, P) for two."""
    models = params.reshape(-1, CLASSES, WIDTH)
    return jnp.concatenate(
        [measure(models, x, labels) / len(labels) for x, labels in sets]
    )
