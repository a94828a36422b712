"""What is run (plans), how (lock-step, workers), what is kept (frozen results)."""
