"""Circuits of fewer two-qubit gates with the same values."""
