"""What a piece of code depends on: the modules that it imports from this package, and what they state.

Comments, docstrings and blank lines do not count: they change no number.
"""

import ast
import hashlib
import io
import tokenize
from pathlib import Path

PACKAGE = Path(__file__).parent


def closure(source: str, package: Path = PACKAGE) -> dict[str, str]:
    """Digest all the modules of the package that some code imports, directly or not.

    Parameters
    ----------
    source : str
        Python; the package is not imported to find out.
    package : Path
        The folder of the package.

    Returns
    -------
    dict of str -> str
        Names of modules, sorted, and digests of their statements.
    """
    found, todo = dict[str, str](), imported(source, package.name)
    while todo:
        name = todo.pop()
        path = file_of(name, package)
        if name not in found and path is not None:
            text = path.read_text(encoding="utf-8")
            found[name] = digest(statements(text))
            todo += imported(text, package.name)
    return dict(sorted(found.items()))


def file_of(module: str, package: Path = PACKAGE) -> Path | None:
    """Find the file of a module; None for what is none."""
    path = package.joinpath(*module.split(".")[1:])
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            return file
    return None


def imported(source: str, package: str = PACKAGE.name) -> list[str]:
    """Name what code imports from the package: modules, and names that may be modules."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [
                node.module,
                *(f"{node.module}.{alias.name}" for alias in node.names),
            ]
    return [name for name in names if name.split(".")[0] == package]


def statements(source: str) -> str:
    """Leave out what does not count: comments, docstrings, blank lines."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node) is not None
        ):
            doc = node.body[0]
            first, last = doc.lineno - 1, doc.end_lineno or doc.lineno
            lines[first:last] = [""] * (last - first)
    return "\n".join(line.rstrip() for line in lines if line.strip())


def digest(text: str) -> str:
    """Shorten a text to 16 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def changes(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """Say what is different between two dictionaries of digests."""
    return [
        f"{name} {'is new' if name not in before else 'has changed' if name in now else 'is gone'}"
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    ]
