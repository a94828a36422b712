"""Valid texts made wrong: what a slip of the hand, a bad merge, another system or an enemy does to a file."""

from hypothesis import strategies as st

# An edit: what is done, where (of 10,000), how much, and with what.
Edit = tuple[str, int, int, str]

KINDS = ("insert", "insert", "replace", "delete", "repeat", "swap", "line")
NOISE = (
    "\n", "\r", "\r\n", "\x00", "\x0b", "\x0c", "\x1b[0m", "\x85", "\u00a0", "\u2028", "\ufeff", "\u202e",
    "é", "𝔸", "\t", "    ", "\\", "\"", "'", "`", "#", "---\n", "...\n", "<", ">", "&", "{", "}", "[",
    "]",
)  # fmt: skip


def edits(tokens: tuple[str, ...], most: int = 4) -> st.SearchStrategy[list[Edit]]:
    """Draw edits that put marks of some language, or noise, where they do not belong."""
    edit = st.tuples(
        st.sampled_from(KINDS),
        st.integers(0, 10_000),
        st.integers(1, 40),
        st.sampled_from(tokens + NOISE),
    )
    return st.lists(edit, max_size=most)


def edited(text: str, changes: list[Edit]) -> str:
    """Apply edits to a text."""
    for kind, place, size, token in changes:
        at = len(text) * place // 10_000
        if kind == "line":
            at = text.rfind("\n", 0, at) + 1
        before, piece, after = text[:at], text[at : at + size], text[at + size :]
        if kind in ("insert", "line"):
            text = before + token + piece + after
        elif kind == "replace":
            text = before + token + after
        elif kind == "delete":
            text = before + after
        elif kind == "repeat":
            text = before + piece * 3 + after
        else:
            text = before + after[:size] + piece + after[size:]
    return text
