"""Settings of every test, and what tests of several rooms share."""

import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import settings
from offline import Offline, open_offline
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tp1.weave.render import render, stale_chapters

PROJECT = Path(__file__).parents[1]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

# How long an example takes says more about the machine than about the code.
settings.register_profile("tp1", deadline=None)
settings.load_profile("tp1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what opens pages: it takes as long as all the rest, and has a target of its own."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.fixture
def one_thread():
    """Compute on one thread: on small tensors, waiting for a second one takes longer than computing."""
    # Not every room needs PyTorch.
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of the project's own book, rendered from the committed freeze alone."""
    root = tmp_path_factory.mktemp("report")
    for name in ("_quarto.yml", "_variables.yml", "index.qmd"):
        shutil.copyfile(PROJECT / name, root / name)
    folders = ("_extensions", "_freeze", "report", "code", "results", "benchmarks")
    for name in folders:
        shutil.copytree(
            PROJECT / name, root / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    assert stale_chapters(root) == [], (
        "a chapter has changed since it was frozen: run make report"
    )
    return render(root, lambda line: None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-quic"]
        )


@pytest.fixture
def offline(browser: Browser) -> Iterator[Offline]:
    """Open a page of a width and a colour scheme, cut off; give it with the list of its troubles."""
    contexts: list[BrowserContext] = []

    def page(width: int, scheme: str) -> tuple[Page, list[str]]:
        context, troubles = open_offline(browser, width, scheme)
        contexts.append(context)
        return context.new_page(), troubles

    yield page
    for context in contexts:
        context.close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def served(report: Path) -> Iterator[str]:
    """The address of the project's own site, served on this machine."""
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(_Quiet, directory=str(report))
    )
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
