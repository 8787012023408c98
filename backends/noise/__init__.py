"""Noise: where it comes from, and what it does on the few qubits that a circuit uses."""
