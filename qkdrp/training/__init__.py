"""Training of any model: what a system brings, fit loop, early stopping, checkpoints, regressor."""
