"""Copies of the site in which a widget's data, or its page, are not what they should be."""

import json
from collections.abc import Callable
from pathlib import Path

from offline import Offline, copy_of
from playwright.sync_api import expect

Change = Callable[[str, str], str]
DATA = '<script type="application/json">'


def doctored(site: Path, folder: Path, page: str, widget: str, change: Change) -> str:
    """Copy the site into a folder; `change` makes a new page of the page's text and its widget's data."""
    file = copy_of(site, folder) / page
    text = file.read_text(encoding="utf-8")
    start = text.index(DATA, text.index(f'data-widget="{widget}"')) + len(DATA)
    data = text[start : text.index("</script>", start)]
    file.write_text(change(text, data), encoding="utf-8")
    return file.as_uri()


def with_data(change: Callable[[str], str]) -> Change:
    """Change the data's text alone."""
    return lambda text, data: text.replace(data, change(data))


def with_parts(**parts: object) -> Change:
    """Put other parts into the data."""
    return with_data(lambda data: json.dumps({**json.loads(data), **parts}))


def expect_refusal(offline: Offline, address: str, widget: str, says: str) -> None:
    """Open a page whose widget cannot start, and look for the one message that says why."""
    page, troubles = offline(1400, "light")
    page.goto(address)
    alert = page.locator(f"[data-widget={widget}] [role=alert]")
    expect(alert).to_have_count(1)
    expect(alert).to_contain_text("ne peut pas démarrer")
    expect(alert).to_contain_text(says)
    assert troubles == []
