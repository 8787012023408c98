"""The Pauli program of a circuit as it is measured: every basis, with its change and readout."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from qkdrp.backends.isa.basis_change import turned_to
from qkdrp.backends.noise.local import LocalNoise
from qkdrp.backends.noise.readout import read_out
from qkdrp.circuits import PQC, PauliProgram, compile_program
from qkdrp.circuits.pauli.bases import Basis, find_bases
from qkdrp.circuits.pauli.faults import Faults, compile_faults


def measured_program(pqc: PQC, noise: LocalNoise) -> tuple[PauliProgram, Faults]:
    """Return the program of a prepared circuit as it is read, and what errors flip in it.

    All bases share the rotations of the circuit, and have terms of their own: the Z strings that
    are read there, with the mean map of the readout. Errors of a change of basis flip terms of that
    basis only.

    Args:
        pqc: The circuit, in the device's gates.
        noise: The noise on its qubits.
    """
    assignment = noise.twirled_assignment()
    found = [_of_basis(pqc, basis, noise, assignment) for basis in find_bases(pqc.observables)]
    programs, faults = zip(*found, strict=True)
    return _joined_programs(programs, pqc.n_outputs), _joined_faults(pqc, programs, faults)


def _of_basis(
    pqc: PQC, basis: Basis, noise: LocalNoise, assignment: NDArray[np.float64]
) -> tuple[PauliProgram, Faults]:
    """Return program and faults of what is read in one basis."""
    circuit = turned_to(pqc.circuit, basis, noise.gates)
    observables = [read_out(part, assignment) for part in basis.parts.values()]
    program = compile_program(circuit, observables, pqc.inputs, pqc.weights)
    own = np.array(list(basis.parts))[program.term_observable]
    faults = compile_faults(circuit, program, pqc.inputs, pqc.weights)
    return replace(program, term_observable=own), faults


def _joined_programs(programs: Sequence[PauliProgram], n_observables: int) -> PauliProgram:
    """Return the program with the terms of several that have the same rotations."""
    return replace(
        programs[0],
        n_observables=n_observables,
        term_x=np.concatenate([each.term_x for each in programs]),
        term_z=np.concatenate([each.term_z for each in programs]),
        term_coefficient=np.concatenate([each.term_coefficient for each in programs]),
        term_observable=np.concatenate([each.term_observable for each in programs]),
    )


def _joined_faults(pqc: PQC, programs: Sequence[PauliProgram], faults: Sequence[Faults]) -> Faults:
    """Return what errors flip in the joined program.

    Args:
        pqc: The circuit; its own gates come first in the faults of each basis.
        programs: Of each basis.
        faults: Of each basis.
    """
    n_rotations, first = programs[0].n_rotations, faults[0]
    n_places = sum(each.name != "barrier" for each in pqc.circuit.data)
    n_rows = sum(2 * len(place.qubits) for place in first.places[:n_places])
    columns = n_rotations + np.cumsum([0, *(len(each.term_x) for each in programs)])
    shared = np.zeros((n_rows, columns[-1]), dtype=bool)
    shared[:, :n_rotations] = first.flips[:n_rows, :n_rotations]
    places, starts, flips = [*first.places[:n_places]], [first.start[:n_places]], [shared]
    for each, (start, stop) in zip(faults, pairwise(columns), strict=True):
        own = np.zeros((len(each.flips), columns[-1]), dtype=bool)
        own[:, start:stop] = each.flips[:, n_rotations:]
        shared |= own[:n_rows]
        places += each.places[n_places:]
        starts.append(each.start[n_places:] - n_rows + sum(map(len, flips)))
        flips.append(own[n_rows:])
    return Faults(tuple(places), np.concatenate(starts), np.concatenate(flips))
