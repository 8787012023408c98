"""Change of basis before the readout, in the gates of a device."""

from collections.abc import Collection
from functools import cache
from math import pi

from qiskit import QuantumCircuit, transpile
from qiskit.circuit.library import get_standard_gate_name_mapping

from qkdrp.circuits.pauli.bases import Basis

STANDARD = frozenset(get_standard_gate_name_mapping())
"""Names that ``transpile`` takes; a device also lists others, such as ``measure_2``."""


def basis_change(basis: Basis, gates: Collection[str]) -> QuantumCircuit:
    """Return the gates after which the qubits of a basis are read in Z.

    Args:
        basis: In which the qubits are to be read.
        gates: Names of the device's gates.

    Returns:
        One-qubit gates on as many qubits as the basis has letters.
    """
    circuit = QuantumCircuit(len(basis.letters))
    for qubit, letter in basis.turned:
        circuit.compose(_turn(letter, frozenset(gates)), [qubit], inplace=True)
    return circuit


def turned_to(circuit: QuantumCircuit, basis: Basis, gates: Collection[str]) -> QuantumCircuit:
    """Return a circuit with its change of basis; itself where all qubits are read in Z.

    Args:
        circuit: In the device's gates, without measurements.
        basis: In which it is to be read.
        gates: Names of the device's gates.
    """
    if not basis.turned:
        return circuit
    turned: QuantumCircuit = circuit.compose(basis_change(basis, gates))
    turned.metadata = circuit.metadata
    return turned


@cache
def _turn(letter: str, gates: frozenset[str]) -> QuantumCircuit:
    """Return the gates on one qubit after which Z is what X or Y was before.

    RX(pi/2) turns Y to Z, and RZ(pi/2) before it X to Y; a device with sx needs one pulse.
    """
    turn = QuantumCircuit(1)
    if letter == "X":
        turn.rz(pi / 2, 0)
    turn.sx(0)
    found: QuantumCircuit = transpile(
        turn, basis_gates=sorted(gates & STANDARD), optimization_level=1, num_processes=1
    )
    return found
