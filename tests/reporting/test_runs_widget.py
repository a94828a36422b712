"""The explorer's data are the searches, as they are."""

import gzip
import json
from dataclasses import replace

import numpy as np
import pytest

from tp1.experiments.errors import ResultsError
from tp1.experiments.measures import MEASURES
from tp1.experiments.plans import Config, Run
from tp1.experiments.results import Results, read_results
from tp1.reporting.results import results_folder
from tp1.reporting.runs_widget import PARTS, Search, runs_widget, search_data

BUDGET = 300_000  # bytes of a page's data, compressed
SMALL = Search("small", "Petite", ("optimiser",), "lr", "batch_size")


def data_of(part):
    text = runs_widget(part).data
    start = text.index(">", text.index("application/json")) + 1
    return text[start : text.index("</script>")]


@pytest.fixture
def small():
    runs = [Run(Config("sgd", lr, 5, 1), seed) for lr in (0.1, 0.2) for seed in (3, 4)]
    return {run: np.full((2, 4), 0.25) for run in runs}


@pytest.mark.parametrize("part", PARTS)
def test_every_number_of_the_searches_is_there_and_nothing_else(part):
    text = data_of(part)
    assert len(gzip.compress(text.encode())) < BUDGET
    for found, search in zip(json.loads(text)["searches"], PARTS[part], strict=True):
        results = read_results(results_folder(part) / search.name)
        assert [found["name"], found["rows"], found["columns"]] == [
            search.name, search.rows, search.columns,
        ]  # fmt: skip
        assert len(found["cells"]) * len(found["seeds"]) == len(results.history)
        runs = [
            (dict(zip(found["config"], cell["config"], strict=True)), seed)
            for cell in found["cells"]
            for seed in found["seeds"]
        ]
        for index, (texts, seed) in enumerate(runs):
            config = Config(
                **{
                    name: type(getattr(Config("sgd", 0.0, 1), name))(value)
                    for name, value in texts.items()
                }
            )
            history = results.history[Run(config, seed)]
            for column, measure in enumerate(MEASURES):
                values = np.array(found[measure][index], dtype=float)  # None is nan
                np.testing.assert_array_equal(values, history[:, column])


def test_fields_are_in_the_order_and_the_words_of_the_tables():
    assigned, wider = json.loads(data_of("part2"))["searches"]
    shown = {field["name"]: field["shown"] for field in assigned["fields"]}
    assert shown == {
        "optimiser": ["SGD", "Adam"],
        "lr": ["0,1", "0,01", "0,001"],
        "batch_size": ["1", "20", "200", "1\u202f000"],
    }
    pixels = next(field for field in wider["fields"] if field["name"] == "pixels")
    assert pixels["values"] == ["unit", "standard"]
    assert assigned["setting"] == (
        "5\u00a0époques, gradient sommé, taux constant, pixels dans [0, 1]"
    )


def test_what_is_not_finite_is_nothing(small):
    broken = dict(small)
    first = next(iter(broken))
    broken[first] = np.array([[0.5, 0.5, 0.5, 0.5], [np.nan, 0, np.inf, 0]])
    found = search_data(SMALL, Results(broken, {}))
    assert found["train_loss"][0] == found["val_loss"][0] == [0.5, None]
    assert found["val_accuracy"][0] == [0.5, 0.0]


def test_a_search_with_a_hole_or_that_its_fields_do_not_tell_apart_is_refused(small):
    whole = search_data(SMALL, Results(small, {}))
    assert whole["seeds"] == [3, 4]
    hole = dict(list(small.items())[:-1])
    with pytest.raises(ResultsError, match=r"lacks .*seed=4"):
        search_data(SMALL, Results(hole, {}))
    longer = {**small, next(iter(small)): np.full((3, 4), 0.25)}
    with pytest.raises(ResultsError, match="as many epochs"):
        search_data(SMALL, Results(longer, {}))
    twice = small | {
        Run(replace(run.config, pixels="standard"), run.seed): history
        for run, history in small.items()
    }
    with pytest.raises(ResultsError, match="tell the configurations apart"):
        search_data(SMALL, Results(twice, {}))


def test_one_seed_has_no_interval(small):
    alone = {run: history for run, history in small.items() if run.seed == 3}
    assert search_data(SMALL, Results(alone, {}))["quantile"] is None
