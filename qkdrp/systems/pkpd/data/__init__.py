"""Trials: subjects with their doses and observations, and what reads them."""
