"""The circuits of a run in one file: ``circuit.qpy``."""

import struct
from collections.abc import Mapping
from pathlib import Path

from qiskit import QuantumCircuit, qpy
from qiskit.exceptions import QiskitError

from qkdrp.circuits import PQC, compile_program
from qkdrp.common.errors import RunError
from qkdrp.common.files import atomic
from qkdrp.training.system import LayerCircuit

CIRCUIT = "circuit.qpy"
"""Name of the file in a run folder; models without circuit have none."""


def write_circuits(path: Path, circuits: Mapping[str, LayerCircuit]) -> None:
    """Write the circuits of all quantum layers, in their order; no file where there is none."""
    if circuits:
        with atomic(path) as temporary, temporary.open("wb") as file:
            qpy.dump([layer.pqc.circuit for layer in circuits.values()], file)


def check_circuits(path: Path, circuits: Mapping[str, LayerCircuit], config: str) -> None:
    """Compare stored circuits with those that this version builds, as Pauli programs.

    Args:
        path: The file.
        circuits: What this version builds.
        config: Name of the file that they are built from, for the message.

    Raises:
        RunError: If the file is missing or damaged, or a circuit is another.
    """
    if not circuits:
        return
    try:
        with path.open("rb") as file:
            stored = qpy.load(file)
    except (OSError, ValueError, struct.error, QiskitError) as error:
        raise RunError(
            f"{path}: missing or damaged; copy the run once more, or train it again."
        ) from error
    pqcs = [layer.pqc for layer in circuits.values()]
    if len(stored) != len(pqcs) or not all(map(_is_same, stored, pqcs)):
        raise RunError(
            f"{path}: is not the circuit that this version builds from {config}; "
            "load the run with the version named there."
        )


def _is_same(stored: QuantumCircuit, pqc: PQC) -> bool:
    by_name = {parameter.name: parameter for parameter in stored.parameters}
    try:
        inputs = [by_name[parameter.name] for parameter in pqc.inputs]
        weights = [by_name[parameter.name] for parameter in pqc.weights]
        return bool(
            compile_program(stored, pqc.observables, inputs, weights)
            == compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)
        )
    except (KeyError, ValueError):
        return False
