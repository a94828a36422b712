"""Lightened figures: less text, the same picture."""

import re
from io import BytesIO, StringIO
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from PIL import Image
from playwright.sync_api import Browser

from tp1.reporting.light_svg import lighten, use_light_svg

TOLERANCE = 0.005 + 1e-9
lengths = st.decimals(-2000, 2000, places=6, allow_nan=False).map(float)
points = st.tuples(lengths, lengths)
# As Matplotlib writes them: it closes a path with a small z, and only after it has drawn something.
steps = st.one_of(
    st.tuples(st.just("L"), st.tuples(points)),
    st.tuples(st.just("Q"), st.tuples(points, points)),
    st.tuples(st.just("C"), st.tuples(points, points, points)),
)
subpaths = st.tuples(points, st.lists(steps, min_size=1, max_size=6), st.booleans())


def written(subpath) -> str:
    start, drawn, closed = subpath
    lines = [f"M {start[0]} {start[1]} "]
    for name, ends in drawn:
        lines.append(f"{name} " + " ".join(f"{x} {y}" for x, y in ends) + " ")
    return "\n".join([*lines, "z\n" if closed else ""])


def followed(data: str) -> list[tuple[float, float]]:
    """Walk along relative path data as the specification has it; every point that is named."""
    found: list[tuple[float, float]] = []
    x = y = 0.0
    start = (x, y)
    for name, numbers in re.findall(r"([a-z])([^a-z]*)", data):
        values = [float(n) for n in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", numbers)]
        if name == "z":
            x, y = start
        elif name in "hv":
            for value in values:
                x, y = (x + value, y) if name == "h" else (x, y + value)
                found.append((x, y))
        else:
            size = {"m": 1, "l": 1, "q": 2, "c": 3}[name]
            pairs = list(zip(values[::2], values[1::2], strict=True))
            for i in range(0, len(pairs), size):
                ends = [(x + dx, y + dy) for dx, dy in pairs[i : i + size]]
                found += ends
                x, y = ends[-1]
            start = (x, y) if name == "m" else start
    return found


@given(st.lists(subpaths, min_size=1, max_size=4))
def test_a_relative_path_goes_through_the_same_points(drawing) -> None:
    light = lighten(f'<path d="{"".join(map(written, drawing))}"/>')
    expected = [
        point
        for start, drawn, _ in drawing
        for point in [start, *(end for _, ends in drawn for end in ends)]
    ]
    found = followed(light.split('"')[1])
    assert len(found) == len(expected)
    assert np.abs(np.array(found) - np.array(expected)).max() <= TOLERANCE


@pytest.fixture
def figure() -> Figure:
    """One of everything that the report draws."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(4, 2))
    left.bar([0, 1, 2], [1, 3, 2], hatch="..", color="#a9c8dd", edgecolor="#0072B2")
    left.plot([0, 1, 2], [1, 2, 3], "o--", label="$g_0$")
    left.fill_between([0, 1, 2], [0, 1, 2], [1, 2, 3], alpha=0.3)
    left.legend()
    right.imshow(np.eye(4), interpolation="none")
    right.set_title("Deux mots, −1,5 %")
    plt.close(fig)
    return fig


def plain(figure: Figure) -> str:
    text = StringIO()
    FigureCanvasSVG(figure).print_svg(text, metadata={"Date": None})
    return text.getvalue()


def test_a_figure_saved_as_svg_is_light_whole_and_always_the_same(
    figure: Figure,
) -> None:
    use_light_svg()
    files = [BytesIO(), BytesIO()]
    for file in files:
        with plt.rc_context({"svg.hashsalt": "essai"}):
            figure.savefig(file, format="svg", bbox_inches="tight")
    light = files[0].getvalue().decode()
    assert files[1].getvalue().decode() == light
    assert len(light) < 0.6 * len(plain(figure))
    ElementTree.fromstring(light)  # noqa: S314 - a file of our own
    names = re.findall(r' id="([^"]*)"', light)
    assert len(names) == len(set(names))
    assert set(re.findall(r'(?:href="|url\()#([^")]+)', light)) == set(names)


def test_a_lightened_figure_looks_the_same(figure: Figure, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 400, "height": 200})
    shown = []
    for svg in (plain(figure), lighten(plain(figure))):
        page.set_content(svg[svg.index("<svg") :])
        with Image.open(BytesIO(page.screenshot())) as image:
            shown.append(np.asarray(image.convert("L"), dtype=int))
    page.close()
    assert shown[0].std() > 20  # something is drawn
    difference = np.abs(shown[0] - shown[1])
    assert difference.mean() < 0.5
    assert (difference > 128).sum() == 0
