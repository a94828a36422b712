"""Small books made wrong, as pages: every word is there and nothing runs, or the book is refused."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from counting import fuzz
from edits import Edit, edited, edits
from hypothesis import strategies as st

from tp1.weave import html as pages
from tp1.weave import pandoc
from tp1.weave.errors import WeaveError
from tp1.weave.project import load_book
from tp1.weave.render import _chapters
from tp1.weave.source import read_source

CHAPTER = """# Premier {#sec-un}

Un mot, *deux* et **trois**[^1], `code`, voir la @sec-suite et [lien](https://example.org).

[^1]: Une note.

::: {.callout-note title="Titre"}
Dedans.
:::

::: {.panel-tabset}
## Gauche
Un.

## Droite
Deux.
:::

| a | b |
|:--|--:|
| 1 | 2 |

: Tableau {#tbl-x}

$$ y = x^2 $$ {#eq-x}

## Suite {#sec-suite}

~~~python
x = 1
~~~

- un
- deux {{< var x >}}
"""
MARKS = (
    "```\n", "~~~\n", ":::\n", "::: {.callout-tip}\n", "::: {.callout-note .callout-tip}\n",
    "::: {\n.float}\nx\n:::\n", "::: {\n.cell}\n1\n:::\n", "::: {#fig-y}\n", "# Encore\n",
    "## X {#fig-x}\n", "Titre {number=9}\n-----\n", "[", "]", "(", ")", "[x](#sec-suite){\npage=7}",
    "[x](un.qmd)", "[x](javascript:1)", "[x]{\nonclick=1}", "^[]", "[^1]", "*", "_", "$", "$$", "\\",
    "&lt;script&gt;", "<div id='fig-a&quot; onclick=&quot;x'>\n", "</div>", "<!-- tp1: cut -->", "@",
    "@Sec-un", "-@tbl-x", "| a |\n|---|\n", "> ", "    ", "1. ", "{{< var x >}}", "{{< var y >}}",
    "{#eq-z}", "---\na: b\n---\n", "![](x.svg)", "![x](<a b.svg>)", "\x0c", "\x1b", "`<b>`{=html}",
)  # fmt: skip
HOSTILE = (
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</title><script>alert(1)</script>",
    "a & b < c", "[x](javascript:alert(1))", "[x]{onclick=\"alert(1)\"}",
    "`<script>alert(1)</script>`{=html}", "texte simple", "{{ 7 * 7 }}", "{% raw %}",
    "<svg/onload=alert(1)>", "&#60;script&#62;alert(1)&#60;/script&#62;",
)  # fmt: skip
WORD = re.compile(r"[^\W\d_]{4,}")


class _Page(HTMLParser):
    """A page's text, and what it holds that a browser runs; elements that do not close one another fail."""

    VOID = frozenset(("area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"))

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words, self.active = "", list[str]()
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        self.active += [name for name, _ in attrs if name.startswith("on")]
        self.active += [
            v for _, v in attrs if v and v.strip().startswith("javascript:")
        ]
        self.active += [tag] if tag == "script" and ("src", "") in attrs else []
        if tag == "script" and not re.fullmatch(
            r"\.\./assets/\w+\.js|\./assets/\w+\.js", dict(attrs).get("src") or ""
        ):
            self.active.append("script")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


def _page(root: Path, chapter: str, words: dict[str, Any]) -> str | None:
    """Render the one page of a book; None if the book is refused."""
    settings = {
        "project": {"type": "book"},
        "book": {**words["book"], "chapters": ["un.qmd"]},
    }
    (root / "_quarto.yml").write_text(json.dumps(settings))
    variables = {"x": words["x"], "course": words["course"]}
    (root / "_variables.yml").write_text(json.dumps(variables))
    (root / "un.qmd").write_bytes(chapter.encode(errors="replace"))
    output = root / "_site"
    try:
        book = load_book(root)
        source = read_source(root, Path("un.qmd"))
        if source.has_code:
            return None
        pages.write_site(_chapters(book, [source], "html"), book, output)
    except WeaveError:
        return None
    return (output / "un.html").read_text(encoding="utf-8")


PLAIN = {
    "book": {"title": "Livre", "subtitle": "Essai", "author": "Nom"},
    "course": {"code": "C", "title": "Cours"},
    "x": "variable",
}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the fonts and scripts out, which every page has, and pandoc little time."""
    monkeypatch.setattr(
        pages.shutil, "copytree", lambda _, to: to.mkdir(parents=True, exist_ok=True)
    )
    monkeypatch.setattr(pandoc, "LONGEST", 10)


@fuzz(600, changes=edits(MARKS, most=3))
def test_a_page_holds_every_word_of_its_text_or_is_refused(
    root: Path, changes: list[Edit]
) -> None:
    text = edited(CHAPTER, changes)
    page = _page(root, text, PLAIN)
    if page is None:
        return
    found = _Page(page)
    assert found.active == []
    # Words of marks, addresses and names are not prose.
    prose = re.sub(
        r"\{[^{}]*\}|\]\([^()]*\)|@[\w-]+|<[^<>]*>|:::.*|~~~.*|```.*|&\w+;|<!--.*?-->",
        " ",
        text,
    )
    assert [word for word in WORD.findall(prose) if word not in found.words] == []


@fuzz(
    200,
    title=st.sampled_from(HOSTILE),
    author=st.sampled_from(HOSTILE),
    course=st.sampled_from(HOSTILE),
    value=st.sampled_from(HOSTILE),
)
def test_nothing_that_settings_say_runs_in_a_page(
    root: Path, title: str, author: str, course: str, value: str
) -> None:
    words = {
        "book": {"title": title, "subtitle": author, "author": author},
        "course": {"code": course, "title": title},
        "x": value,
    }
    page = _page(root, CHAPTER, words)
    if page is None:
        assert value not in ("texte simple", "a & b < c", "{% raw %}")
    else:
        found = _Page(page)
        assert found.active == []
        for text in (title, author, course):
            assert text in found.words
