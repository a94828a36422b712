"""The three outputs of the sample book say the same: numbers, references, captions."""

import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest
from pages import Page, check_site

NBSP = "\u00a0"


def test_references_carry_the_numbers_of_their_chapters(rendered: Path) -> None:
    text = Page(rendered / "report/un.html").text
    expected = (
        "La figure~1.1, le tableau~1.1, l’équation~1.1, la section~1.1, l’annexe~A~; Figure~1.1 en tête, "
        "1.1 seul, figure~1.1, tableau~1.1 ensemble. Cité par Pearl (2009), et encore (Pearl 2009, 12)."
    )
    assert expected.replace("~", NBSP) in text
    assert (
        f"Voir la figure{NBSP}1.1 et le chapitre{NBSP}1."
        in Page(rendered / "report/deux.html").text
    )
    assert (
        f"Voir l’équation{NBSP}A.1 et la section{NBSP}A.1."
        in Page(rendered / "report/annexe.html").text
    )


def test_captions_formulas_and_headings_are_numbered(rendered: Path) -> None:
    text = Page(rendered / "report/un.html").text
    for words in (
        f"Figure{NBSP}1.1{NBSP}: Une droite",
        f"Tableau{NBSP}1.1{NBSP}: Les carrés, d’après l’équation{NBSP}1.1",
        f"Tableau{NBSP}1.2{NBSP}: Un tableau de texte",
        f"1.1{NBSP} La suite",
        f"1.1.1{NBSP} Plus bas",
        f"1.2{NBSP} Encore",
    ):
        assert words in text
    assert (
        f"Figure{NBSP}2.1{NBSP}: Un dessin" in Page(rendered / "report/deux.html").text
    )
    assert (
        'class="equation-number">(2.1)<' in (rendered / "report/deux.html").read_text()
    )


def test_every_page_lists_the_chapters_each_with_its_number_once(
    rendered: Path,
) -> None:
    for page in ("index", "report/un", "report/deux", "report/annexe"):
        html = (rendered / f"{page}.html").read_text()
        nav = re.sub(r"<[^>]+>", "", re.search(r"<nav.*?</nav>", html, re.DOTALL)[0])
        words = nav.split()
        for number in ("1", "2", "A"):
            assert words.count(number) == 1, (page, words)


def test_every_link_of_the_site_leads_somewhere_and_nothing_is_loaded_from_elsewhere(
    rendered: Path,
) -> None:
    assert len(check_site(rendered)) == 5


def test_variables_includes_and_inline_code_are_resolved(rendered: Path) -> None:
    assert "Travail de ESSAI1, fait seul(e)." in Page(rendered / "index.html").text
    text = Page(rendered / "report/un.html").text
    assert "Ce paragraphe est inclus." in text
    assert "Deux et trois font 5, le texte est a_b*c, 1-2, et gras." in text


def test_output_options_are_obeyed(rendered: Path) -> None:
    html = (rendered / "report/un.html").read_text()
    assert "à voir" in html
    assert "à ne pas voir</" not in html.replace("(&quot;à ne pas voir", "")
    assert "import matplotlib" not in html  # include: false
    assert (
        html.count("<details") == 7
    )  # every shown chunk folds, echo: false shows none
    assert '<details class="code-fold"><summary>' in html  # code-fold: true is closed
    assert re.search(r'alt="Une droite qui monte : l(\'|&#39;|’)essai"', html)


def test_callouts_tabs_and_conditions_take_their_shapes(rendered: Path) -> None:
    html = (rendered / "report/deux.html").read_text()
    assert '<div class="callout callout-note" role="note">' in html
    assert re.search(
        r'<details class="callout callout-warning">\s*<summary[^>]*>\s*Avertissement',
        html,
    )
    assert html.count('class="tab"') == 2
    assert "Seulement sur le site." in html
    assert "Seulement sur papier." not in html
    assert f"«{NBSP}entre guillemets{NBSP}»{NBSP}!" in html


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler-utils")
def test_the_pdf_says_what_the_site_says(rendered: Path) -> None:
    command = ["pdftotext", "-raw", str(rendered / "essai.pdf"), "-"]
    raw = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    text = re.sub(r"\s+", " ", raw.replace(NBSP, " "))
    for words in (
        "Un livre d’essai",
        "Prénom Nom, matricule 0000000",
        "La figure 1.1, le tableau 1.1, l’équation 1.1, la section 1.1, l’annexe A ; Figure 1.1 en tête,",
        "Figure 1.1 : Une droite",
        "Tableau 1.2 : Un tableau de texte",
        "Voir la figure 1.1 et le chapitre 1.",
        "2.2.1 Une autre sous-section Et la section 2.2.1.",
        "Avertissement",
        "Seulement sur papier.",
        "Annexe A — Une annexe",
        "(A.1)",
        "Pearl, Judea. 2009.",
    ):
        assert words in text
    assert "Seulement sur le site." not in text


def test_the_pdf_knows_its_title_author_and_language(rendered: Path) -> None:
    data = (rendered / "essai.pdf").read_bytes()
    assert b"/Lang (fr)" in data or b"/Lang(fr)" in data
    assert (
        "Un livre d’essai".encode("utf-16-be") in data
        or "Un livre d’essai".encode() in data
    )
    assert b"/MarkInfo" in data  # tagged


def test_the_notebook_holds_every_chunk_with_what_it_showed(rendered: Path) -> None:
    notebook = nbformat.read(rendered / "essai.ipynb", as_version=4)
    nbformat.validate(notebook)
    code = {
        cell.id.removeprefix("report-un-"): cell
        for cell in notebook.cells
        if cell.cell_type == "code"
    }
    assert list(code) == [
        *(
            "preparation",
            "fig-droite",
            "tbl-carres",
            "double",
            "alerte",
            "sans-sortie",
            "muet",
        ),
        *("deux-sorties", "du-code"),
    ]
    assert code["preparation"].metadata.jupyter.source_hidden  # include: false
    figure, caption = code["fig-droite"].outputs
    assert figure.data["image/svg+xml"].startswith("<?xml")
    assert figure.data["text/plain"] == "Une droite qui monte : l'essai"
    assert caption.data["text/markdown"].startswith(
        f"**Figure{NBSP}1.1{NBSP}:** Une droite $y = x$"
    )
    assert "|   2 |   4 |" in code["tbl-carres"].outputs[0].data["text/markdown"]
    assert [output.output_type for output in code["double"].outputs] == [
        "stream",
        "display_data",
    ]
    assert code["double"].outputs[0].text == "imprimé\n"
    raw = [cell.source for cell in notebook.cells if cell.cell_type == "raw"]
    assert raw == ["raise SystemExit"]  # eval: false


def test_the_notebooks_prose_is_plain_markdown(rendered: Path) -> None:
    notebook = nbformat.read(rendered / "essai.ipynb", as_version=4)
    prose = "\n".join(
        cell.source for cell in notebook.cells if cell.cell_type == "markdown"
    )
    assert f"la figure{NBSP}1.1" in prose.lower()
    assert r"\tag{1.1}" in prose
    assert "Pearl (2009)" in prose
    assert "En bas de page." in prose
    for mark in ("@fig-", "{#", ":::", "{{<", "`{python}`", "tp1: cut"):
        assert mark not in prose
