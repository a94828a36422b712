"""A machine that does not have the project."""

# Makes tp1 importable from nowhere, as on a machine that does not have it.
FORGET = """import sys
sys.path = [path for path in sys.path if not path.endswith("/code")]
sys.meta_path = [finder for finder in sys.meta_path if "editable" not in repr(finder).lower()]
"""
