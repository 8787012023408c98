"""Runs: training, the run folder, predictions, evaluation, hardware jobs."""
