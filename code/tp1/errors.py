"""The root of every error that the command line reports without a traceback."""


class Tp1Error(Exception):
    """Something in the input is wrong: the message says what, where and what would be right."""

    exit_status = 2
