"""What fuzzing found: texts and names that crashed the renderer, or that it read wrong or from elsewhere."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tp1.weave.errors import UnsupportedFeature, WeaveError
from tp1.weave.images import image_size
from tp1.weave.project import load_book
from tp1.weave.source import Prose, read_source
from tp1.weave.variables import substitute_variables

Weave = Callable[[Path], Path]
UN = Path("un.qmd")


def _read(folder: Path, text: str) -> list:
    (folder / UN).write_bytes(text.encode())
    return read_source(folder, UN).cells


def test_a_no_break_space_alone_is_prose(tmp_path: Path) -> None:
    (prose,) = _read(tmp_path, "\n\u00a0\n")
    assert (prose.text, prose.line) == ("\u00a0", 2)


def test_code_in_a_line_opens_no_block(tmp_path: Path) -> None:
    text = "``` x ``` en ligne.\n\n```{python}\n1\n```\n"
    assert [type(cell).__name__ for cell in _read(tmp_path, text)] == ["Prose", "Chunk"]


def test_bars_in_code_and_formulas_part_no_cells(tmp_path: Path) -> None:
    table = "| a | b |\n|:--|--:|\n| `x | y` | $|x|$ |\n| a \\| b | 2 |\n"
    (prose,) = _read(tmp_path, table)
    assert prose.text == table.rstrip()


def test_a_fence_in_a_docstring_does_not_end_what_is_checked(tmp_path: Path) -> None:
    chunk = '```{python}\nx = """\n    ```\n"""\n```\n'
    with pytest.raises(UnsupportedFeature, match=r"^un\.qmd:7: shortcode"):
        _read(tmp_path, f"{chunk}\n{{{{< video x >}}}}\n")


def test_a_byte_order_mark_hides_no_chunk(tmp_path: Path) -> None:
    (chunk,) = _read(tmp_path, "\ufeff```{python}\n1\n```\n")
    assert chunk.code == "1"


REFUSED = [
    ("```\nx\n", r"un\.qmd:1: this block of code is never closed"),
    ("``` {{< video x >}}\n```\n", r"un\.qmd:1: what stands behind the marks"),
    ("{{<\nvideo x >}}\n", r"un\.qmd:1: shortcode"),
    # Pandoc drops a note that nothing else refers to, and warns only where nothing does.
    ("[^1]: Une note\nqui se cite.[^1]\n", r"un\.qmd:2: the note 1 refers to itself"),
    ("| a |\n|---|\n| 1 | perdu |\n", r"un\.qmd:3: this row has more cells"),
    ("| a | perdu |\n|---|\n| 1 |\n", r"un\.qmd:1: this row has more cells"),
    ('---\n"toc": false\n---\n', r"un\.qmd:2: front matter key"),
    ("a\x00b", r"un\.qmd:1: a NUL character"),
    ("{{< include ../secret.qmd >}}\n", r"lies outside the project"),
    ("{{< include //etc/passwd >}}\n", r"is no file|lies outside the project"),
    ("{{< include link.qmd >}}\n", r"link\.qmd: lies outside the project"),
    (f"{{{{< include {'a' * 300} >}}}}\n", r"is no file"),
    # The same file by another name went in circles without end.
    ("{{< include un/../un.qmd >}}\n", r"includes itself"),
    ("```{python}\n#| label: 2025-02-30\n1\n```\n", r"un\.qmd:2: not YAML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_a_chapter_that_would_be_read_wrong_is_refused(
    tmp_path: Path, text: str, message: str
) -> None:
    root = tmp_path / "book"
    root.mkdir()
    (tmp_path / "secret.qmd").write_text("a secret")
    (root / "link.qmd").symlink_to(tmp_path / "secret.qmd")
    with pytest.raises(WeaveError, match=message):
        _read(root, text)


def test_metadata_of_a_folder_above_are_refused(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report/un.qmd").write_text("# Un\n")
    (tmp_path / "_metadata.yml").write_text("toc: false\n")
    with pytest.raises(UnsupportedFeature, match=r"^_metadata\.yml: "):
        read_source(tmp_path, Path("report/un.qmd"))


VARIABLES = {
    "a": ["x", "y"],
    "b": {"c": 1},
    "d": True,
    "e": "<b>",
    "f": "<https://x.org>",
}


@pytest.mark.parametrize(
    ("name", "value"), [("a.1", "x"), ("a.2", "y"), ("b.c", "1"), ("f", "<https://x.org>")]
)  # fmt: skip
def test_a_variable_is_text_or_a_number(name: str, value: str) -> None:
    assert substitute_variables(f"{{{{< var {name} >}}}}", VARIABLES, UN) == value


@pytest.mark.parametrize(
    "name", ["a.0", "a.-1", "a.3", "a", "b", "d", "e", "", "a.1", "a >"]
)
def test_what_is_no_variable_is_refused(name: str) -> None:
    text = f"{{{{< var {name} >}}}}" if name != "a.1" else "{{< var a.1"
    with pytest.raises(WeaveError, match=r"^un\.qmd: "):
        substitute_variables(text, VARIABLES, UN)


SETTINGS = [
    ("- index.qmd", "- ../secret.qmd", "chapters: ../secret.qmd: lies outside"),
    ("- index.qmd", "- /etc/passwd", "chapters: /etc/passwd: lies outside"),
    ("- index.qmd", "- index.md", "a chapter that is no .qmd"),
    ("- index.qmd", "- report/un.qmd", "a chapter is named twice"),
    ("report/references.bib", "/etc/passwd", "bibliography: /etc/passwd: lies outside"),
    ("path: _extensions/rapport/rapport.lua", "path: ../x.lua", "filters: ../x.lua: lies"),
    ("[_variables.yml]", "../secret.yml", "lies outside the project"),
    ("output-dir: _output", "output-dir: index.qmd", "output-dir"),
    ("fig-width: 4", "fig-width: -4", "fig-width cannot be -4"),
    ("lang: fr", "lang: fr\nlang: en", "the key 'lang' is there twice"),
    ("lang: fr", "lang: fr\n1: x", "a key must be text"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), SETTINGS)
def test_settings_that_lead_elsewhere_are_refused(
    book: Path, old: str, new: str, message: str
) -> None:
    config = book / "_quarto.yml"
    assert old in config.read_text()
    config.write_text(config.read_text().replace(old, new, 1))
    with pytest.raises(WeaveError) as caught:
        load_book(book)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [("seul(e)\"", "x\"\ncolab: [1]"), ("code: \"ESSAI1\"", "code: {a: b}")],
)  # fmt: skip
def test_variables_that_no_output_can_show_are_refused(
    book: Path, old: str, new: str
) -> None:
    file = book / "_variables.yml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(
        WeaveError, match=r"^_variables\.yml: (colab|course: code) cannot be"
    ):
        load_book(book)


PROSE = [
    ("^[]", None),
    ("::: {.callout-note .callout-tip}\nx\n:::", "a callout is a note or a tip"),
    ("::: {\n.float}\nx\n:::", r"class \.float"),
    ("::: {\n.cell}\n1\n:::", r"class \.cell without a number"),
    ("[x](#sec-deux){\npage=7}", "attribute page"),
    ("[x]{\nonclick=1}", "attribute onclick"),
    ("[x](javascript:1)", "link of javascript:"),
    ("[x][y]\n\n[y]: un.qmd", r"link to the file un\.qmd"),
    ("Titre {number=9}\n----", "attribute number"),
    ("<div id='fig-a&quot; onclick=&quot;1'>\nx\n</div>", "identifier"),
    ("\\Perdu.", r"text for tex alone \(.Perdu"),
    ("</main>", "HTML: </main> closes nothing"),
    ("<b>", "HTML: <b> is never closed"),
    ("::: callout-note\nx\n\n# Encore\n:::", "a second heading of level 1"),
    (f"![x]({'a' * 300}.svg)", "does not exist"),
    ("<!-- tp1: cut -->", "the notebook's own mark"),
    ("> " * 100 + "x", "nested too deeply"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), PROSE)
def test_marks_that_crashed_or_slipped_through_are_answered(
    frozen_book: Path, weave: Weave, text: str, message: str | None
) -> None:
    chapter = frozen_book / "report/deux.qmd"
    sentence = 'Un mot "entre guillemets" !'
    chapter.write_text(chapter.read_text().replace(sentence, f"\n\n{text}\n\nFin.\n"))
    if message is None:
        assert "Fin." in (weave(frozen_book) / "report/deux.html").read_text()
    else:
        with pytest.raises(WeaveError, match=message):
            weave(frozen_book)


def test_styles_and_resources_from_elsewhere_are_refused(
    frozen_book: Path, weave: Weave
) -> None:
    config, css = frozen_book / "_quarto.yml", frozen_book / "report/essai.css"
    (frozen_book.parent / "secret").write_text("a secret")
    before = css.read_text()
    for name in ("../../secret", "/etc/passwd"):
        css.write_text(before + f"@import url({name});\n")
        with pytest.raises(WeaveError, match="lies outside the project"):
            weave(frozen_book)
    css.write_text(before)
    text = config.read_text()
    for pattern in ("../*", "/etc/*", "", "**x"):
        resources = f'  type: book\n  resources: "{pattern}"'
        config.write_text(text.replace("  type: book", resources))
        with pytest.raises(WeaveError, match=r"lies outside|names no file"):
            weave(frozen_book)


@pytest.mark.parametrize(
    "head",
    [b"\x89PNG", b'<svg width="1.2.3" height="9e9">', b"<svg \xff>",
     b'<svg width="%s" height="1">' % (b"9" * 400)],
)  # fmt: skip
def test_an_image_whose_head_is_broken_has_no_size(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "x").write_bytes(head)
    assert image_size(tmp_path / "x") is None


NAMES = ["$(touch pwned).qmd", "-o.qmd", "a b;touch pwned;'.qmd", "`touch pwned`.qmd"]


def test_names_of_files_never_reach_a_shell(
    frozen_book: Path, weave: Weave, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(frozen_book)
    config = frozen_book / "_quarto.yml"
    listed = ""
    for i, name in enumerate(NAMES):
        (frozen_book / name).write_text(
            f"# Titre {i}\n\n![Un dessin](report/dessin.svg)\n"
        )
        listed += f'    - "{name}"\n'
    text = config.read_text()
    config.write_text(text.replace("  appendices:\n", f"{listed}  appendices:\n"))
    output = weave(frozen_book)
    for i, name in enumerate(NAMES):
        assert f"Titre {i}" in (output / name).with_suffix(".html").read_text()
    assert [*frozen_book.rglob("pwned*"), *frozen_book.rglob("o")] == []


@pytest.mark.parametrize(
    "name", ["a\\nb", "a#b", "a?b", "a%20b", 'a\\"b', "a<b", "a:b"]
)
def test_names_that_no_address_holds_are_refused(book: Path, name: str) -> None:
    config = book / "_quarto.yml"
    text = config.read_text()
    config.write_text(text.replace("- index.qmd", f'- "{name}.qmd"'))
    with pytest.raises(WeaveError, match=r"^_quarto\.yml: a chapter's name"):
        load_book(book)


def test_an_image_with_a_space_in_its_name_is_where_the_page_looks(
    frozen_book: Path, weave: Weave
) -> None:
    (frozen_book / "report/dessin.svg").rename(frozen_book / "report/un dessin.svg")
    chapter = frozen_book / "report/deux.qmd"
    chapter.write_text(chapter.read_text().replace("(dessin.svg)", "(<un dessin.svg>)"))
    output = weave(frozen_book)
    assert 'src="un%20dessin.svg"' in (output / "report/deux.html").read_text()
    assert (output / "report/un dessin.svg").exists()


def test_prose_keeps_its_place(tmp_path: Path) -> None:
    (prose,) = _read(tmp_path, "\n" * 50_000 + "x" + "\n" * 50_000)
    assert prose == Prose("x", UN, 50_001)
