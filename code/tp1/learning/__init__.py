"""Parts 2 and 3: the data, and classifiers whose gradients are written by hand."""
