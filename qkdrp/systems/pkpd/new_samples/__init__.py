"""Predictions for subjects that no run has seen."""
