"""The figures, tables, numbers and listings that the chapters call; nothing else draws."""
