"""Noise: its sources, and simulation of it on the few qubits that a circuit uses."""
