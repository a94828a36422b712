"""Where chance comes from: CPU generators that a seed and a purpose determine, on every machine alike."""

import numpy as np
import torch

ROOT_SEED = 8225
DROPOUT, AUGMENT = 1, 2


def generator(seed: int, stream: int, *purpose: int) -> torch.Generator:
    """Give a CPU generator for a run's seed.

    Stream 0 draws the parameters and stream e the order of epoch e; with a purpose, stream e draws what else
    is left to chance in epoch e: `DROPOUT`, `AUGMENT`.
    """
    sequence = np.random.SeedSequence((ROOT_SEED, seed, stream, *purpose))
    return torch.Generator().manual_seed(int(sequence.generate_state(1, np.uint64)[0]))
