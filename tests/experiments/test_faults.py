"""Searches on a full disk, in a place that cannot be written, twice at once, killed while they write."""

import json
from pathlib import Path

import pytest
from full_disk import REASON, full_disk
from small_search import call

from tp1.experiments import runner, stages, tables
from tp1.experiments.lock import alone

ONLY = ("--only", "assigned", "--workers", 1, "--output")


def listing(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def undisturbed(world):
    """The table of a search with two seeds that nothing has disturbed."""
    folder = world[0] / "undisturbed"
    assert call(*ONLY, folder, "--seeds", 2) == 0
    return (folder / "part2" / "assigned.csv").read_bytes()


def told(capsys):
    """The last error: one line."""
    lines = [
        line for line in capsys.readouterr().err.splitlines() if "tp1: error" in line
    ]
    assert len(lines) == 1
    return lines[0]


def test_a_full_disk_costs_nothing_that_was_there(world, undisturbed, capsys):
    folder = world[0] / "out"
    call(*ONLY, folder, "--seeds", 1)
    before = listing(folder)
    with full_disk():
        assert call(*ONLY, folder, "--seeds", 2) == 2
    error = told(capsys)
    assert stages.UNFINISHED in error
    assert ".pt cannot be written" in error
    assert REASON in error
    assert listing(folder) == before
    assert call(*ONLY, folder, "--seeds", 2) == 0
    assert (folder / "part2" / "assigned.csv").read_bytes() == undisturbed


def test_results_that_cannot_be_written_are_trained_once(
    world, undisturbed, capsys, monkeypatch
):
    folder = world[0] / "out"
    table = folder / "part2" / "assigned.csv"
    table.mkdir(parents=True)
    assert call(*ONLY, folder, "--seeds", 2) == 2
    assert f"{table} cannot be written (Is a directory)" in told(capsys)
    table.rmdir()
    # All is kept: nothing is trained from here on.
    monkeypatch.setattr(runner, "advance", None)
    before = listing(folder / "part2" / stages.UNFINISHED)
    with full_disk(100):
        assert call(*ONLY, folder, "--seeds", 2) == 2
    error = told(capsys)
    assert "assigned-times.csv cannot be written" in error
    assert REASON in error
    stacks = {name for name in before if name.endswith(".pt")}
    assert stacks
    assert stacks <= listing(folder / "part2" / stages.UNFINISHED).keys()
    assert call(*ONLY, folder, "--seeds", 2) == 0
    assert table.read_bytes() == undisturbed
    assert not (folder / "part2" / stages.UNFINISHED).exists()


@pytest.mark.parametrize("place", ["/proc/results", "file/results", "file"])
def test_a_place_that_cannot_be_written_is_named(world, capsys, place):
    folder = world[0]
    (folder / "file").write_text("precious")
    assert call(*ONLY, folder / place) == 2
    assert f"{folder / place / 'part2'} cannot be written to" in told(capsys)
    assert (folder / "file").read_text() == "precious"


def test_a_file_in_place_of_what_is_unfinished_is_named(world, capsys):
    folder = world[0]
    (folder / "part2").mkdir()
    (folder / "part2" / stages.UNFINISHED).write_text("precious")
    assert call(*ONLY, folder) == 2
    assert "assigned.csv cannot be used (Not a directory)" in told(capsys)
    assert (folder / "part2" / stages.UNFINISHED).read_text() == "precious"


def test_a_full_disk_elsewhere_is_told_too(world, capsys, monkeypatch):
    def unpack(*_):
        with full_disk(), (world[0] / "scratch").open("wb") as file:
            file.write(bytes(2000))

    monkeypatch.setattr(runner, "fashion_mnist", unpack)
    assert call(*ONLY, world[0] / "out") == 2
    assert REASON in told(capsys)


def test_of_two_searches_at_once_the_second_is_refused(world, undisturbed, capsys):
    folder = world[0] / "out"
    call(*ONLY, folder, "--seeds", 1)
    with alone(folder / "part2"):
        before = listing(folder)
        assert call(*ONLY, folder, "--seeds", 2) == 2
        assert "another search is at work" in told(capsys)
        assert listing(folder) == before
    assert call(*ONLY, folder, "--seeds", 2) == 0
    assert (folder / "part2" / "assigned.csv").read_bytes() == undisturbed


# Two tables and their receipts, aside and in place.
@pytest.mark.parametrize("written", range(8))
def test_a_kill_between_two_files_of_the_results_costs_no_run(
    world, undisturbed, monkeypatch, written
):
    folder = world[0] / "out"
    call(*ONLY, folder, "--seeds", 1)
    whole, calls = tables.write_atomically, []

    def killed(path, text):
        if len(calls) == written:
            path.with_name(f".{path.name}.12345").write_text(text[:50])
            raise KeyboardInterrupt
        calls.append(path)
        whole(path, text)

    monkeypatch.setattr(tables, "write_atomically", killed)
    assert call(*ONLY, folder, "--seeds", 2) == 130
    monkeypatch.setattr(tables, "write_atomically", whole)
    # The runs of the first seed, which were finished, and those of the second, which are kept.
    monkeypatch.setattr(runner, "advance", None)
    assert call(*ONLY, folder, "--seeds", 2) == 0
    part = folder / "part2"
    assert (part / "assigned.csv").read_bytes() == undisturbed
    assert sorted(path.name for path in part.iterdir()) == [
        f"assigned{kind}" for kind in ("-times.csv", "-times.json", ".csv", ".json")
    ]
    receipt = json.loads((part / "assigned.json").read_text())
    assert [more["runs"] for more in receipt["added"]] == [6]


def test_a_kill_before_what_was_kept_is_removed_leaves_nothing(world, monkeypatch):
    folder = world[0]
    forget = stages.kept.forget

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(stages.kept, "forget", killed)
    assert call(*ONLY, folder, "--seeds", 1) == 130
    assert (folder / "part2" / stages.UNFINISHED).exists()
    monkeypatch.setattr(stages.kept, "forget", forget)
    assert call(*ONLY, folder, "--seeds", 1) == 0
    assert not (folder / "part2" / stages.UNFINISHED).exists()


def of_other_code(path: Path):
    path.write_text(path.read_text().replace(stages.fingerprint(), "0" * 16))


def test_results_of_other_code_are_not_replaced_by_fewer_runs(world, capsys):
    folder = world[0]
    call(*ONLY, folder, "--seeds", 2)
    receipt = folder / "part2" / "assigned.json"
    of_other_code(receipt)
    before = listing(folder)
    assert call(*ONLY, folder, "--seeds", 1) == 2
    error = told(capsys)
    assert "assigned.csv has 12 runs of other code, and 6 would replace them" in error
    assert "--output" in error
    assert listing(folder) == before
    for seeds in (2, 3):
        assert call(*ONLY, folder, "--seeds", seeds) == 0
        assert json.loads(receipt.read_text())["code"] == stages.fingerprint()
        of_other_code(receipt)


def test_an_evaluation_of_other_code_is_not_replaced_by_one_of_fewer_seeds(
    world, capsys
):
    folder, reads = world
    options = ("--output", folder, "--workers", 1)
    call(*options, "--seeds", 2)
    of_other_code(folder / "part2" / "final.json")
    before = listing(folder)
    assert call(*options, "--only", "final", "--seeds", 1) == 2
    assert "has 2 seeds, and 1 would replace them" in told(capsys)
    assert listing(folder) == before
    assert len(reads) == 1
