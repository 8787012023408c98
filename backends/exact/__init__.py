"""The exact engine: state-vector values and adjoint gradients of Pauli programs."""
