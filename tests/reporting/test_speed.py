"""How long a step takes: what was measured comes back, and the figures show it."""

import json

import pytest
from matplotlib.patches import Rectangle

from tp1.experiments.errors import ResultsError
from tp1.experiments.tables import read_table, write_table
from tp1.reporting.speed import COLUMNS, PHASES, Place, load_speed
from tp1.reporting.speed_figures import phases_figure, ratio_figure


def again(folder, change_rows=lambda rows: rows, **changes):
    """Write the tables anew, with other rows or another provenance, which then match."""
    rows, provenance = read_table(folder / "mlp_steps")
    cells = [tuple(row[name] for name in COLUMNS) for row in change_rows(rows)]
    write_table(folder / "mlp_steps", COLUMNS, cells, {**provenance, **changes})


def test_everything_comes_back(speed_folder):
    speed = load_speed(speed_folder)
    place = Place(5, 1000, 20, "adam", 2)
    assert len(speed.times) == 2 * 2 * 3 * 2 * 2
    hand = speed.times[place]["by hand"]
    assert hand.seconds == pytest.approx(1e-8 * 5 * 1000 * 30 / 2)
    assert (hand.rounds, hand.operations, hand.memory) == (5, 100, 20_000)
    assert hand.low < hand.seconds < hand.high
    assert speed.ratio(place) == pytest.approx(20.05, rel=1e-4)
    assert speed.phases[place]["by hand"]["update"] == pytest.approx(hand.seconds / 2)
    assert speed.share_of_peak(place) == pytest.approx(20 * 600 / hand.seconds / 2e11)
    assert speed.values("optimiser") == ["sgd", "adam"]
    assert speed.values("batch") == [1, 20, 1000]


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_a_missing_file_is_an_error_that_says_what_makes_it(speed_folder, suffix):
    (speed_folder / f"mlp_steps.{suffix}").unlink()
    with pytest.raises(
        ResultsError, match=rf"mlp_steps.{suffix} is missing: .*make bench"
    ):
        load_speed(speed_folder)


def test_a_table_that_was_changed_is_refused(speed_folder):
    path = speed_folder / "mlp_steps.csv"
    path.write_text(path.read_text().replace("adam", "sgd", 1))
    with pytest.raises(ResultsError, match=r"is not the table .*make bench"):
        load_speed(speed_folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: [],
        lambda rows: rows[1:],
        lambda rows: [{**rows[0], "seconds": "0"}, *rows[1:]],
        lambda rows: [{**rows[0], "seconds": "nan"}, *rows[1:]],
        lambda rows: [{**rows[0], "operations": ""}, *rows[1:]],
        lambda rows: [{**rows[0], "memory": "0"}, *rows[1:]],
    ],
)
def test_rows_that_are_no_steps_are_refused(speed_folder, change):
    again(speed_folder, change)
    with pytest.raises(ResultsError, match=r"does not hold steps .*make bench"):
        load_speed(speed_folder)


@pytest.mark.parametrize("field", ["peak", "phases", "work"])
def test_a_receipt_that_lacks_something_is_refused(speed_folder, field):
    path = speed_folder / "mlp_steps.json"
    receipt = json.loads(path.read_text())
    del receipt[field]
    path.write_text(json.dumps(receipt))
    with pytest.raises(ResultsError, match="does not hold steps"):
        load_speed(speed_folder)


def test_the_heat_maps_show_every_ratio_on_a_scale_centred_on_1(speed_folder):
    speed = load_speed(speed_folder)
    *panels, bar = ratio_figure(speed, 2).axes
    titles = [ax.get_title() for ax in panels]
    assert titles == [f"{o}, $L =$ {d}" for o in ("SGD", "Adam") for d in (1, 5)]
    for ax in panels:
        shown = [text.get_text() for text in ax.texts]
        assert shown == ["1,50", "0,55", "0,50", "21,00", "20,05", "20,00"]
        norm = ax.collections[0].norm
        assert norm(1) == pytest.approx(0.5)
        assert norm.vmin * norm.vmax == pytest.approx(1)
        assert ax.get_ylim() == (1.5, -0.5)
    assert "autograd" in bar.get_ylabel()


def test_the_bars_are_the_phases_as_shares_of_autograds_step(speed_folder):
    speed = load_speed(speed_folder)
    figure = phases_figure(speed, 1, "adam")
    assert figure.axes[1].get_title() == "$B =$ 20"
    for ax, batch in zip(figure.axes, (1, 20, 1000), strict=True):
        bars = [p for p in ax.patches if isinstance(p, Rectangle)]
        assert len(bars) == 2 * 2 * len(PHASES)
        for at, width in enumerate((25, 1000)):
            ratio = speed.ratio(Place(5, width, batch, "adam", 1))
            hand, peer = (
                sum(b.get_height() for b in bars[first : first + 3])
                for first in (6 * at, 6 * at + 3)
            )
            assert peer == pytest.approx(1)
            assert hand == pytest.approx(1 / ratio, rel=1e-4)
    # 1e-8 × 5 × 25 × 11 s, and half as much again
    first = [text.get_text() for text in figure.axes[0].texts][:2]
    assert first == ["14\u00a0µs", "21\u00a0µs"]


def test_what_was_not_measured_cannot_be_drawn(speed_folder):
    speed = load_speed(speed_folder)
    with pytest.raises(ResultsError, match="not measured"):
        ratio_figure(speed, 3)
    with pytest.raises(ResultsError, match="no phases were measured"):
        phases_figure(speed, 3)
