"""How many inputs were tried, said at the end."""

from collections.abc import Iterator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Note how many examples a test ran; the note reaches the process that reports."""
    try:
        return (yield)
    finally:
        tried = getattr(getattr(item, "obj", None), "hypothesis", None)
        count = getattr(getattr(tried, "inner_test", None), "ran", 0)
        item.user_properties.append(("inputs", count))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many inputs were tried, room by room."""
    counts: dict[str, int] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, count in getattr(report, "user_properties", ()):
                if name == "inputs" and report.when == "call":
                    room = report.nodeid.split("::")[0].rsplit("/", 1)[-1]
                    counts[room] = counts.get(room, 0) + count
    for room, count in sorted(counts.items()):
        terminalreporter.write_line(f"{room}: {count:,} inputs")
    if counts:
        terminalreporter.write_line(f"fuzz: {sum(counts.values()):,} inputs in all")
