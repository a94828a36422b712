"""``{{< var name >}}``: the values of ``_variables.yml`` in a chapter's text."""

import re
from pathlib import Path

from tp1.weave.errors import UnsupportedFeature, WeaveError

_VARIABLE = re.compile(r"\{\{<\s*+var\s(?:([^{}<>]*)>\}\})?")
# Markdown is welcome in a variable, addresses in angle brackets too; what a browser would run is not.
_HTML = re.compile(r"<(?!https?:)[A-Za-z/!?]|\{=")


def substitute_variables(
    markdown: str, variables: dict[str, object], path: Path
) -> str:
    """Resolve ``{{< var name >}}``, in code too, as Quarto does.

    Raises
    ------
    WeaveError
        For a name that ``_variables.yml`` does not have, or a value that is neither text nor a number.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] is None:
            raise WeaveError("{{< var is never closed: it reads {{< var name >}}", path)
        name = match[1].strip()
        text = _look_up(name, variables, path)
        if _HTML.search(text):
            raise UnsupportedFeature(f"HTML in the variable {name}", path)
        return text

    return _VARIABLE.sub(value, markdown)


def _look_up(name: str, variables: dict[str, object], path: Path) -> str:
    found: object = variables
    for key in name.strip("\"'").split("."):
        if isinstance(found, list) and re.fullmatch(r"[1-9]\d{0,5}", key, re.ASCII):
            # Lists count from 1, as Quarto's do.
            found = dict(enumerate(found, 1)).get(int(key))
        else:
            found = found.get(key) if isinstance(found, dict) else None
    if found is None:
        raise WeaveError(f"variable {name} is not in _variables.yml", path)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        raise WeaveError(f"variable {name} is neither text nor a number", path)
    return str(found)
