"""What weave freezes is what Quarto freezes, to the byte; either renders what the other executed."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tp1.weave.errors import WeaveError
from tp1.weave.render import render, stale_chapters

QUARTO_FREEZE = Path(__file__).parent / "quarto-freeze"


def test_executing_gives_the_freeze_that_quarto_gave(
    book: Path, weave: Callable[[Path], Path]
) -> None:
    weave(book)
    for expected in (QUARTO_FREEZE / "report/un/execute-results").glob("*.json"):
        frozen = book / "_freeze/report/un/execute-results" / expected.name
        assert json.loads(frozen.read_text()) == json.loads(expected.read_text())
    for expected in QUARTO_FREEZE.rglob("*.svg"):
        frozen = book / "_freeze" / expected.relative_to(QUARTO_FREEZE)
        assert frozen.read_bytes() == expected.read_bytes()


def test_a_freeze_of_quartos_is_rendered_without_a_kernel(
    frozen_book: Path, weave: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("nbclient", "jupyter_client", "tp1.weave.execute"):
        monkeypatch.setitem(sys.modules, module, None)
    output = weave(frozen_book)
    for name in ("index.html", "report/un.html", "essai.pdf", "essai.ipynb"):
        assert (output / name).stat().st_size > 0


def test_a_chapter_is_executed_again_only_when_its_text_changes(
    frozen_book: Path,
) -> None:
    assert stale_chapters(frozen_book) == []
    chapter = frozen_book / "report/un.qmd"
    windows = chapter.read_text().replace("\n", "\r\n").encode()
    chapter.write_bytes(windows)
    assert stale_chapters(frozen_book) == []  # line ends do not count
    chapter.write_text(chapter.read_text() + "\nUn mot de plus.\n")
    assert stale_chapters(frozen_book) == [Path("report/un.qmd")]


def test_with_nothing_changed_nothing_is_written(frozen_book: Path) -> None:
    said: list[str] = []
    output = render(frozen_book, said.append)
    before = {file: file.stat().st_mtime_ns for file in output.rglob("*")}
    said.clear()
    render(frozen_book, said.append)
    assert said == ["nothing has changed"]
    assert {file: file.stat().st_mtime_ns for file in output.rglob("*")} == before


@pytest.mark.parametrize(
    "damage", ["", "{", '{"hash": 1}', '{"hash": "HASH", "result": {}}', "[]"]
)
def test_a_damaged_freeze_is_named_and_refused(
    frozen_book: Path, weave: Callable[[Path], Path], damage: str
) -> None:
    file = frozen_book / "_freeze/report/un/execute-results/html.json"
    digest = json.loads(file.read_text())["hash"]
    file.write_text(damage.replace("HASH", digest))
    if damage == '{"hash": 1}':
        assert stale_chapters(frozen_book) == [Path("report/un.qmd")]
    else:
        with pytest.raises(
            WeaveError,
            match=r"_freeze/report/un/execute-results/html\.json: not a freeze",
        ):
            weave(frozen_book)
