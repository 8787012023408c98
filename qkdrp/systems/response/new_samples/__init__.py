"""Samples that no run has seen: reading, matching, aligning, predicting and scoring them."""
