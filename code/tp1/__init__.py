"""INF8225 TP1: exact inference on a joint, gradients by hand, and the report that shows both."""

__version__ = "0.1.0"
