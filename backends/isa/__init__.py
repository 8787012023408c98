"""Preparing circuits for a device: its gates, a few of its qubits, observables laid out."""
