"""The same book where Quarto is not installed: reads Quarto's files, knows nothing of the other rooms."""
