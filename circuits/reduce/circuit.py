"""Reduction of two-qubit gates: a circuit with the same values, made from its Pauli program."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterExpression
from qiskit.quantum_info import SparsePauliOp

from qkdrp.circuits.pauli.compile import compile_program
from qkdrp.circuits.pauli.effect import anticommute, effective
from qkdrp.circuits.pauli.program import CONSTANT, PauliProgram
from qkdrp.circuits.pqc import PQC
from qkdrp.circuits.reduce.network import Network, Strings, apply_cnot
from qkdrp.circuits.reduce.search import find_network
from qkdrp.circuits.reduce.shapes import SHAPES
from qkdrp.common.errors import CircuitError


def plan_network(pqc: PQC, shape: str = "line", *, keep_tail: bool = False) -> Network:
    """Search for the CNOTs of :func:`reduce_pqc`, which may take seconds.

    Args:
        pqc: As there.
        shape: As there.
        keep_tail: As there.

    Raises:
        CircuitError: As there.
    """
    if shape not in SHAPES:
        raise CircuitError(f"shape = {shape!r}: choose one of {', '.join(SHAPES)}.")
    program = compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)
    obstacle = _obstacle(program)
    if obstacle:
        raise CircuitError(obstacle)
    strings = _strings(program, np.flatnonzero(effective(program)), keep_tail)
    return find_network(strings, SHAPES[shape](program.n_qubits), program.n_qubits)


def reduce_pqc(
    pqc: PQC, shape: str = "line", *, keep_tail: bool = False, network: Network | None = None
) -> PQC:
    """Return a circuit with the same expectation values and few CNOTs, all on coupled qubits.

    The Pauli program says which strings are rotated and which of them commute. Any network of
    CNOTs serves that brings each string, in an order that the program allows, onto a single qubit,
    where it is an RX or an RZ; :func:`~qkdrp.circuits.reduce.search.find_network` searches for a
    short one. What CNOTs are left at the end goes into the observables. Parameters without effect
    become RZ before the readout, which cost nothing, so that the circuit keeps all its parameters.

    Args:
        pqc: A circuit of RX, RZ and CNOTs whose observables are products of Z, such as
            every re-uploading circuit.
        shape: A key of :data:`~qkdrp.circuits.reduce.shapes.SHAPES`: how qubits are coupled.
        keep_tail: Whether each observable is to be the Z of one qubit, at the price of more CNOTs;
            otherwise observables are longer Z strings, at the price of more readout errors.
        network: What :func:`plan_network` found for the same arguments; searched where left out.

    Returns:
        The circuit on qubits coupled in the shape.

    Raises:
        CircuitError: If the shape is unknown, or the circuit not of this kind.
    """
    if network is None:
        network = plan_network(pqc, shape, keep_tail=keep_tail)
    program = compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)
    kept = np.flatnonzero(effective(program))
    return _build(pqc, program, kept, _strings(program, kept, keep_tail), network)


def is_reducible(pqc: PQC) -> bool:
    """Tell whether :func:`reduce_pqc` can make a circuit anew: RX, RZ and CNOTs, read in Z."""
    return not _obstacle(compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights))


def _obstacle(program: PauliProgram) -> str:
    """Return why a circuit cannot be made anew; empty where it can."""
    mixed = np.flatnonzero((program.x != 0) & (program.z != 0))
    if len(mixed) or np.any(program.term_x != 0):
        what = f"rotation {mixed[0]}" if len(mixed) else "an observable"
        return (
            f"Found {what} with both X and Z, or Y: only circuits of RX, RZ and CNOTs that are "
            "read in Z can be reduced."
        )
    if len(np.unique(program.term_observable)) != len(program.term_observable):
        return "Found an observable of several terms: expected one Z string each."
    return ""


def _strings(program: PauliProgram, kept: NDArray[np.intp], keep_tail: bool) -> Strings:
    is_z = program.x[kept] == 0
    masks = np.where(is_z, program.z[kept], program.x[kept])
    read = program.term_z
    crossed = anticommute(program)[np.ix_(kept, kept)]
    before = np.pad(np.triu(crossed, 1), (0, len(read)))
    return Strings(
        masks=np.concatenate([masks, read]),
        is_z=np.concatenate([is_z, np.ones(len(read), dtype=bool)]),
        before=before,
        n_read=len(read),
        read_single=keep_tail,
    )


def _build(
    pqc: PQC, program: PauliProgram, kept: NDArray[np.intp], strings: Strings, network: Network
) -> PQC:
    curves = [curve.expression for curve in program.curves]
    parameters = [*pqc.inputs, *pqc.weights, *curves]
    circuit = QuantumCircuit(program.n_qubits)
    masks = np.array(network.start, dtype=np.int64)
    waiting = dict(enumerate(kept.tolist()))

    def emit() -> None:
        for place, rotation in list(waiting.items()):
            mask = int(masks[place])
            if mask & (mask - 1) or any(strings.before[other, place] for other in waiting):
                continue
            append = circuit.rz if strings.is_z[place] else circuit.rx
            append(_angle(program, rotation, parameters), mask.bit_length() - 1)
            del waiting[place]

    emit()
    for control, target in network.gates:
        circuit.cx(control, target)
        masks = apply_cnot(masks, strings.is_z, control, target)
        emit()
    for rotation in sorted(set(range(program.n_rotations)) - set(kept.tolist())):
        circuit.rz(_angle(program, rotation, parameters), 0)
    return pqc.transformed(circuit, _observables(program, masks[len(kept) :]))


def _angle(
    program: PauliProgram, rotation: int, parameters: Sequence[ParameterExpression]
) -> ParameterExpression | float:
    coefficient, source = float(program.coefficient[rotation]), int(program.source[rotation])
    if source == CONSTANT:
        return coefficient
    return parameters[source] if coefficient == 1.0 else coefficient * parameters[source]


def _observables(program: PauliProgram, masks: NDArray[np.int64]) -> tuple[SparsePauliOp, ...]:
    order = np.argsort(program.term_observable)
    found = []
    for mask, coefficient in zip(masks[order], program.term_coefficient[order], strict=True):
        on = [q for q in range(program.n_qubits) if mask >> q & 1]
        term = ("Z" * len(on), on, float(coefficient))
        found.append(SparsePauliOp.from_sparse_list([term], num_qubits=program.n_qubits))
    return tuple(found)
