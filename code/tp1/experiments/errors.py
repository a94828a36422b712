"""What can be wrong with an experiment."""

from tp1.errors import Tp1Error


class ResultsError(Tp1Error):
    """Results are missing, damaged, or do not go together."""
