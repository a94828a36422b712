"""The final evaluation, read from its files and compared in two ways."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import ttest_rel

from tp1.experiments.errors import ResultsError
from tp1.experiments.final import TABLES, final_columns
from tp1.experiments.plans import Config
from tp1.experiments.tables import write_table
from tp1.reporting.final import Choice, compare, final_table, load_final
from tp1.reporting.french import NBSP
from tp1.reporting.hand_in import REPORTED_TEST

COLUMNS = final_columns([Config("sgd", 0.1, 1)])


def test_the_made_up_tables_have_the_columns_of_real_ones(final_folder):
    header = (final_folder / "final.csv").read_text().splitlines()[0]
    assert tuple(header.split(",")) == COLUMNS


def test_everything_comes_back(final_folder):
    final = load_final(final_folder)
    assert list(final.choices) == [
        "assigned-sgd",
        "assigned-adam",
        "wider-sgd",
        "wider-adam",
    ]
    choice = final.choices["wider-adam"]
    config = Config("adam", 0.0003, 500, 20, "standard", "mean", "linear")
    assert choice.config == config
    assert choice.seeds == (0, 1, 2, 3, 4)
    assert choice.best_epochs.tolist() == [3, 4, 3, 4, 3]
    np.testing.assert_allclose(choice.val_accuracy, [0.85, 0.851, 0.852, 0.853, 0.854])
    np.testing.assert_allclose(choice.test_loss, [0.45, 0.46, 0.47, 0.48, 0.49])
    assert final.best == "wider-adam"
    assert final.weights.shape == (785, 10)
    assert final.mistakes[2] == (14, 2, 5, 0.97)
    assert final.provenance["code"] == "made up"
    assert final.provenance["seeds"] == 5


def test_the_tables_tell_one_story(final_folder):
    """Accuracy by seed, by image and by class is the same accuracy."""
    for choice in load_final(final_folder).choices.values():
        by_seed = choice.test_accuracy.mean()
        assert choice.right.sum() / (5 * len(choice.right)) == pytest.approx(by_seed)
        assert choice.confusion.trace() / choice.confusion.sum() == pytest.approx(
            by_seed
        )
        assert choice.confusion.sum(axis=1).tolist() == [200] * 10
        predictions, _, hits = choice.calibration.sum(axis=0)
        assert predictions == 2000
        assert hits == choice.right.sum()


def test_the_calibration_error_is_what_bins_are_off_by(final_folder):
    choice = load_final(final_folder).choices["wider-adam"]
    bins = np.array([[4.0, 1.0, 2.0], [0, 0, 0], [6.0, 5.5, 4.0]])
    # Two bins, 4 and 6 predictions: |1 - 2| and |5.5 - 4| of 10.
    assert replace(choice, calibration=bins).calibration_error == pytest.approx(0.25)


def test_a_network_has_no_table_of_weights(final_folder):
    config = replace(
        load_final(final_folder).choices["wider-adam"].config, depth=2, width=5
    )
    for path in final_folder.glob("final*.json"):
        receipt = json.loads(path.read_text())
        receipt["choices"]["wider-adam"] = asdict(config)
        path.write_text(json.dumps(receipt))
    (final_folder / "final-weights.csv").unlink()
    assert load_final(final_folder).weights is None


def test_the_folder_may_come_from_the_environment(final_folder, monkeypatch):
    (final_folder / "part2").mkdir()
    for path in final_folder.glob("final*.*"):
        path.rename(final_folder / "part2" / path.name)
    monkeypatch.setenv("TP1_RESULTS_DIR", str(final_folder))
    assert load_final().best == "wider-adam"


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_a_missing_table_is_an_error(final_folder, name, suffix):
    (final_folder / f"{name}.{suffix}").unlink()
    with pytest.raises(ResultsError, match=rf"{name}.{suffix} is missing"):
        load_final(final_folder)


@pytest.mark.parametrize("name", [name for name in TABLES if name != "final"])
def test_tables_of_two_evaluations_are_refused(final_folder, name):
    path = final_folder / f"{name}.json"
    receipt = json.loads(path.read_text())
    path.write_text(json.dumps({**receipt, "code": "another"}))
    with pytest.raises(ResultsError, match=rf"{name}.csv and final.csv are not of one"):
        load_final(final_folder)


@pytest.mark.parametrize(
    ("name", "columns", "rows"),
    [
        ("final", ["choice"], [["wider-adam"]]),
        ("final", COLUMNS, [["wider-sgd", "sgd", "x", 1, 1, "unit", "sum", "constant", *range(8)]]),
        ("final-images", ["wider-sgd"], [[1]]),
        ("final-weights", ["class_0"], [["heavy"]]),
        ("final-mistakes", ["image"], [[1]]),
        ("final-calibration", ["choice", "bin"], [["wider-adam", 0]]),
        ("final", COLUMNS, []),
    ],
)  # fmt: skip
def test_tables_of_another_kind_are_refused(final_folder, name, columns, rows):
    receipt = json.loads((final_folder / "final.json").read_text())
    write_table(final_folder / name, columns, rows, receipt)
    with pytest.raises(ResultsError, match=r"cannot be understood .*make experiments"):
        load_final(final_folder)


def test_the_table_has_a_row_for_each_choice_and_for_the_hand_in(final_folder):
    choices = load_final(final_folder).choices
    table = final_table(list(choices.values()), list(REPORTED_TEST.values()))
    _, _, *body = table.data.replace(NBSP, " ").split("\n")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in body]
    assert [row[0] for row in rows] == ["énoncé"] * 2 + ["élargie"] * 2 + [
        "remise antérieure"
    ] * 2
    assert (
        rows[3][1] == "Adam, taux 0,0003, mini-lots de 500, pixels centrés et réduits"
    )
    # 0.85, 0.851 … 0.854: deviation 0.00158, error 0.00071
    assert rows[3][2:4] == ["85,20 ± 0,07", "0,470 ± 0,007"]
    accuracy = 100 * choices["wider-adam"].test_accuracy
    error = accuracy.std(ddof=1) / 5**0.5
    assert rows[3][4] == f"{accuracy.mean():.2f} ± {error:.2f}".replace(".", ",")
    assert rows[4] == [
        "remise antérieure",
        "SGD, taux 0,01, mini-lots de 1",
        "85,73",
        "0,531",
        "83,12",
    ]
    assert rows[5][3:] == ["0,464", "83,87"]


def choice(accuracy, right, seeds=None):
    seeds = tuple(range(len(accuracy))) if seeds is None else seeds
    array = np.asarray(accuracy, dtype=float)
    none = np.zeros((10, 10), dtype=int)
    return Choice(
        "x-sgd",
        Config("sgd", 0.1, 1),
        seeds,
        array,
        array,
        array,
        array,
        np.array(right),
        none,
        none,
    )


@given(
    arrays(float, (2, 4), elements=st.integers(0, 1000).map(lambda k: k / 1000)),
    arrays(int, (2, 30), elements=st.integers(0, 4)),
)
def test_both_comparisons_are_students_paired_tests(accuracies, right):
    paired = compare(choice(accuracies[0], right[0]), choice(accuracies[1], right[1]))
    for found, (a, b) in ((paired.by_seed, accuracies), (paired.by_image, right / 4)):
        assert found.mean == pytest.approx(a.mean() - b.mean(), abs=1e-12)
        if np.std(a - b) > 1e-9:
            low, high = ttest_rel(a, b).confidence_interval()
            assert found.low == pytest.approx(low, abs=1e-12)
            assert found.high == pytest.approx(high, abs=1e-12)


def test_the_two_sides_have_one_mean(final_folder):
    choices = load_final(final_folder).choices
    paired = compare(choices["wider-adam"], choices["assigned-sgd"])
    assert paired.by_seed.mean == pytest.approx(paired.by_image.mean)
    assert paired.by_seed.mean > 0.1
    assert (paired.by_seed.n, paired.by_image.n) == (5, 400)
    assert (paired.joint.n, paired.joint.mean) == (5, paired.by_seed.mean)
    assert not paired.by_seed.has_zero


@pytest.mark.parametrize(
    ("skill", "flips", "most"),
    [(0.003, 0, 0.97), (0.03, 0, 0.97), (0.01, 0.05, 0.99)],
)
def test_the_joint_interval_covers_other_seeds_and_other_images(skill, flips, most):
    """Trained and tested anew each time; flips are what a seed does on an image, which counts twice."""
    random = np.random.default_rng(8225)
    held, draws = 0, 1000
    for _ in range(draws):
        # Two models whose seeds differ in skill, on images that differ in difficulty.
        images, seeds = random.random(1000), skill * random.normal(size=(2, 5, 1))
        hits = images < np.array([0.8, 0.82])[:, None, None] + seeds
        hits ^= random.random(hits.shape) < flips
        one, other = (choice(h.mean(axis=1), h.sum(axis=0)) for h in hits)
        joint = compare(other, one).joint
        held += joint.low <= 0.02 * (1 - 2 * flips) <= joint.high
    assert 0.935 < held / draws < most


def test_what_cannot_be_paired_is_refused():
    one = choice([0.8, 0.9], [1, 2])
    with pytest.raises(ResultsError, match="cannot be paired"):
        compare(one, choice([0.8, 0.9], [1, 2], seeds=(0, 2)))
    with pytest.raises(ResultsError, match="cannot be paired"):
        compare(one, choice([0.8, 0.9], [1, 2, 0]))
    with pytest.raises(ResultsError, match="2 finite values"):
        compare(choice([0.8], [1, 2]), choice([0.8], [1, 2]))
