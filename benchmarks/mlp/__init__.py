"""The sides of `benchmarks.mlp_steps`, how they are timed and counted, and the report."""
