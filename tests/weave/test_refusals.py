"""What is wrong in a book is an error that names file, line and feature, and costs nothing."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tp1.__main__ import main
from tp1.weave.errors import CellFailed, UnsupportedFeature, WeaveError
from tp1.weave.render import stale_chapters
from tp1.weave.source import read_source

Weave = Callable[[Path], Path]

UNSUPPORTED = [
    ("```{r}\n1\n```", "code chunk {r}"),
    ("```{ojs}\n1\n```", "code chunk {ojs}"),
    ("```{python echo=FALSE}\n1\n```", "code chunk {python echo=FALSE}"),
    ("```{python}\n#| layout-ncol: 2\n1\n```", "chunk option layout-ncol"),
    ("```{python}\n#| lst-cap: x\n1\n```", "chunk option lst-cap"),
    ("```python\nx = 1 # <1>\n```", "code annotation"),
    ("Du code `{r} 1+1`.", "inline code `{r}`"),
    ("Une vidéo {{< video x.mp4 >}}.", "shortcode {{< video >}}"),
    ("Voir {{< include x.qmd >}} ici.", "{{< include >}} inside a line"),
    ("::: {.column-margin}\nx\n:::", "div class .column-margin"),
    ("::: column-page\nx\n:::", "div class .column-page"),
    ("::: {layout-ncol=2}\nx\n:::", "div attribute layout-ncol"),
    ("::: {#thm-x}\nx\n:::", "div with identifier #thm-x"),
    ("::: {.callout-note icon=false}\nx\n:::", "div attribute icon"),
    ("::: {.content-visible when-profile=x}\nx\n:::", "div attribute when-profile"),
    ("[mot]{.aside}", "class .aside"),
    ("![](x.svg){fig-align=left}", "attribute fig-align"),
    ("## Titre {.appendix}", "class .appendix"),
    ("[x](deux.qmd)", "link to the file deux.qmd"),
    ('```{.python filename="x.py"}\n1\n```', "attribute filename of a block of code"),
    ("```{#lst-x .python}\n1\n```", "attribute #lst-x of a block of code"),
    (": Légende {#tbl-x tbl-colwidths=[1,2]}", "attribute tbl-colwidths of a table"),
    ("  ```{python}\n  1\n  ```", "a chunk that is indented"),
    ('```{python}\n#| tbl-cap: "x"\n1\n```', "tbl-cap on a chunk without a label"),
    ("Écrire {{{< var x >}}}.", "an escaped shortcode"),
]


@pytest.mark.parametrize(("text", "feature"), UNSUPPORTED)
def test_what_is_not_supported_is_refused_with_its_line(
    tmp_path: Path, text: str, feature: str
) -> None:
    (tmp_path / "un.qmd").write_text(f"# Un\n\n{text}\n")
    with pytest.raises(UnsupportedFeature) as caught:
        read_source(tmp_path, Path("un.qmd"))
    line = 4 if text.startswith(("```{python}\n", "```python\n")) else 3
    assert str(caught.value) == f"un.qmd:{line}: " + str(caught.value).split(": ", 1)[1]
    assert feature in str(caught.value)


def test_a_label_used_twice_is_refused(tmp_path: Path) -> None:
    chunk = "```{python}\n#| label: x\n1\n```\n"
    (tmp_path / "un.qmd").write_text(f"# Un\n\n{chunk}\n{chunk}")
    with pytest.raises(WeaveError, match=r"^un\.qmd:8: chunk label x is used twice"):
        read_source(tmp_path, Path("un.qmd"))


def test_a_folders_metadata_are_refused(tmp_path: Path) -> None:
    (tmp_path / "un.qmd").write_text("# Un\n")
    (tmp_path / "_metadata.yml").write_text("toc: false\n")
    with pytest.raises(
        UnsupportedFeature, match=r"^_metadata\.yml: _metadata\.yml is not supported"
    ):
        read_source(tmp_path, Path("un.qmd"))


def test_an_output_of_an_unknown_kind_is_refused(
    frozen_book: Path, weave: Weave
) -> None:
    chapter = frozen_book / "report/un.qmd"
    html = "from IPython.display import HTML; display(HTML('<b>x</b>'))"
    chapter.write_text(chapter.read_text().replace("x * 2", html))
    with pytest.raises(
        UnsupportedFeature,
        match=r"un\.qmd:42: chunk 'double': output of type text/html",
    ):
        weave(frozen_book)


def test_front_matter_keys_are_refused(tmp_path: Path) -> None:
    (tmp_path / "un.qmd").write_text("---\nexecute:\n  echo: false\n---\n\nTexte.\n")
    with pytest.raises(
        UnsupportedFeature, match=r"^un\.qmd:2: front matter key execute"
    ):
        read_source(tmp_path, Path("un.qmd"))


def test_the_same_marks_in_code_are_only_code(tmp_path: Path) -> None:
    code = "````markdown\n```{r}\n::: {.column-margin}\n{{< video x >}}\n```\n````"
    (tmp_path / "un.qmd").write_text(f"# Un\n\n{code}\n\nSoit `{{{{< video x >}}}}`.\n")
    assert not read_source(tmp_path, Path("un.qmd")).has_code


def test_a_feature_in_an_included_file_is_placed_there(tmp_path: Path) -> None:
    (tmp_path / "un.qmd").write_text("# Un\n\n{{< include _deux.qmd >}}\n")
    (tmp_path / "_deux.qmd").write_text("Bien.\n\n{{< pagebreak >}}\n")
    with pytest.raises(UnsupportedFeature, match=r"^_deux\.qmd:3: shortcode"):
        read_source(tmp_path, Path("un.qmd"))


BROKEN = [
    (
        "report/deux.qmd",
        "@fig-droite",
        "@fig-absente",
        r"report/deux\.qmd:3: reference @fig-absente points to nothing",
    ),
    (
        "report/deux.qmd",
        "le @sec-un",
        "@thm-x",
        r"report/deux\.qmd:3: reference @thm-x points to nothing",
    ),
    (
        "report/deux.qmd",
        "Un mot",
        "[@absent2000]",
        r"report/deux\.qmd:3: citation @absent2000 is not in references",
    ),
    (
        "report/deux.qmd",
        "(dessin.svg)",
        "(absent.svg)",
        r"report/deux\.qmd:\d+: image absent\.svg does not exist",
    ),
    ("report/deux.qmd", "#eq-deux", "#eq-annexe", r"label eq-annexe is used twice"),
    (
        "report/deux.qmd",
        "# Deuxième",
        "Deuxième",
        r"report/deux\.qmd: a chapter must begin with a heading",
    ),
    (
        "report/annexe.qmd",
        "{#sec-annexe}",
        "{.unnumbered}",
        r"eq-annexe cannot be numbered|points to nothing",
    ),
    (
        "index.qmd",
        "course.code",
        "course.absent",
        r"index\.qmd: variable course\.absent is not in _variables",
    ),
    (
        "_quarto.yml",
        "number-sections: true",
        "bread: true",
        r"_quarto\.yml: bread is not supported",
    ),
    (
        "_quarto.yml",
        "  freeze: auto",
        "  freeze: auto\n  echo: false",
        r"_quarto\.yml: execute: echo is not",
    ),
    (
        "_quarto.yml",
        "report/deux.qmd",
        "report/absent.qmd",
        r"report/absent\.qmd: no such file",
    ),
    (
        "_quarto.yml",
        "type: book",
        "type: website",
        r"project: type: website \(only book\) is not supported",
    ),
    ("_quarto.yml", "execute-dir: project", "execute-dir: file", r"execute-dir: file"),
    (
        "_quarto.yml",
        "    code-fold: show",
        "    code-line-numbers: true",
        r"format: html: code-line-numbers is not",
    ),
    ("_quarto.yml", "project:", "project: [", r"_quarto\.yml:3: not YAML"),
    (
        "_quarto.yml",
        "- index.qmd",
        "- part: index.qmd",
        r"_quarto\.yml: book: chapters: 0 cannot be \{'part'",
    ),
    (
        "report/essai.css",
        "font-size: 16px",
        "src: url(https://example.org/x)",
        r"essai\.css: https.* is not a file",
    ),
]


# What stands in deux.qmd in place of a sentence, and what is said of it.
HIDDEN = [
    ("> ::: {.column-margin}\n> x\n> :::", r"class \.column-margin"),
    ("::: {.column-margin\n}\nx\n:::", r"class \.column-margin"),
    ("Sous {.appendix}\n----", r"class \.appendix"),
    (
        "<div class='column-margin'>\nx\n</div>",
        r"class \.column-margin|div or span written in HTML",
    ),
    ("::: callout-note extra\nx\n:::", r"::: stands in the text"),
    ("x[^absente]", r"\[\^absente\] stands in the text"),
    ("# Encore", r"a second heading of level 1 \(Encore\)"),
    ("::: {#fig-vide}\n:::", r"fig-vide is empty"),
    ("Une image ![](dessin.svg){#fig-x} en ligne.", r"figure fig-x inside a line"),
    ("- $$a$$ {#eq-a .x}", r"\{#eq-a stands behind no formula"),
    ("::: {.panel-tabset}\nx\n:::", r"a tabset must begin with the heading"),
    ("::: {.panel-tabset}\n## A\n\nx\n\n### B\n\ny\n:::", r"heading 'B' inside a tab"),
    ('::: {.callout-note title="*a*"}\nx\n:::', r"markup in the title"),
    ("{{< var a b >}}", r"variable a b is not in _variables\.yml"),
    ("[x](#nulle-part)", r"link #nulle-part leads nowhere"),
    ("[x](un.qmd#sec-nulle)", r"link un\.qmd#sec-nulle leads nowhere"),
    ("[x](essai.css)", r"link to the file essai\.css"),
    ("[@fig-droite; @pearl2009]", r"a reference and a citation in one bracket"),
    ("![](../report/dessin.svg)", r"does not exist beside the chapter"),
    ("![](dessin.svg){width=3miles}", r"'3miles' is no length"),
    ("![](dessin.svg){width=3cm}", r"image dessin\.svg has no words"),
    ("$\\frac{1$", r"report/deux\.qmd: pandoc: "),
    ("---\necho: false\n---", r"metadata \(echo\)"),
]


@pytest.mark.parametrize(("text", "message"), HIDDEN)
def test_what_a_line_does_not_show_is_refused_too(
    frozen_book: Path, weave: Weave, text: str, message: str
) -> None:
    chapter = frozen_book / "report/deux.qmd"
    sentence = 'Un mot "entre guillemets" !'
    assert sentence in chapter.read_text()
    chapter.write_text(chapter.read_text().replace(sentence, f"\n\n{text}\n"))
    with pytest.raises(WeaveError, match=message):
        weave(frozen_book)


@pytest.mark.parametrize(
    "name", ["report", ".", "..", "_freeze", "report/un", "vendor"]
)
def test_an_output_folder_that_holds_something_else_is_refused(
    frozen_book: Path, weave: Weave, name: str
) -> None:
    (frozen_book / "vendor").mkdir()
    (frozen_book / "vendor/file").write_text("precious")
    before = sorted(frozen_book.rglob("*"))
    config = frozen_book / "_quarto.yml"
    config.write_text(
        config.read_text().replace("output-dir: _output", f"output-dir: {name}")
    )
    if name == "report/un":  # a new folder: nothing is in the way
        assert weave(frozen_book).name == "un"
        return
    with pytest.raises(WeaveError, match="output-dir"):
        weave(frozen_book)
    assert sorted(frozen_book.rglob("*")) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("toc-depth: 3", "toc-depth: trois"),
        ("fig-width: 4", "fig-width: [1]"),
        ("output-file: essai", "output-file: a/b"),
        ("    - report/annexe.qmd", "    - {a: b}"),
        ("    css: report/essai.css", "    css: [{a: b}]"),
        ("lang: fr", "lang: [fr]"),
    ],
)
def test_values_of_the_wrong_kind_are_named(
    frozen_book: Path, weave: Weave, old: str, new: str
) -> None:
    config = frozen_book / "_quarto.yml"
    assert old in config.read_text()
    config.write_text(config.read_text().replace(old, new, 1))
    with pytest.raises(WeaveError, match=r"^_quarto\.yml: .* cannot be "):
        weave(frozen_book)


@pytest.mark.parametrize(
    "file",
    ["report/deux.qmd", "_variables.yml", "report/references.bib", "report/essai.css"],
)
def test_files_that_are_not_utf8_are_named(
    frozen_book: Path, weave: Weave, file: str
) -> None:
    (frozen_book / file).write_bytes(
        (frozen_book / file).read_bytes() + "\né".encode("latin-1")
    )
    with pytest.raises(WeaveError, match=rf"{file}:\d+: this is not UTF-8"):
        weave(frozen_book)


def test_names_with_spaces_and_accents_and_a_book_without_a_course_render(
    frozen_book: Path, weave: Weave
) -> None:
    (frozen_book / "report/deux.qmd").rename(
        frozen_book / "report/mon chapitre été.qmd"
    )
    config = frozen_book / "_quarto.yml"
    config.write_text(
        config.read_text().replace("report/deux.qmd", "report/mon chapitre été.qmd")
    )
    (frozen_book / "_variables.yml").write_text(
        "book: {title: T, author: Prénom}\npartner: seul(e)\n"
    )
    index = frozen_book / "index.qmd"
    index.write_text(index.read_text().replace("{{< var course.code >}}", "ESSAI"))
    assert (weave(frozen_book) / "report/mon chapitre été.html").exists()


@pytest.mark.parametrize(("file", "old", "new", "message"), BROKEN)
def test_a_broken_book_keeps_its_previous_output(
    frozen_book: Path, weave: Weave, file: str, old: str, new: str, message: str
) -> None:
    output = weave(frozen_book)
    before = {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}
    text = (frozen_book / file).read_text()
    assert old in text
    (frozen_book / file).write_text(text.replace(old, new, 1))
    with pytest.raises(WeaveError, match=message):
        weave(frozen_book)
    assert {
        path: path.read_bytes() for path in output.rglob("*") if path.is_file()
    } == before
    assert sorted(path.name for path in frozen_book.glob("_output*")) == ["_output"]


def test_a_failing_cell_ends_the_render(
    frozen_book: Path, weave: Weave, capsys: pytest.CaptureFixture[str]
) -> None:
    output = weave(frozen_book)
    before = (output / "report/un.html").read_bytes()
    chapter = frozen_book / "report/un.qmd"
    chapter.write_text(chapter.read_text().replace("x * 2", "x / 0"))
    with pytest.raises(CellFailed) as caught:
        weave(frozen_book)
    message = str(caught.value)
    assert message.startswith("report/un.qmd:42: chunk 'double' failed")
    assert "ZeroDivisionError" in message
    assert "\x1b" not in message
    assert (output / "report/un.html").read_bytes() == before
    assert main(["weave", str(frozen_book)]) == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_a_failing_inline_expression_is_named(frozen_book: Path, weave: Weave) -> None:
    chapter = frozen_book / "report/un.qmd"
    chapter.write_text(
        chapter.read_text().replace("`{python} x + 2`", "`{python} absent + 2`")
    )
    with pytest.raises(
        CellFailed, match=r"report/un\.qmd:\d+: inline expression `absent \+ 2` failed"
    ):
        weave(frozen_book)


def test_a_chunk_that_kills_its_kernel_is_named(
    frozen_book: Path, weave: Weave
) -> None:
    chapter = frozen_book / "report/un.qmd"
    chapter.write_text(chapter.read_text().replace("x * 2", "import os; os._exit(3)"))
    with pytest.raises(
        CellFailed, match=r"report/un\.qmd:42: chunk 'double' failed\n.*[Kk]ernel died"
    ):
        weave(frozen_book)


def test_a_changed_chapter_without_jupyter_says_what_to_install(
    frozen_book: Path, weave: Weave, monkeypatch: pytest.MonkeyPatch
) -> None:
    chapter = frozen_book / "report/un.qmd"
    chapter.write_text(chapter.read_text() + "\nUn mot de plus.\n")
    monkeypatch.setitem(sys.modules, "nbclient", None)
    monkeypatch.delitem(sys.modules, "tp1.weave.execute", raising=False)
    with pytest.raises(
        WeaveError,
        match=r"un\.qmd: to be executed, which needs nbclient: pip install -r req",
    ):
        weave(frozen_book)


def test_an_include_that_includes_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "un.qmd").write_text("{{< include un.qmd >}}\n")
    with pytest.raises(WeaveError, match=r"un\.qmd:1: un\.qmd includes itself"):
        read_source(tmp_path, Path("un.qmd"))


def test_a_chunk_that_is_never_closed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "un.qmd").write_text("# Un\n\n```{python}\n1\n")
    with pytest.raises(WeaveError, match=r"un\.qmd:3: this chunk is never closed"):
        read_source(tmp_path, Path("un.qmd"))


@pytest.mark.parametrize("place", ["_output", "_freeze/report/un"])
def test_a_swap_killed_half_way_is_taken_up(
    frozen_book: Path, weave: Weave, place: str
) -> None:
    weave(frozen_book)
    folder = frozen_book / place
    before = {path.name for path in folder.rglob("*")}
    folder.rename(
        folder.with_name(folder.name + ".old")
    )  # a kill between the two renamings
    folder.with_name(folder.name + ".new").mkdir()
    assert stale_chapters(frozen_book) == []
    weave(frozen_book)
    assert {path.name for path in folder.rglob("*")} == before
    assert [path.name for path in folder.parent.glob(folder.name + "*")] == [
        folder.name
    ]
