"""The report's PDF as the reader gets it: its answer sheet, its tags, its pages."""

import html
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from tp1.bayes import EXAM_QUERIES, exam_network, query
from tp1.reporting.final import load_final
from tp1.reporting.french import number, signed
from tp1.reporting.results import (
    DEPTHS_AND_WIDTHS,
    grid,
    load_search,
    results_folder,
)
from tp1.reporting.speed import load_speed
from tp1.reporting.words import plus_minus, rate

pytestmark = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="needs poppler-utils"
)
PART3 = results_folder("part3")
SHEET = "Les réponses en une page"
# A page's text lies between these, in points: A4 less 2.4 cm left and right, 2.5 cm at the top, 2.3 cm below.
LEFT, RIGHT, TOP, BOTTOM = 68.0, 527.3, 70.9, 776.7


class Line(NamedTuple):
    """A line of a page, and the height of its letters."""

    left: float
    top: float
    right: float
    bottom: float
    text: str


@dataclass(frozen=True)
class Pdf:
    """The PDF as poppler reads it: the bookmarks with their pages, from 1, and the lines of every page."""

    file: Path
    bookmarks: dict[str, int]
    pages: list[list[Line]]

    def text(self, page: int) -> str:
        """Give a page's text, from 1, with single spaces."""
        return plain(" ".join(line.text for line in self.pages[page - 1]))


def plain(text: str) -> str:
    """Write a text with typographic apostrophes and single, ordinary spaces."""
    return re.sub(r"\s+", " ", text.replace("'", "’"))


def run(*command: object) -> str:
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture(scope="module")
def pdf(report: Path) -> Pdf:
    file = report / "tp1.pdf"
    outline = run("pdftohtml", "-xml", "-i", "-stdout", "-l", 1, file)
    marks = re.findall(r'<item page="(\d+)">(.*?)</item>', outline)
    layout = run("pdftotext", "-bbox-layout", file, "-").split("<page ")[1:]
    return Pdf(
        file,
        {html.unescape(name): int(page) for page, name in marks},
        [[*lines_of(page)] for page in layout],
    )


def lines_of(page: str) -> list[Line]:
    place = r'xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)"'
    found = []
    for *box, inside in re.findall(rf"<line {place}>(.*?)</line>", page, re.DOTALL):
        words = re.findall(r"<word [^>]*>(.*?)</word>", inside)
        found.append(Line(*map(float, box), html.unescape(" ".join(words))))
    return found


def test_the_first_page_and_no_other_is_the_answer_sheet(pdf: Pdf) -> None:
    assert pdf.bookmarks[SHEET] == 1
    assert "Repères publiés" in pdf.text(1)  # its last line
    assert "Table des matières" in pdf.text(2)
    # Two more authors, a line each, would still fit.
    last = max(line.bottom for line in pdf.pages[0] if line.bottom < BOTTOM)
    assert last + 2 * 16 < BOTTOM


def test_the_sheet_gives_the_sixteen_answers(pdf: Pdf) -> None:
    lines = run("pdftotext", "-layout", "-l", 1, pdf.file, "-").splitlines()
    for letter, text in EXAM_QUERIES.items():
        (line,) = (x for x in lines if re.match(rf"\s+{letter}\s+𝑃", x))
        answer = query(exam_network(), text)
        wanted = [number(p, 4) for p in answer.probabilities.ravel().tolist()]
        assert re.findall(r"\d,\d{4}\b", line) == wanted, letter


def test_the_sheet_gives_what_was_reached_in_parts_2_and_3(pdf: Pdf) -> None:
    shown = pdf.text(1)
    softmax, mlp = load_final(), load_final(PART3)
    choices = [softmax.choices[f"assigned-{name}"] for name in ("sgd", "adam")]
    choices += [softmax.choices[softmax.best], *mlp.choices.values()]
    assert len(choices) == 6
    for choice in choices:
        for value in (
            plus_minus(choice.val_accuracy, 2),
            plus_minus(choice.test_loss, 3, scale=1),
            plus_minus(choice.test_accuracy, 2),
        ):
            assert plain(value) in shown
    for name in ("sgd", "adam"):
        table = grid(load_search("assigned"), name)
        cell = table.best_cell()
        reached = plus_minus(table.values()[cell], 2)
        assert plain(reached) in shown
        assert rate(table.config(cell).lr) in shown
        shapes = grid(load_search("shapes", PART3), name, DEPTHS_AND_WIDTHS)
        reached = plus_minus(shapes.values()[shapes.best_cell()], 2)
        assert plain(reached) in shown
        # Wider, then deeper, on average.
        mean = 100 * shapes.mean()
        assert signed(float((mean[:, 1] - mean[:, 0]).mean()), 1) in shown
        assert signed(float((mean[1] - mean[0]).mean()), 1) in shown


def test_the_sheet_says_which_is_faster(pdf: Pdf) -> None:
    speed = load_speed()
    ratios = {
        key: [
            speed.ratio(place)
            for place in speed.times
            if (place.optimiser, place.batch, place.threads) == (*key, 1)
        ]
        for key in (("sgd", 1), ("sgd", 1000), ("adam", 1))
    }
    one, thousand, adam = ratios.values()
    shown = pdf.text(1)
    assert f"de {number(min(one), 1)} à {number(max(one), 1)} fois" in shown
    assert f"×{number(float(np.median(thousand)), 2)}" in shown
    assert f"jusqu’à {number(1 / min(adam), 1)} fois" in shown


PLACES = {
    "a": "La note : a à e",
    "h": "L’entretien : f à k",
    "l": "Voir et faire la note",
    "p": "Voir et faire la liste",
    "Softmax, SGD": "La recherche de l’énoncé",
    "Réseau, Adam": "Largeurs et profondeurs",
    "Notre réseau, Adam": "Notre meilleur réseau",
    "Rétropropagation": "Pseudocode pour un exemple",
    "À la main ou autograd": "À la main et par différentiation automatique",
    "Le plus rapide": "Lequel est le plus rapide ?",
}


@pytest.mark.parametrize("line", PLACES)
def test_a_line_of_the_sheet_gives_the_page_where_its_section_begins(
    pdf: Pdf, line: str
) -> None:
    sheet = run("pdftotext", "-layout", "-l", 1, pdf.file, "-").splitlines()
    (found,) = (x for x in sheet if re.match(rf"\s*{line}\s\s", x))
    page = int(re.search(r"p\.\s(\d+)", plain(found))[1])  # type: ignore[index]
    begins = [
        n
        for n, lines in enumerate(pdf.pages, 1)
        for x in lines
        if n > 2 and re.match(rf"\d\.\d+ {re.escape(PLACES[line])}", x.text)
    ]
    assert begins == [page]


def test_every_page_number_of_the_sheet_is_a_link_to_that_page(pdf: Pdf) -> None:
    sheet = run("pdftohtml", "-xml", "-i", "-stdout", "-l", 1, pdf.file)
    links = re.findall(r'<a href="[^"]*#(\d+)">p\.\s(\d+)</a>', sheet)
    assert len(links) == len(re.findall(r"\bp\.\s\d", pdf.text(1))) > 30
    assert [page for page, shown in links if page != shown] == []


def test_it_is_tagged_for_pdf_ua_and_has_title_author_and_language(pdf: Pdf) -> None:
    data, about = pdf.file.read_bytes(), run("pdfinfo", pdf.file)
    for mark in (
        b"/StructTreeRoot",
        b"/Marked true",
        b"/DisplayDocTitle true",
        b"<pdfuaid:part>1</pdfuaid:part>",
    ):
        assert mark in data
    catalog = re.search(rb"/Type/Catalog(.*?)>>\s*endobj", data, re.DOTALL)
    assert catalog
    assert b"/Lang(fr)" in catalog[1]
    assert re.search(r"Title: +Inférence exacte", about)
    assert re.search(r"Author: +\S", about)


def test_every_font_is_embedded(pdf: Pdf) -> None:
    fonts = run("pdffonts", pdf.file).splitlines()[2:]
    assert len(fonts) >= 5
    assert {font.split()[-5] for font in fonts} == {"yes"}


def test_every_chapter_and_section_has_a_bookmark(pdf: Pdf) -> None:
    titles = [line.text for page in pdf.pages[1:3] for line in page]
    contents = [title.partition(" . .")[0] for title in titles if " . ." in title]
    assert len(contents) > 50
    names = {plain(name) for name in pdf.bookmarks}
    assert [title for title in contents if plain(title) not in names] == []


def test_nothing_lies_beyond_the_margins(pdf: Pdf) -> None:
    # Punctuation at the end of a line hangs over the margin, by design.
    beyond = [
        (n, line.text)
        for n, page in enumerate(pdf.pages, 1)
        for line in page
        if line.left < LEFT - 1 or line.right > RIGHT + 2.5
    ]
    assert beyond == []


def test_no_heading_is_the_last_line_of_its_page(pdf: Pdf) -> None:
    names = {plain(name) for name in pdf.bookmarks}
    for page in pdf.pages:
        body = [line for line in page if line.top >= TOP and line.bottom <= BOTTOM]
        last = max(body, key=lambda line: line.bottom)
        assert plain(last.text) not in names
