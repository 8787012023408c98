"""Compile the kernels of the exact engine that most tests use, before tests run side by side.

Else each of their processes compiles them for itself: ``python -m tests.compile_kernels``.
"""

from itertools import product

import numpy as np

from qkdrp.backends.exact.engine import ExactEngine
from qkdrp.backends.exact.plan import MAX_NARROW
from qkdrp.circuits import PQCSpec, build_pqc, compile_program


def main() -> None:
    """Evaluate a narrow and a wide circuit, with gradients, in both precisions."""
    for n_qubits, dtype in product((2, MAX_NARROW + 1), (np.float64, np.float32)):
        pqc = build_pqc(PQCSpec(n_qubits, 1, 1))
        program = compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)
        engine = ExactEngine(program, dtype)
        values, pull_back = engine.linearise(np.zeros((1, pqc.n_inputs)), np.zeros(pqc.n_weights))
        pull_back(values)


if __name__ == "__main__":
    main()
