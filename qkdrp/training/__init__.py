"""Training of any model: the loop, early stopping, threads."""
