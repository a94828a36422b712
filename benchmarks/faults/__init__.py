"""What the soak of faults kills: a small search, the sample book."""
