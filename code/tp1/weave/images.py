"""The size of an image, so that a page keeps the room for it before it is loaded."""

import re
import struct
from pathlib import Path

_PIXELS = {
    "": 1.0,
    "px": 1.0,
    "pt": 96 / 72,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 9.6 / 2.54,
}


def image_size(file: Path) -> tuple[int, int] | None:
    """Give an SVG's or a PNG's width and height in the pixels of a page; None if its head does not say."""
    with file.open("rb") as stream:
        head = stream.read(2000)
    if head.startswith(b"\x89PNG") and len(head) >= 24:
        width, height = struct.unpack(">II", head[16:24])
        return width, height
    tag = re.search(rb"<svg\b[^>]*>", head)
    found = [
        re.search(
            rf'\s{side}="(\d{{1,6}}(?:\.\d*)?)([a-z]*)"', tag[0].decode("latin-1")
        )
        if tag
        else None
        for side in ("width", "height")
    ]
    sizes = [
        round(float(match[1]) * _PIXELS[match[2]])
        for match in found
        if match and match[2] in _PIXELS
    ]
    return (sizes[0], sizes[1]) if len(sizes) == 2 else None
