"""Numbers, vectors and matrices as formulas in LaTeX, as the French text writes them."""

from torch import Tensor

from tp1.reporting.french import Text


def entry(value: float, digits: int = 3) -> Text:
    """Write a number with the digits that it needs, `digits` after the comma at most: 0.5 gives ``0{,}5``."""
    shown = f"{round(float(value), digits) + 0.0:.{digits}f}"
    whole, _, rest = shown.partition(".")
    rest = rest.rstrip("0")
    return Text(f"{whole}{{,}}{rest}" if rest else whole)


def matrix(values: Tensor, digits: int = 3) -> Text:
    r"""Write a matrix, or a vector as a column, between brackets: ``\begin{bmatrix} … \end{bmatrix}``."""
    rows = values if values.ndim == 2 else values[:, None]
    lines = (" & ".join(entry(v, digits) for v in row) for row in rows.tolist())
    return Text(r"\begin{bmatrix} " + r" \\ ".join(lines) + r" \end{bmatrix}")


def scientific(value: float) -> Text:
    r"""Write a number with its power of ten, in a formula: 3.2e-5 gives ``$3{,}2 \cdot 10^{-5}$``."""
    mantissa, exponent = f"{value:.1e}".split("e")
    return Text(rf"${mantissa.replace('.', '{,}')} \cdot 10^{{{int(exponent)}}}$")
