"""Hostile sizes: an answer or a refusal, in little memory and little time."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tp1.weave import pandoc
from tp1.weave.errors import WeaveError

MEMORY = 2_000_000_000  # bytes
# Far more than any of them takes, on a machine that does something else too.
PATIENCE = 60  # seconds

READ = """
import sys
from pathlib import Path
from tp1.weave.errors import WeaveError
from tp1.weave.freeze import is_fresh
from tp1.weave.project import load_book
from tp1.weave.source import read_source
from tp1.weave.variables import substitute_variables
root = Path(sys.argv[1])
try:
    book = load_book(root)
    for part in book.parts:
        source = read_source(root, part.path)
        is_fresh(root, source)
        for cell in source.cells:
            substitute_variables(getattr(cell, "text", ""), book.variables, part.path)
    print("read")
except WeaveError as error:
    print(error)
"""


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _answer(root: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", READ, str(root)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        preexec_fn=_limit,
    )
    assert done.returncode == 0, done.stderr[-1000:]
    return done.stdout


def _settings(root: Path, chapter: str = "un.qmd") -> None:
    text = f'project: {{type: book}}\nbook: {{chapters: ["{chapter}"]}}\n'
    (root / "_quarto.yml").write_text(text)


CHAPTERS = {
    "20 MB": ("Un mot de trop.\n" * 1_300_000, "is larger than"),
    "2 MB": ("Un mot de trop.\n" * 130_000, "the chapter is longer than"),
    "lines": ("\n" * 1_000_000, "the chapter is longer than"),
    "line": ("x" * 900_000, "this line has more than"),
    # What regular expressions with two ways to match would take hours for.
    "blank": ("x" + "\n" * 50_000 + "y", "read"),
    "spaces": ("{{< var" + " " * 19_000 + "x", "{{< var is never closed"),
    "div": ("::: a" + " " * 19_000 + "x", "read"),
    "backticks": ("`" * 9_500 + " x " + "`" * 9_400, "read"),
    "runs": (" ".join("`" * n for n in range(1, 190)), "read"),
    "links": ("](" * 9_500, "read"),
    "braces": ("# {" * 6_000, "read"),
    "divs": ("::: {.callout-note}\n" * 40_000, "read"),
    "brackets": ("[" * 19_000, "read"),
    "includes": ("{{< include _b.qmd >}}\n" * 1000, "the chapter is longer than"),
    "options": ("```{python}\n#| label: " + "[" * 19_000 + "\n1\n```\n", "nested more"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("text", "answer"), CHAPTERS.values(), ids=CHAPTERS)
def test_a_chapter_of_any_size_is_answered(
    tmp_path: Path, text: str, answer: str
) -> None:
    _settings(tmp_path)
    (tmp_path / "un.qmd").write_text(text)
    (tmp_path / "_b.qmd").write_text("{{< include _c.qmd >}}\n" * 1000)
    (tmp_path / "_c.qmd").write_text("x\n" * 1000)
    assert answer in _answer(tmp_path)


LAUGHS = "a0: &a0 [x, x]\n" + "".join(
    f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 60)
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (LAUGHS, "anchors and aliases"),
        ("a: " + "[" * 40_000, "nested more than"),
        ("a: x\n" * 9_000, "the key 'a' is there twice"),
        ("# x\n" * 1_000_000, "characters of YAML"),
        ("x" * 20_000_000, "is larger than"),
    ],
)
def test_variables_of_any_size_are_answered(
    tmp_path: Path, text: str, answer: str
) -> None:
    _settings(tmp_path)
    (tmp_path / "un.qmd").write_text("# Un\n")
    (tmp_path / "_variables.yml").write_text(text)
    assert answer in _answer(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('{"hash": "' + "x" * 50_000_000 + '"}', "is larger than"),
        ("[" * 5_000_000, "nested too deeply"),
    ],
)
def test_a_freeze_of_any_size_is_answered(
    tmp_path: Path, text: str, answer: str
) -> None:
    _settings(tmp_path)
    (tmp_path / "un.qmd").write_text("# Un\n\n```{python}\n1\n```\n")
    folder = tmp_path / "_freeze/un/execute-results"
    folder.mkdir(parents=True)
    (folder / "html.json").write_text(text)
    assert answer in _answer(tmp_path)


FILES: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "folder": Path.mkdir,
    "loop": lambda path: path.symlink_to(path.name),
    "device": lambda path: path.symlink_to("/dev/zero"),
    "none": lambda path: None,
}


@pytest.mark.parametrize("make", FILES.values(), ids=FILES)
@pytest.mark.parametrize("name", ["un.qmd", "_variables.yml", "_freeze"])
def test_what_is_no_file_is_not_waited_for(
    tmp_path: Path, make: Callable[[Path], object], name: str
) -> None:
    _settings(tmp_path)
    (tmp_path / "un.qmd").write_text("# Un\n\n```{python}\n1\n```\n")
    file = tmp_path / name
    if name == "_freeze":
        file = tmp_path / "_freeze/un/execute-results/html.json"
        file.parent.mkdir(parents=True)
    file.unlink(missing_ok=True)
    make(file)
    answer = _answer(tmp_path)
    if make is FILES["none"] and name != "un.qmd":
        assert answer == "read\n"
    else:
        reasons = (
            "no regular file",
            "outside the project",
            "no such file",
            "cannot be read",
        )
        # What leads to itself is not there.
        is_no_file = make is FILES["loop"] and answer == "read\n"
        assert is_no_file or any(reason in answer for reason in reasons)


def test_pandoc_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pandoc, "LONGEST", 1)
    with pytest.raises(WeaveError, match=r"^un\.qmd: pandoc: took more than 1 s"):
        pandoc.parse("[" * 30 + "x" + "]" * 30, Path("un.qmd"))


def test_pandoc_has_so_much_memory_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pandoc, "MOST_MEMORY", "20m")
    with pytest.raises(WeaveError, match=r"^un\.qmd: pandoc: .*[Hh]eap"):
        pandoc.parse("Un *mot* de trop.\n\n" * 50_000, Path("un.qmd"))
