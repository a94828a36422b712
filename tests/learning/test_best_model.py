"""Which epoch `train` keeps, on models whose epochs go as a script says."""

import math

import pytest
import torch

from tp1.learning.training import train


class Scripted:
    """A model whose parameter is the number of its updates, and whose epochs go as a script says.

    Each entry of the script is an accuracy in tenths, and the score of the true class for one of the ten
    samples: what makes the loss of the epoch finite or not.
    """

    def __init__(self, *script):
        self.params, self.script = torch.zeros(1), script

    def logits(self, x):
        tenths, score = self.script[int(self.params)]
        a = torch.eye(10)
        a[range(tenths, 10)] *= -1
        # Sample 9 is right only at accuracy 10, so its loss never decides about the accuracy.
        a[9, 9] = a[9, 9] if score is None else score
        return a

    def get_grads(self, y, y_pred, X):
        return torch.ones(1)

    def forward(self, x):
        return torch.softmax(self.logits(x), dim=-1)

    def sgd_update(self, lr, grads):
        self.params += grads

    adam_update = sgd_update


TEN = [(torch.zeros(10, 784), torch.arange(10))]


@pytest.mark.parametrize("sgd", [True, False])
@pytest.mark.parametrize(
    ("tenths", "best"),
    [
        ([2, 8, 6], 1),  # the last epoch is worse
        ([2, 6, 8], 2),
        ([9, 5, 4], 0),  # training only harms
        ([5, 8, 8], 1),  # the first of equals
        ([0, 0, 0], 0),
        ([3], 0),
    ],
)
def test_the_best_epoch_is_kept_as_a_copy(tenths, best, sgd):
    model = Scripted(*((k, None) for k in tenths))
    kept, acc, logger = train(model, 0.1, len(tenths) - 1, sgd, TEN, TEN)
    assert acc == tenths[best] / 10
    assert logger.accuracies_valid == [k / 10 for k in tenths]
    assert kept is not model
    assert kept.params.tolist() == [best]
    assert model.params.tolist() == [len(tenths) - 1]
    model.params += 7
    assert kept.params.tolist() == [best]


@pytest.mark.parametrize("score", [-math.inf, math.nan])
def test_an_epoch_that_diverged_is_never_the_best(score):
    model = Scripted((2, None), (5, None), (9, score), (4, None))
    kept, acc, logger = train(model, 0.1, 3, True, TEN, TEN)
    assert not math.isfinite(logger.losses_valid[2])
    assert logger.accuracies_valid[2] > 0.5
    assert (kept.params.item(), acc) == (1, 0.5)
