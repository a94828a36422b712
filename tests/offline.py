"""Pages in a real browser with the network cut."""

from collections.abc import Callable

from playwright.sync_api import Browser, BrowserContext, Page, Route

Offline = Callable[[int, str], tuple[Page, list[str]]]
LOCAL = ("file:", "data:", "blob:", "http://127.0.0.1:")


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
