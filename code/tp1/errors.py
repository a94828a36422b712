"""The root of every error that the command line reports without a traceback."""

import reprlib


class Tp1Error(Exception):
    """Something in the input is wrong: the message says what, where and what would be right."""

    exit_status = 2


def shown(value: object) -> str:
    """Write any value for a message, cut to a line: numbers of 5000 digits and what cannot be written too."""
    try:
        return reprlib.repr(value)
    except Exception:  # noqa: BLE001 - Python writes no integer of more than 4300 digits, for one
        return f"of type {type(value).__name__}"
