"""The workflow that publishes: from the freeze alone, checked first, with no more rights than it needs."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tp1.__main__ import main

PROJECT = Path(__file__).parents[1]
FILE = PROJECT / ".github/workflows/pages.yml"


@pytest.fixture(scope="module")
def workflow() -> dict[Any, Any]:
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def steps(workflow: dict[Any, Any], job: str) -> list[str]:
    """What a job does, in order: the commands that it runs and the actions that it uses."""
    return [
        step.get("run") or step["uses"].split("@")[0]
        for step in workflow["jobs"][job]["steps"]
    ]


def test_it_renders_from_the_freeze_after_having_checked_it(workflow) -> None:
    assert steps(workflow, "render") == [
        "actions/checkout",
        "actions/setup-python",
        "make .venv/.report",
        ".venv/bin/python -m tp1 weave --check",
        ".venv/bin/python -m tp1 weave",
        "actions/upload-pages-artifact",
        "actions/upload-artifact",
    ]
    (uploaded,) = [
        step["with"]["path"]
        for step in workflow["jobs"]["render"]["steps"]
        if "upload-pages-artifact" in step.get("uses", "")
    ]
    assert uploaded == "_output"
    assert not [
        step
        for job in workflow["jobs"].values()
        for step in job["steps"]
        if "continue-on-error" in step or "if" in step
    ]


def test_it_never_installs_what_executing_needs(workflow) -> None:
    recipe = re.search(
        r"^\$\(VENV\)/\.report:.*\n((?:\t.*\n)+)",
        (PROJECT / "Makefile").read_text(),
        re.M,
    )
    assert recipe
    assert "-r requirements-report.txt" in recipe[1]
    needed = (PROJECT / "requirements-report.txt").read_text()
    runs = "\n".join(
        step.get("run", "")
        for job in workflow["jobs"].values()
        for step in job["steps"]
    )
    for text in (runs, recipe[1], needed.split("\n", 1)[1]):
        assert not re.search(r"requirements\.txt|torch|ipykernel|nbclient", text)


def test_only_a_push_to_main_publishes_and_one_at_a_time(workflow) -> None:
    # YAML 1.1 reads the key `on` as true.
    assert workflow[True] == {"push": {"branches": ["main"]}, "workflow_dispatch": None}
    assert workflow["concurrency"]["group"] == "pages"


def test_every_job_has_the_rights_that_it_needs_and_no_secret(workflow) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    rights = {name: job.get("permissions") for name, job in workflow["jobs"].items()}
    assert rights == {
        "render": None,
        "deploy": {"pages": "write", "id-token": "write"},
        "colab": {"contents": "write"},
    }
    assert "secrets" not in FILE.read_text()


def test_actions_are_githubs_own_and_pinned_to_a_major_version(workflow) -> None:
    used = [
        step["uses"]
        for job in workflow["jobs"].values()
        for step in job["steps"]
        if "uses" in step
    ]
    assert len(used) >= 6
    assert [name for name in used if not re.fullmatch(r"actions/[a-z-]+@v\d+", name)] == []  # fmt: skip


def test_nothing_is_published_that_was_not_rendered(workflow) -> None:
    assert workflow["jobs"]["deploy"]["needs"] == "render"
    assert workflow["jobs"]["colab"]["needs"] == "render"
    branches = re.findall(r"(?:orphan|origin) (\S+)", FILE.read_text())
    assert branches == ["colab", "colab"]
    assert "blob/colab/tp1.ipynb" in (PROJECT / "_variables.yml").read_text()


def test_the_check_fails_when_a_chapter_changed_without_its_freeze(
    report: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = report.parent
    assert main(["weave", str(root), "--check"]) == 0
    chapter = root / "report/01-bayes.qmd"
    before = chapter.read_bytes()
    try:
        chapter.write_bytes(before + b"\nUne phrase de plus.\n")
        assert main(["weave", str(root), "--check"]) == 1
        assert "report/01-bayes.qmd: to be executed" in capsys.readouterr().out
    finally:
        chapter.write_bytes(before)
