"""A whole folder of results, damaged: status, verify and the stages name what is wrong."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from counting import fuzz
from damaged_tables import (
    RAW,
    byte_changes,
    changed_bytes,
    changed_receipt,
    changed_table,
    grid_changes,
    receipt_changes,
    sealed,
)
from frozen import MACHINE, freeze, receipt_of
from hostile import attempt
from hypothesis import strategies as st

from tp1 import status
from tp1.__main__ import main
from tp1.experiments import stages, verify, verify_cli
from tp1.experiments.errors import ResultsError
from tp1.experiments.plans import Config
from tp1.experiments.provenance import fingerprint, provenance
from tp1.experiments.results import Results, read_results
from tp1.experiments.stages import Session
from tp1.experiments.verify import FINALS, SEARCHES


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Results that are whole, twice; nothing is trained, and the book has no chapter."""
    root = tmp_path_factory.mktemp("project")
    freeze(root / "results")
    freeze(root / "again")

    def search(name: str, runs: list, session: Session) -> Results:
        whole = read_results(session.output / name)
        return Results(whole.history, {**provenance(MACHINE, 1)})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(status, "outdated_chapters", lambda root: {})
        patch.setattr(stages, "search", search)
        patch.setattr(stages, "conclude", lambda *_: None)
        patch.setattr(verify, "sensitive", lambda *_: set())
        patch.setattr(verify_cli, "check_data", lambda *_: None)
        yield root


NAMES = (*SEARCHES, *(f"{name}-times" for name in SEARCHES), *FINALS,
         "part2/final-images", "part2/final-weights", "part3/final-mistakes")  # fmt: skip
damages = {
    "name": st.sampled_from(NAMES),
    "cells": st.just([]) | grid_changes,
    "bytes_of": st.just([]) | st.just([]) | byte_changes,
    "receipt": receipt_changes,
    "raw": st.none() | st.none() | st.none() | st.sampled_from(RAW),
    "right": st.sampled_from([True, True, True, False]),
}


@contextlib.contextmanager
def damaged(
    path: Path,
    cells: list,
    bytes_of: list,
    receipt: list,
    raw: bytes | None,
    right: bool,
) -> Iterator[tuple[dict[str, Any], bool]]:
    """Damage a table and its receipt; give what the receipt says now, and whether the table is as it was."""
    table, beside = path.with_suffix(".csv"), path.with_suffix(".json")
    before = table.read_bytes(), beside.read_bytes()
    content = changed_bytes(changed_table(before[0].decode(), cells), bytes_of)
    told = changed_receipt(receipt_of(path), receipt)
    try:
        table.write_bytes(content)
        if raw is None:
            beside.write_bytes(sealed(content if right else b"", told))
        else:
            beside.write_bytes(raw)
        yield told, content.replace(b"\r\n", b"\n") == before[0]
    finally:
        table.write_bytes(before[0])
        beside.write_bytes(before[1])


def command(*arguments: str) -> tuple[int, str]:
    """Run a command in this process, with an output that takes what a terminal takes."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    err = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    out.flush()
    assert len(err.getvalue()) < 2000
    return code, out.buffer.getvalue().decode() + err.getvalue()


@fuzz(2_000, **damages)
def test_status_names_what_is_wrong(root, name, **damage):
    with damaged(root / "results" / name, **damage) as (told, _):
        code, said = command("status", str(root))
    assert code in (0, 1, 2)
    assert "Traceback" not in said
    if code == 0:
        assert damage["right"]
        assert damage["raw"] is None
        assert told["code"] == fingerprint()
        data = provenance(MACHINE, 1)["data"]
        assert {name: told["data"][name] for name in data} == data
    else:
        assert name in said


@fuzz(
    1_000, arguments=st.sampled_from([["--all"], ["--sample=3", "--seed=1"]]), **damages
)
def test_verify_says_same_or_what_is_wrong(root, arguments, name, **damage):
    with damaged(root / "results" / name, **damage) as (_, same_table):
        code, said = command(
            "verify", *arguments, "--device=cpu", "--workers=1",
            f"--results={root / 'results'}", f"--output={root / 'again'}",
        )  # fmt: skip
    assert code in (0, 1, 2)
    if code == 1:
        assert "differs" in said
        assert not same_table
    if code == 0 and arguments == ["--all"] and name in SEARCHES:
        assert same_table or damage["bytes_of"] or damage["cells"]


@fuzz(2_000, seeds=st.integers(1, 3), **damages)
def test_stages_take_what_is_whole_for_finished_and_nothing_else(
    root, seeds, name, **damage
):
    path = root / "results" / name
    whole = read_results(path) if name in SEARCHES else None
    session = Session(path.parent, "cpu", 1, quiet=True)
    with damaged(path, **damage) as (told, same_table):
        if whole is not None:
            found, _ = stages.finished(path)
            searched, error = attempt(lambda: stages.searched(path.name, session))
            assert error is None or isinstance(error, ResultsError)
            for results in (found, searched):
                if results and results.history and same_table:
                    assert told["code"] == fingerprint()
                    same_history(results, whole)
            attempt(lambda: stages.refuse_replacing(path, 1))
        if name in FINALS:
            before = {"choices": {"one": {}, "two": vars(Config("sgd", 0.1, 20, 1))}}
            attempt(lambda: stages.refuse_fewer(path.parent, seeds))
            there, _ = attempt(lambda: stages.evaluated(path.parent, wanted(told)))
            assert there in (True, False, None)
            assert not attempt(lambda: stages.evaluated(path.parent, before))[0]


def wanted(told: dict[str, Any]) -> dict[str, Any]:
    """Ask for an evaluation as it is told of, whatever that is."""
    return {"choices": told.get("choices"), "code": fingerprint()}


def same_history(results: Results, whole: Results) -> None:
    assert results.history.keys() == whole.history.keys()
    for run, history in whole.history.items():
        np.testing.assert_array_equal(results.history[run], history)
