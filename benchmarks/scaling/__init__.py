"""What a search costs, and what more workers bring."""
