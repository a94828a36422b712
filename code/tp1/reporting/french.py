"""Numbers as a French text writes them: decimal comma, thin spaces between thousands, a space before %."""

import math

# U+00A0 and U+202F: the spaces that French typography never breaks at.
NBSP = "\u00a0"
THIN_NBSP = "\u202f"
MINUS = "\u2212"


class Text(str):
    """Text for an inline expression.

    IPython shows a string by its `repr`, which writes no-break spaces as escapes; it shows this as Markdown.
    """

    __slots__ = ()

    def _repr_markdown_(self) -> str:
        return str(self)


def number(x: float, digits: int = 3) -> Text:
    """Write a number with a decimal comma: 1234.5 gives ``1 234,500``.

    Parameters
    ----------
    x : float
        A finite number.
    digits : int
        Digits after the comma.

    Raises
    ------
    ValueError
        If `x` is not finite: a report never prints NaN.
    """
    if not math.isfinite(x):
        raise ValueError(f"cannot write {x!r} in the report: a finite number is wanted")
    text = f"{abs(x):,.{digits}f}".replace(",", THIN_NBSP).replace(".", ",")
    is_zero = not any(c in "123456789" for c in text)
    return Text(text if x >= 0 or is_zero else MINUS + text)


def percent(p: float, digits: int = 1) -> Text:
    """Write a proportion as a percentage: 0.5431 gives ``54,3 %``."""
    return Text(number(100 * p, digits) + NBSP + "%")


def signed(x: float, digits: int = 3) -> Text:
    """Write a difference with its sign: 0.1 gives ``+0,100``."""
    text = number(x, digits)
    return text if text.startswith(MINUS) else Text("+" + text)
