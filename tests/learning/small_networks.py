"""Small networks at random, for the tests of several files."""

from itertools import pairwise

import torch
from hypothesis import strategies as st
from torch.utils.data import DataLoader, TensorDataset

from tp1.learning.mlp import MLPModel, layer_sizes

# B, D, units, hidden layers, K
shapes = st.tuples(
    st.integers(1, 6),
    st.integers(1, 5),
    st.integers(1, 6),
    st.integers(0, 4),
    st.integers(2, 4),
)
stacks = st.sampled_from([(), (1,), (3,)])
seeds = st.integers(0, 2**31)


def problem(stack, shape, seed, scale=1.0, own_batches=False, dtype=torch.float64):
    """A network, its inputs and its one-hot targets."""
    b, d, n, depth, k = shape
    generator = torch.Generator().manual_seed(seed)
    sizes = layer_sizes(d, n, depth, k)
    params = [
        scale * torch.randn(*stack, i + 1, o, generator=generator, dtype=dtype)
        for i, o in pairwise(sizes)
    ]
    model = MLPModel(d, n, depth, k, params=params)
    lead = stack if own_batches else ()
    x = torch.randn(*lead, b, d, generator=generator, dtype=dtype)
    labels = torch.randint(k, (*lead, b), generator=generator)
    return model, x, torch.eye(k, dtype=dtype)[labels]


def by_hand(model, x, y):
    return model.backward(y, model.forward(x))


def loader(n, size=4):
    x = torch.rand(n, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    return DataLoader(TensorDataset(x, torch.arange(n) % 10), size)
