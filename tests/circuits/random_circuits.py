"""Random circuits of everything that the compiler supports, and their reference values."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Parameter, ParameterExpression
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.quantum_info import SparsePauliOp, Statevector

STANDARD_GATES = get_standard_gate_name_mapping()

ROTATIONS = ("rx", "ry", "rz", "p", "rxx", "ryy", "rzz", "rzx")

CLIFFORDS = (
    *("h", "s", "sdg", "x", "y", "z", "sx", "sxdg", "id"),
    *("cx", "cy", "cz", "ecr", "swap", "iswap", "dcx"),
)

CONSTANTS = (-2.3, -0.4, 0.9, 3.7)
"""Angles and factors that Hypothesis, fond of zero, would seldom draw."""

Angle = ParameterExpression | float


class Case(NamedTuple):
    circuit: QuantumCircuit
    observables: list[SparsePauliOp]
    inputs: list[Parameter]
    weights: list[Parameter]
    points: np.ndarray
    """Shape (batch, n_inputs)."""
    weight_values: np.ndarray
    """Shape (n_weights,)."""


def numbers(bound: float = 4.0) -> st.SearchStrategy[float]:
    return st.floats(-bound, bound, allow_subnormal=False)


def quarter_turns() -> st.SearchStrategy[float]:
    return st.integers(-9, 9).map(lambda turns: turns * math.pi / 2)


def angles(parameters: Sequence[Parameter]) -> st.SearchStrategy[Angle]:
    constants = st.one_of(st.sampled_from(CONSTANTS), numbers(), quarter_turns())
    if not parameters:
        return constants
    one = st.sampled_from(parameters)
    factors = st.one_of(st.sampled_from(CONSTANTS), numbers())
    return st.one_of(
        constants,
        one,
        one.map(lambda a: -a),
        st.builds(lambda a, scale: scale * a, one, factors),
        st.builds(lambda a, scale, shift: scale * a + shift, one, factors, constants),
        st.builds(lambda a, b: a + b, one, one),
        st.builds(lambda a, b, scale, shift: a - scale * b + shift, one, one, factors, constants),
    )


@st.composite
def circuits(
    draw: st.DrawFn,
    n_qubits: int,
    parameters: Sequence[Parameter] = (),
    gates: Sequence[str] = (*ROTATIONS, *CLIFFORDS, "barrier"),
    min_size: int = 0,
) -> QuantumCircuit:
    circuit = QuantumCircuit(n_qubits)
    for name in draw(st.lists(st.sampled_from(gates), min_size=min_size, max_size=24)):
        if name == "barrier":
            circuit.barrier()
            continue
        gate: Gate = STANDARD_GATES[name].to_mutable()
        if gate.params:
            gate.params = [draw(angles(parameters))]
        order = draw(st.permutations(range(n_qubits)))
        circuit.append(gate, order[: gate.num_qubits])
    return circuit


@st.composite
def hermitian(draw: st.DrawFn, n_qubits: int) -> SparsePauliOp:
    label = st.text("IXYZ", min_size=n_qubits, max_size=n_qubits)
    terms = draw(st.lists(st.tuples(label, st.sampled_from(CONSTANTS)), min_size=1, max_size=4))
    # The last term keeps Hypothesis from drawing mostly multiples of the identity.
    last = draw(st.text("ZXY", min_size=n_qubits, max_size=n_qubits))
    return SparsePauliOp.from_list([*terms, (last, 1.0)])


@st.composite
def cases(draw: st.DrawFn) -> Case:
    n_qubits = draw(st.sampled_from([3, 2, 4, 5]))
    inputs = [Parameter(f"a{index}") for index in range(draw(st.sampled_from([2, 1, 3, 0])))]
    weights = [Parameter(f"b{index}") for index in range(draw(st.sampled_from([2, 1, 3, 0])))]
    circuit = draw(circuits(n_qubits, [*inputs, *weights], min_size=12))
    observables = draw(st.lists(hermitian(n_qubits), min_size=1, max_size=3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    points = rng.uniform(-4, 4, size=(draw(st.integers(1, 3)), len(inputs)))
    return Case(circuit, observables, inputs, weights, points, rng.uniform(-4, 4, len(weights)))


def reference_values(
    circuit: QuantumCircuit,
    observables: Sequence[SparsePauliOp],
    parameters: Sequence[Parameter],
    points: np.ndarray,
) -> np.ndarray:
    """Values of shape (batch, n_observables) by Qiskit's own state vectors."""
    used = [index for index, parameter in enumerate(parameters) if parameter in circuit.parameters]
    rows = []
    for point in points:
        bound = circuit.assign_parameters({parameters[index]: point[index] for index in used})
        state = Statevector(bound)
        rows.append([state.expectation_value(observable).real for observable in observables])
    return np.array(rows)


def case_values(case: Case) -> np.ndarray:
    tiled = np.broadcast_to(case.weight_values, (len(case.points), len(case.weight_values)))
    points = np.concatenate([case.points, tiled], axis=1)
    parameters = [*case.inputs, *case.weights]
    return reference_values(case.circuit, case.observables, parameters, points)
