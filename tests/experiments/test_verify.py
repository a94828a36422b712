"""Verifying: what is drawn, what is compared and how strictly, and that nothing frozen is touched."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tp1 import __main__ as command
from tp1.experiments import cli, comparison, final, part2, runner, verify, verify_cli
from tp1.experiments.images import prepared_sets
from tp1.experiments.plans import Config, Run, runs_of
from tp1.experiments.results import read_results
from tp1.experiments.stages import Session
from tp1.learning.data import Labelled

RESULTS = Path(__file__).parents[2] / "results"
ASSIGNED = ("part2/assigned", "part2/wider")


def plan(pixels):
    return lambda seeds: runs_of(
        [
            Config(optimiser, lr, 20, 2, pixels)
            for optimiser in ("sgd", "adam")
            for lr in (0.01, 1e38)
        ],
        seeds,
    )


def shrink(patch, small, raw_test):
    """Make the searches small, and the images."""
    patch.setattr(runner, "fashion_mnist", lambda *_: small)
    patch.setattr(final, "fashion_mnist", lambda *_: small)
    patch.setattr(final, "load_test", lambda scale: raw_test)
    searches = {"assigned": plan("unit"), "wider": plan("standard")}
    patch.setattr(part2, "SEARCHES", searches)
    patch.setattr(verify, "SEARCHES", ASSIGNED)
    patch.setattr(verify_cli, "FINALS", ("part2/final",))
    patch.setattr(cli, "verify", lambda *_: None)
    patch.setattr(verify_cli, "check_data", lambda *_: None)


@pytest.fixture(scope="module")
def results(small, raw_test, tmp_path_factory):
    """What small searches and their evaluation give."""
    folder = tmp_path_factory.mktemp("results")
    options = ("--output", str(folder), "--seeds", "2", "--workers", "1")
    with pytest.MonkeyPatch.context() as patch:
        shrink(patch, small, raw_test)
        assert command.main(["run", "part2", *options, "--device", "cpu"]) == 0
    return folder


@pytest.fixture
def frozen(results, monkeypatch, small, raw_test, tmp_path, one_thread):
    """A copy of the results, to be damaged, where everything is small."""
    shrink(monkeypatch, small, raw_test)
    return shutil.copytree(results, tmp_path / "frozen")


def call(folder, *arguments):
    options = ("--results", folder, "--workers", 1, "--device", "cpu", *arguments)
    return command.main(["verify", *map(str, options)])


def rewrite(table, change, **receipt):
    """Change a frozen table's text and its receipt, so that they still go together."""
    text = change(table.read_text())
    table.write_text(text)
    json_file = table.with_suffix(".json")
    content = {
        **json.loads(json_file.read_text()),
        **receipt,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    json_file.write_text(json.dumps(content))


def moved(measure, row, by):
    """Give a change of one number of a table, the rows counted from 1."""

    def change(text):
        lines = text.splitlines()
        cells = lines[row].split(",")
        column = lines[0].split(",").index(measure)
        cells[column] = f"{float(cells[column]) * by:.6g}"
        lines[row] = ",".join(cells)
        return "\n".join(lines) + "\n"

    return change


def content(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_everything_is_the_same_again_and_the_freeze_untouched(frozen, capsys):
    before = content(frozen)
    assert call(frozen, "--all") == 0
    out = capsys.readouterr().out
    assert content(frozen) == before
    lines = [line.split() for line in out.splitlines()]
    header, assigned, wider, evaluation, total = lines[:5]
    assert header == ["search", "runs", "numbers", "same", "rounding", "chaotic", "differs"]  # fmt: skip
    assert assigned == ["part2/assigned", "8", "96", "8", "0", "0", "0"]
    assert wider == ["part2/wider", *assigned[1:]]
    # 4 choices of 2 seeds, and the 5 other tables.
    assert evaluation[:2] == ["part2/final", str(4 * 2 + 5)]
    assert evaluation[3:] == ["13", "0", "0", "0"]
    assert (total[0], total[1]) == ("total", str(8 + 8 + 13))
    assert "every digit counts" in out


def test_a_number_that_differs_is_named(frozen, capsys):
    rewrite(frozen / "part2/assigned.csv", moved("val_loss", 2, 1.00001))
    assert call(frozen, "--all") == 1
    (line,) = [
        line
        for line in capsys.readouterr().out.splitlines()
        if line.startswith("differs: part2/assigned")
    ]
    assert "optimiser=adam, lr=0.01, batch_size=20, epochs=2, seed=0" in line
    assert "epoch 1, val_loss" in line
    assert "(1 of 12 numbers)" in line


def test_a_cell_of_the_evaluation_that_differs_is_found(frozen, capsys):
    table = frozen / "part2/final-confusion.csv"
    rewrite(table, lambda text: text[:-2] + str((int(text[-2]) + 1) % 10) + "\n")
    before = table.read_bytes()
    assert call(frozen, "--all") == 1
    out = capsys.readouterr().out
    assert "differs: part2/final: final-confusion.csv" in out
    assert out.count("differs:") == 1
    assert table.read_bytes() == before


def test_a_sample_says_its_seed_and_can_be_drawn_again(frozen, capsys, tmp_path):
    assert call(frozen, "--sample", 3) == 0
    first = capsys.readouterr().out
    assert first.startswith("3 runs drawn with --seed ")
    seed = first.split("--seed ")[1].split()[0]
    again = tmp_path / "again"
    assert call(frozen, "--sample", 3, "--seed", seed, "--output", again) == 0
    assert capsys.readouterr().out == first
    tables = [
        again / name for name in ASSIGNED if (again / name).with_suffix(".csv").exists()
    ]
    kept = [read_results(table) for table in tables]
    assert sum(len(results.history) for results in kept) == 3


def test_what_is_kept_is_not_trained_again(frozen, monkeypatch, tmp_path):
    options = ("--sample", 4, "--seed", 1, "--output", tmp_path / "again")
    assert call(frozen, *options) == 0
    monkeypatch.setattr(runner, "advance", None)
    assert call(frozen, *options) == 0


@given(
    sizes=st.lists(st.integers(0, 5), min_size=1, max_size=4),
    n=st.integers(1, 25),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_draw_has_no_run_twice_and_none_from_elsewhere(sizes, n, seed):
    whole = {
        str(i): runs_of([Config("sgd", 0.1 + i, 20)], size) if size else []
        for i, size in enumerate(sizes)
    }
    drawn = verify.draw(whole, n, seed)
    flat = [(name, run) for name, runs in drawn.items() for run in runs]
    assert len(flat) == len(set(flat)) == min(n, sum(sizes))
    assert all(run in whole[name] for name, run in flat)
    assert drawn == verify.draw(whole, n, seed)


def test_all_runs_have_the_same_chance():
    whole = {"a": runs_of([Config("sgd", 0.1, 20)], 6)}
    drawn = [
        run.seed for seed in range(600) for run in verify.draw(whole, 2, seed)["a"]
    ]
    assert min(drawn.count(seed) for seed in range(6)) > 150


def judged(frozen, tmp_path, change=None):
    """Change what passes for another machine's results; give the verdicts, all that are "same" left out."""
    table = frozen / "part2/assigned.csv"
    rewrite(table, change or (lambda text: text), machine="Abacus, 2 cores, WOOD")
    found = list(
        verify.verify(
            verify.whole(frozen), frozen, Session(tmp_path / "new", "cpu", 1, True)
        )
    )
    assert {one.search: one.elsewhere for one in found} == {
        "part2/assigned": ("machine",),
        "part2/wider": (),
    }
    return [one.verdict for one in found if one.verdict != "same"]


@pytest.mark.parametrize(
    ("measure", "row", "by", "moves", "verdicts"),
    [
        ("val_loss", 2, 1.0, 0, []),
        ("val_loss", 2, 1.004, 0, ["rounding"]),
        ("val_loss", 2, 1.01, 0, ["differs"]),
        ("val_loss", 2, 1.01, 0.01, ["chaotic"]),
        ("train_accuracy", 3, 0.9, 0, ["differs"]),
        ("val_loss", 1, 1.0005, 0, ["rounding"]),
        # An initial model is the same on every machine.
        ("val_loss", 1, 1.004, 0.01, ["differs"]),
    ],
)
def test_on_another_machine_rounding_is_told_from_errors(
    frozen, tmp_path, monkeypatch, measure, row, by, moves, verdicts
):
    monkeypatch.setattr(verify, "sensitivity", lambda *_: moves)
    assert judged(frozen, tmp_path, moved(measure, row, by)) == verdicts


def test_roundings_move_a_run_beyond_the_stable_rates_and_no_other(
    monkeypatch, one_thread
):
    # Labels that nothing explains: a long step never finds a place to rest.
    generator = torch.Generator().manual_seed(0)
    x = torch.zeros(150, 784)
    x[:, :3] = torch.rand(150, 3, generator=generator)
    noise = Labelled(x, torch.randint(10, (150,), generator=generator))
    sets = prepared_sets(noise, noise)
    monkeypatch.setattr(runner, "fashion_mnist", lambda *_: sets)
    stable, wild = (Run(Config("sgd", lr, 20, 20), 0) for lr in (0.01, 10.0))
    assert verify.sensitivity(stable, "cpu") < 1e-4
    assert verify.sensitivity(wild, "cpu") > 100 * verify.SENSITIVE


def test_departures_are_of_what_is_written():
    was = np.array([[2.0, 0.5, np.nan, 0.5], [np.inf, 0.5, 1.0, 0.5]])
    now = np.array([[2.0000001, 0.5, np.nan, 0.6], [np.inf, 0.5, np.nan, 0.5]])
    apart = comparison.departures(was, now)
    assert np.allclose(apart[0], [0, 0, 0, 0.1])
    assert apart[1].tolist() == [0, 0, np.inf, 0]


def test_the_number_of_cores_and_of_workers_does_not_count_and_every_session_does():
    receipt = {
        "code": "c",
        "versions": {"python": "3", "torch": "2", "numpy": "2"},
        "machine": "EPYC, 2 cores, AVX512",
        "workers": 2,
    }
    here = {**receipt, "machine": "EPYC, 64 cores, AVX512", "workers": 9}
    assert comparison.changed(receipt, here) == ()
    other = {**receipt, "versions": {"python": "3", "torch": "1", "numpy": "2"}}
    assert comparison.changed({**receipt, "added": [other]}, here) == ("versions",)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--sample", 0), "--sample 0: 1 or more"),
        (("--workers", 0), "--workers 0: 1 or more"),
        (("--seed", -1), "--seed -1: 0 or more"),
    ],
)
def test_bad_input_is_refused(frozen, capsys, arguments, words):
    assert call(frozen, *arguments) == 2
    assert words in capsys.readouterr().err


def test_the_freeze_is_not_written_to(frozen, capsys):
    before = content(frozen)
    assert call(frozen, "--sample", 1, "--output", frozen / "part2" / "..") == 2
    assert "are not overwritten" in capsys.readouterr().err
    assert content(frozen) == before


def test_results_that_are_missing_are_named(tmp_path, capsys):
    assert call(tmp_path, "--sample", 1) == 2
    assert "assigned.csv is missing" in capsys.readouterr().err


def test_the_searches_are_those_of_the_parts():
    assert verify.SEARCHES == (
        "part2/assigned", "part2/wider", "part3/rates", "part3/shapes", "part3/own",
    )  # fmt: skip
    plan = verify.whole(RESULTS)
    assert sum(map(len, plan.values())) == 120 + 360 + 96 + 90 + 10
    short = verify.quick(RESULTS, 1.0)
    assert all(set(runs) <= set(plan[name]) for name, runs in short.items())
    assert 0 < sum(map(len, short.values())) < sum(map(len, plan.values()))


def test_the_notebooks_full_setting_makes_everything_again(
    frozen, tmp_path, monkeypatch
):
    chapter = RESULTS.parent / "report/annexe-reproductibilite.qmd"
    chunks = re.findall(r"```\{python\}\n(.*?)```", chapter.read_text(), re.DOTALL)
    setup, again, claims = (
        next(chunk for chunk in chunks if f"label: {label}\n" in chunk)
        for label in ("setup-reproductibilite", "tbl-refaire", "refaire-affirmations")
    )
    monkeypatch.chdir(tmp_path)
    before = content(frozen)
    names = {"COMPLET": True}
    exec(setup, names)  # noqa: S102
    names |= {
        "results_folder": lambda part: frozen / part,
        "FINALS": ("part2/final",),
        "default_workers": lambda device: 1,
    }
    exec(again + claims, names)  # noqa: S102
    assert len(names["refaits"]) == 8 + 8 + 13
    assert {one.verdict for one in names["refaits"]} == {"same"}
    assert content(frozen) == before
    assert (tmp_path / "refait/part2/final.csv").exists()


@pytest.mark.slow
@pytest.mark.data
def test_frozen_runs_come_out_as_they_were(tmp_path):
    plan = verify.draw(verify.quick(RESULTS, 1.0), 5, 8225)
    session = Session(tmp_path, "cpu", 1, quiet=True)
    assert "differs" not in [c.verdict for c in verify.verify(plan, RESULTS, session)]
