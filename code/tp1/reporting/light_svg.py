"""Matplotlib's SVG at half its size: the same picture, said in fewer characters.

A page of the site loads a dozen figures, and the hand-in and the notebook carry them again.
"""

import re
from io import StringIO
from typing import Any

from matplotlib.backend_bases import register_backend
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.cbook import open_file_cm

# A hundredth of a point is a tenth of what a printer of 720 dots an inch can place.
DIGITS = 2
_LENGTHS = {"M": 2, "L": 2, "Q": 4, "C": 6, "z": 0}


class LightCanvas(FigureCanvasSVG):
    """Writes SVG as Matplotlib does, then lightens it."""

    def print_svg(
        self,
        filename: Any,
        *,
        bbox_inches_restore: Any = None,
        metadata: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """Write the figure; the parameters are Matplotlib's, which adds some of other formats."""
        text = StringIO()
        super().print_svg(
            text, bbox_inches_restore=bbox_inches_restore, metadata=metadata
        )
        with open_file_cm(filename, "wb") as file:
            file.write(lighten(text.getvalue()).encode())


def use_light_svg() -> None:
    """Have every figure saved as SVG written by `LightCanvas`."""
    register_backend("svg", LightCanvas, "Scalable Vector Graphics")


def lighten(svg: str) -> str:
    """Shorten the SVG of a figure by Matplotlib; what it shows stays within 0.005 points.

    Metadata, comments, line ends and identifiers that nothing uses go; paths become relative; glyphs
    are placed by ``x`` and ``y`` instead of a transform.
    """
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r">\s+<", "><", svg)
    svg = re.sub(r'\bd="([^"]*)"', lambda m: f'd="{_relative(m[1])}"', svg)
    svg = re.sub(
        r'\b(x|y|width|height)="(-?[\d.]+)"',
        lambda m: f'{m[1]}="{_short(float(m[2]))}"',
        svg,
    )
    svg = re.sub(r"translate\((-?[\d.]+) (-?[\d.]+)\)", _translation, svg)
    svg = re.sub(
        r'(<use [^>]*?) transform="translate\((\S+) (\S+)\)"/>',
        r'\1 x="\2" y="\3"/>',
        svg,
    )
    svg = re.sub(r'(<use [^>]*?) y="0"/>', r"\1/>", svg)
    svg = svg.replace("xlink:href", "href").replace(
        ' xmlns:xlink="http://www.w3.org/1999/xlink"', ""
    )
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', svg))
    svg = re.sub(r' id="([^"]*)"', lambda m: m[0] if m[1] in used else "", svg)
    # Glyphs keep one name in every figure: the notebook may show several figures in one page.
    svg = svg.replace('"DejaVuSans-', '"g').replace('"#DejaVuSans-', '"#g')
    svg = re.sub(r'style="([^"]*)"', lambda m: re.sub(r"([:;]) ", r"\1", m[0]), svg)
    svg = re.sub(
        r'(?:<use [^>]*( style="[^"]*")/>)(?:<use [^>]*\1/>)+', _one_style, svg
    )
    return _without_empty_groups(svg)


def _short(value: float) -> str:
    """Write a number with at most two decimals and no zero that says nothing."""
    text = f"{value:.{DIGITS}f}".rstrip("0").rstrip(".")
    return re.sub(r"^(-?)0\.", r"\1.", text) if text != "-0" else "0"


def _translation(match: re.Match[str]) -> str:
    return f"translate({_short(float(match[1]))} {_short(float(match[2]))})"


def _one_style(markers: re.Match[str]) -> str:
    """Say once what many markers look like."""
    return f"<g{markers[1]}>{markers[0].replace(markers[1], '')}</g>"


def _relative(path: str) -> str:
    """Rewrite a path's data with relative commands, from rounded points, so that nothing drifts."""
    scale = 10**DIGITS
    tokens = iter(path.split())
    parts: list[str] = []
    before, start, here = "", (0, 0), (0, 0)
    for command in tokens:
        values = [round(float(next(tokens)) * scale) for _ in range(_LENGTHS[command])]
        points = list(zip(values[::2], values[1::2], strict=True))
        steps = [(x - here[0], y - here[1]) for x, y in points]
        name = command.lower()
        numbers = [n for step in steps for n in step]
        if command == "L" and 0 in steps[0]:
            # Along an axis; a step of no length is one too, and still draws a round end.
            name, numbers = (
                ("v", numbers[1:]) if steps[0][0] == 0 else ("h", numbers[:1])
            )
        start = points[0] if command == "M" else start
        here = points[-1] if points else start
        text = "".join(
            f" {number}" if i and number[0] != "-" else number
            for i, number in enumerate(_short(n / scale) for n in numbers)
        )
        if name != before or name in "mz":
            parts.append(name + text)
        else:
            parts.append(text if text[0] == "-" else " " + text)
        before = name
    return "".join(parts)


def _without_empty_groups(svg: str) -> str:
    """Unwrap groups that have no attribute and hold one element; drop those that hold nothing."""
    before = ""
    while svg != before:
        before = svg
        svg = re.sub(r"<g>(<(?!g\b)[^<>]*/>)</g>|<g/>|<g></g>|<defs/>", r"\1", svg)
    return svg
