"""A short soak: searches and renders killed at random moments lose nothing and do nothing twice."""

from random import Random

import pytest
from benchmarks.faults import renders, searches

from tp1.learning.data import checksums, defect, raw_folder

RANDOM = Random(1)  # noqa: S311 - no secret
pytestmark = pytest.mark.slow


@pytest.mark.data
@pytest.mark.skipif(
    any(defect(raw_folder() / name, md5) for name, md5 in checksums("train").items()),
    reason="no Fashion-MNIST: run `make data`",
)
def test_searches_that_are_killed_are_gone_on_with(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    found = searches.soak(tmp_path / "searches", 5, RANDOM)
    assert found["kills"] == 5
    assert found["begun"] > found["again"]
    wrong = ("different", "torn", "kept_again", "finished_again")
    assert {name: found[name] for name in wrong} == dict.fromkeys(wrong, 0)


def test_renders_that_are_killed_leave_the_old_or_the_new(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    found = renders.soak(tmp_path / "renders", 6, RANDOM)
    assert found["kills"] == 6
    wrong = ("different", "torn", "left")
    assert {name: found[name] for name in wrong} == dict.fromkeys(wrong, 0)
