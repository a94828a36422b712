"""The fingerprint sees what changes numbers, nothing else; the committed results are of this code."""

from pathlib import Path

import numpy as np
import pytest

from tp1 import imports
from tp1.experiments import part3, provenance
from tp1.experiments.plans import OPTIMISERS, assigned, wider
from tp1.experiments.results import read_results, read_times
from tp1.experiments.tables import read_table

RESULTS = Path(__file__).parents[2] / "results"


def test_a_changed_statement_changes_the_fingerprint(monkeypatch):
    before = provenance.fingerprint()
    provenance.modules.cache_clear()
    whole = imports.statements
    monkeypatch.setattr(
        imports, "statements", lambda s: whole(s).replace("0.999", "0.99")
    )
    assert provenance.fingerprint() != before
    provenance.modules.cache_clear()


def test_what_training_imports_is_followed():
    names = {name.removeprefix("tp1.") for name in provenance.modules()}
    assert {"experiments.steps", "learning.inplace", "learning.data"} <= names
    assert not {"experiments.final", "experiments.runner", "reporting.results"} & names


def committed_shapes():
    """The plan that follows from the committed search for rates."""
    rates = read_results(RESULTS / "part3" / "rates")
    chosen = {name: part3.rate_of(rates, name) for name in OPTIMISERS}
    return part3.shapes(chosen, part3.STAGES["shapes"])


@pytest.mark.parametrize(
    ("name", "plan"),
    [
        ("part2/assigned", lambda: assigned(5)),
        ("part2/wider", lambda: wider(5)),
        ("part3/rates", lambda: part3.rates(part3.STAGES["rates"])),
        ("part3/shapes", committed_shapes),
        ("part3/own", lambda: part3.own(part3.STAGES["own"])),
    ],
)
def test_the_committed_searches_are_whole_and_of_this_code(name, plan):
    results = read_results(RESULTS / name)
    assert set(plan()) == set(results.history)
    assert read_times(RESULTS / f"{name}-times").keys() == results.history.keys()
    assert results.provenance["code"] == provenance.fingerprint()
    for run, history in results.history.items():
        assert history.shape == (run.config.epochs + 1, 4)


def test_the_committed_evaluation_is_of_this_code_and_beats_the_published_figure():
    rows, receipt = read_table(RESULTS / "part2" / "final")
    assert receipt["code"] == provenance.fingerprint()
    assert receipt["evaluation"] == provenance.fingerprint("tp1.experiments.final")
    best = [float(r["test_accuracy"]) for r in rows if r["choice"] == receipt["best"]]
    assert len(best) == 5
    assert np.mean(best) > 0.842
