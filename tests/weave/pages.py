"""What the tests read of a page."""

import re
from html.parser import HTMLParser
from pathlib import Path

SILENT = ("script", "style", "annotation", "code")


class Page(HTMLParser):
    """A page's text without scripts, styles and code, its identifiers, and what it points to."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.words: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.images_without_text: list[str] = []
        self._silent = 0
        self.feed(file.read_text(encoding="utf-8"))
        self.text = re.sub(r"[ \n]+", " ", "".join(self.words))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._silent += tag in SILENT
        self.ids += [values["id"]] if values.get("id") else []
        self.links += [values["href"]] if tag == "a" and values.get("href") else []
        self.loaded += [
            values[key] for key in ("src", "href") if tag != "a" and values.get(key)
        ]
        if tag == "img" and not values.get("alt"):
            self.images_without_text.append(str(values.get("src")))

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        self.words += [] if self._silent else [data]


def check_site(output: Path) -> dict[Path, Page]:
    """Follow every link of a site; give its pages."""
    pages = {file.resolve(): Page(file) for file in output.rglob("*.html")}
    for file, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), (
            f"{file}: an identifier stands twice"
        )
        assert page.images_without_text == [], file
        for url in page.links:
            if url.startswith("https://"):
                continue
            target, _, anchor = url.partition("#")
            path = (file.parent / target).resolve() if target else file
            assert path.exists(), f"{file}: {url}"
            assert not anchor or anchor in pages[path].ids, f"{file}: {url}"
        for url in page.loaded:
            assert url.startswith("data:") or (file.parent / url).exists(), (
                f"{file}: {url}"
            )
    return pages
