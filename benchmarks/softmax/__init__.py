"""The sides of `benchmarks.softmax_search`, each a module, and what they share."""
