"""Pages in a real browser with the network cut."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, Route

Offline = Callable[[int, str], tuple[Page, list[str]]]
LOCAL = ("file:", "data:", "blob:", "http://127.0.0.1:")


def copy_of(site: Path, folder: Path) -> Path:
    """Copy a site, for a test that damages a page: by links, and that page is to be replaced as a whole."""
    copy = folder / "site"
    shutil.copytree(site, copy, copy_function=os.link)
    for page in copy.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.unlink()
        page.write_text(text, encoding="utf-8")
    return copy


def open_offline(
    browser: Browser, width: int, scheme: str
) -> tuple[BrowserContext, list[str]]:
    """Open a context that reaches this machine only; give it with the list of its troubles to come."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
        accept_downloads=True,
    )
    troubles: list[str] = []

    def cut(route: Route) -> None:
        if route.request.url.startswith(LOCAL):
            route.continue_()
        else:
            troubles.append(f"asked: {route.request.url}")
            route.abort()

    context.route("**/*", cut)
    context.on(
        "requestfailed", lambda request: troubles.append(f"failed: {request.url}")
    )
    context.on(
        "console",
        lambda line: troubles.append(line.text) if line.type == "error" else None,
    )
    context.on("weberror", lambda error: troubles.append(str(error.error)))
    return context, troubles
