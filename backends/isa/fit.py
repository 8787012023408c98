"""Transpilation of a circuit to a target, mended where the transpiler fails by itself."""

from qiskit import QuantumCircuit, transpile
from qiskit.circuit import ParameterExpression
from qiskit.circuit.library import UnitaryGate
from qiskit.transpiler import Target
from qiskit.transpiler.exceptions import TranspilerError

from qkdrp.backends.isa.targets import angle_bounds_of, both_ways, without_gates
from qkdrp.circuits import PQC
from qkdrp.circuits.instructions import qubits_of


def fit(pqc: PQC, target: Target, seed: int, level: int) -> PQC:
    """Transpile a circuit and lay its observables out.

    A gate whose angles are bounded on the device is not used with a parameter as its angle, which
    may take any value.

    Args:
        pqc: The circuit and its observables.
        target: What it has to fit.
        seed: Of the transpiler.
        level: Optimisation level.

    Returns:
        The circuit in the target's gates on the target's qubits.

    Raises:
        TranspilerError: If it cannot be made to fit.
    """
    found = _fit_directions(pqc, target, seed, level)
    bounded = {
        instruction.name
        for instruction in found.circuit.data
        if angle_bounds_of(target, instruction.name) is not None
        and any(isinstance(each, ParameterExpression) for each in instruction.operation.params)
    }
    if not bounded:
        return found
    return fit(pqc, without_gates(target, bounded), seed, level)


def _fit_directions(pqc: PQC, target: Target, seed: int, level: int) -> PQC:
    """Transpile a circuit, gates turned round where the transpiler knows no rule for it.

    It knows none where couplings have different two-qubit gates, as those of FakeCairo have.
    """
    try:
        return _transpiled(pqc, target, seed, level)
    except TranspilerError:
        either = _transpiled(pqc, both_ways(target), seed, level)
        turned = _with_matrices(either.circuit, target)
        if turned == either.circuit:
            raise
        return _transpiled(either.transformed(turned), target, seed, level)


def _transpiled(pqc: PQC, target: Target, seed: int, level: int) -> PQC:
    circuit = transpile(
        pqc.circuit, target=target, optimization_level=level, seed_transpiler=seed, num_processes=1
    )
    observables = tuple(each.apply_layout(circuit.layout) for each in pqc.observables)
    # Without its layout, which the observables have followed already.
    plain = QuantumCircuit(circuit.num_qubits, global_phase=circuit.global_phase)
    plain.compose(circuit, inplace=True)
    return pqc.transformed(plain, observables)


def _with_matrices(circuit: QuantumCircuit, target: Target) -> QuantumCircuit:
    """Return a circuit whose gates that a target lacks there are matrices, to be synthesised."""
    found = circuit.copy_empty_like()
    for instruction in circuit.data:
        operation = instruction.operation
        on = qubits_of(circuit, instruction)
        lacking = not target.instruction_supported(instruction.name, on)
        if lacking and instruction.name != "barrier" and not instruction.is_parameterized():
            operation = UnitaryGate(operation.to_matrix())
        found.append(operation, instruction.qubits)
    return found
