"""Random Pauli programs, beyond what circuits compile to."""

from dataclasses import replace

import numpy as np

from qkdrp.circuits import PauliProgram
from qkdrp.circuits.pauli.program import Signs


def random_program(rng: np.random.Generator) -> PauliProgram:
    """Rotations and terms about any Pauli strings, driven by anything."""
    n_qubits, n_inputs, n_weights = rng.integers(1, 6), rng.integers(0, 4), rng.integers(0, 4)
    n_rotations, n_terms, n_observables = rng.integers(0, 30), rng.integers(1, 6), 3
    masks = 2**n_qubits
    return PauliProgram(
        n_qubits=int(n_qubits),
        n_inputs=int(n_inputs),
        n_weights=int(n_weights),
        n_observables=n_observables,
        x=rng.integers(0, masks, n_rotations) * (rng.random(n_rotations) < 0.5),
        z=rng.integers(0, masks, n_rotations) * (rng.random(n_rotations) < 0.7),
        coefficient=rng.normal(size=n_rotations),
        source=rng.integers(-1, n_inputs + n_weights, n_rotations),
        term_x=rng.integers(0, masks, n_terms) * (rng.random(n_terms) < 0.5),
        term_z=rng.integers(0, masks, n_terms),
        term_coefficient=rng.normal(size=n_terms),
        term_observable=rng.integers(0, n_observables, n_terms),
    )


def random_signs(program: PauliProgram, batch: int, rng: np.random.Generator) -> Signs:
    """Signs of every rotation and every term, sample by sample."""
    sizes = program.n_rotations, len(program.term_x)
    return Signs(*(rng.choice([-1.0, 1.0], (batch, size)) for size in sizes))


def signed(program: PauliProgram, signs: Signs, sample: int) -> PauliProgram:
    """The program of one sample, signs and all."""
    return replace(
        program,
        coefficient=program.coefficient * signs.rotations[sample],
        term_coefficient=program.term_coefficient * signs.terms[sample],
    )
