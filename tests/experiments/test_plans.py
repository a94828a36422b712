"""Plans: what the assignment asks for, and stacks that hold every run once."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tp1.experiments.plans import (
    Config,
    Run,
    assigned,
    family,
    runs_of,
    wider,
)
from tp1.experiments.schedule import divide, left
from tp1.learning.errors import HyperparameterError


def test_the_assigned_search_is_that_of_the_assignment():
    runs = assigned(5)
    assert len(set(runs)) == len(runs) == 2 * 3 * 4 * 5
    assert {run.config.lr for run in runs} == {0.1, 0.01, 0.001}
    assert {run.config.batch_size for run in runs} == {1, 20, 200, 1000}
    assert {run.config.optimiser for run in runs} == {"sgd", "adam"}
    assert {run.config.epochs for run in runs} == {5}
    assert {run.seed for run in runs} == set(range(5))
    assert {run.config.gradient for run in runs} == {"sum"}


def test_both_optimisers_have_the_same_chances_in_the_wider_search():
    def choices(optimiser):
        return [r.config for r in wider(1) if r.config.optimiser == optimiser]

    assert len(choices("sgd")) == len(choices("adam"))


runs = st.lists(
    st.builds(
        Run,
        st.builds(
            Config,
            st.sampled_from(["sgd", "adam"]),
            st.sampled_from([0.1, 0.01, 0.001]),
            st.sampled_from([1, 20, 200, 1000]),
        ),
        st.integers(0, 4),
    ),
    unique=True,
)


@given(runs, st.integers(1, 40))
def test_stacks_hold_every_run_once_and_never_cut_a_seed(chosen, workers):
    groups = divide(chosen, workers)
    assert sorted(run for group in groups for run in group) == sorted(chosen)
    for group in groups:
        assert len({family(run.config) for run in group}) == 1
        seeds = [run.seed for run in group]
        assert seeds == sorted(seeds)
        assert group[0].config.batch_size * len(set(seeds)) <= 1000
    cut = [
        (family(group[0].config), run.seed)
        for group in groups
        for run in {run.seed: run for run in group}.values()
    ]
    assert all(a != b for a, b in pairwise(sorted(cut)))


@pytest.mark.parametrize("seeds", [1, 5])
@pytest.mark.parametrize("workers", [1, 2, 8])
def test_no_stack_keeps_the_workers_waiting(seeds, workers):
    costs = [left(group) for group in divide(assigned(seeds), workers)]
    alone = max(left([run]) for run in assigned(1))
    assert max(costs) <= max(1.4 * sum(costs) / workers, 2 * alone) or workers == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("optimiser", "momentum"),
        ("lr", -0.1),
        ("lr", float("nan")),
        ("lr", float("inf")),
        ("batch_size", 0),
        ("batch_size", 2.5),
        ("batch_size", True),
        ("epochs", -1),
        ("pixels", "raw"),
        ("gradient", "max"),
        ("schedule", "cosine"),
    ],
)
def test_a_field_outside_its_range_is_named(field, value):
    fields = {"optimiser": "sgd", "lr": 0.1, "batch_size": 1, field: value}
    with pytest.raises(HyperparameterError, match=str(value)):
        Config(**fields)


def test_a_plan_without_a_seed_is_refused():
    with pytest.raises(HyperparameterError, match="seeds 0: an integer, 1 or more"):
        runs_of([Config("sgd", 0.1, 1)], 0)
