"""Pairs of cell line and drug, and how they are loaded."""
