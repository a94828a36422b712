"""What the final evaluation counts."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from tp1.experiments.final import BINS, by_confidence


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=50))
def test_every_prediction_is_in_the_bin_of_its_probability(predictions):
    p = torch.tensor([p for p, _ in predictions], dtype=torch.float64)
    right = torch.tensor([hit for _, hit in predictions])
    bins = by_confidence(p, right)
    for i, (n, total, hits) in enumerate(bins.tolist()):
        # The last bin has its right end, too.
        inside = [
            (x, hit) for x, hit in predictions if min(int(x * BINS), BINS - 1) == i
        ]
        assert n == len(inside)
        assert hits == sum(hit for _, hit in inside)
        assert abs(total - sum(x for x, _ in inside)) < 1e-9
