"""The Pauli program: a circuit as rotations by Pauli strings, and what is computed from it."""
