"""Torch blocks that systems share: encoder, normalisation, controls, hybrid model."""
