"""Reading and writing noise models of Aer as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Instruction
from qiskit.circuit.library import PauliGate, Reset, UnitaryGate, get_standard_gate_name_mapping
from qiskit.exceptions import QiskitError
from qiskit_aer.noise import NoiseModel, QuantumError

from qkdrp.common.errors import BackendError
from qkdrp.common.files import write_text

EVERYWHERE = None
"""Qubits of an error that holds for all of them."""

MOST_WORDS = 80
"""Characters of a reason that are shown."""

Places = tuple[int, ...] | None


@dataclass(frozen=True, eq=False)
class SavedErrors:
    """What a file holds.

    Args:
        errors: Of instructions, by name and qubits.
        readouts: Assignment matrices, (read, true), by qubit.
    """

    errors: Mapping[tuple[str, Places], QuantumError]
    readouts: Mapping[Places, NDArray[np.float64]]


def save_model(model: NoiseModel, path: Path) -> None:
    """Write a noise model of Aer to a file that ``--noise`` takes."""
    write_text(path, json.dumps(model.to_dict(serializable=True)) + "\n")


def read_model(path: Path) -> SavedErrors:
    """Read what ``NoiseModel.to_dict(serializable=True)`` said.

    Aer's own reader is deprecated without a successor, and refuses errors of most gates.

    Args:
        path: JSON.

    Raises:
        BackendError: If the file is no such model, or holds what is not supported.
    """
    try:
        return _read(path, json.loads(path.read_text()))
    except BackendError:
        raise
    except (OSError, LookupError, TypeError, ValueError, AttributeError, QiskitError) as error:
        raise BackendError(
            f"{path}: is no noise model ({' '.join(str(error).split())[:MOST_WORDS]}): expected "
            "JSON of qiskit_aer.noise.NoiseModel.to_dict(serializable=True)."
        ) from error


def _read(path: Path, content: Mapping[str, Any]) -> SavedErrors:
    errors: dict[tuple[str, Places], QuantumError] = {}
    readouts: dict[Places, NDArray[np.float64]] = {}
    for each in content["errors"]:
        places = [_places(on) for on in each.get("gate_qubits", [EVERYWHERE])]
        if each["type"] == "roerror":
            matrix = np.array(each["probabilities"], dtype=float).T
            _check_readout(path, matrix, places)
            readouts |= dict.fromkeys(places, matrix)
        elif each["type"] == "qerror":
            for name, on in product(each["operations"], places):
                error = _error(each, name, on)
                earlier = errors.get((name, on))
                errors[name, on] = earlier.compose(error) if earlier else error
        else:
            _refuse(f"an error of type {each['type']}")
    return SavedErrors(errors, readouts)


def _refuse(what: str) -> NoReturn:
    raise ValueError(f"found {what}")


def _places(qubits: Sequence[int] | None) -> Places:
    return EVERYWHERE if qubits is EVERYWHERE else tuple(int(qubit) for qubit in qubits)


def _check_readout(path: Path, matrix: NDArray[np.float64], places: list[Places]) -> None:
    """Raise where readout errors are of several qubits at once, or no probabilities.

    Raises:
        BackendError: Says which, and what is supported.
    """
    if matrix.shape != (2, 2):
        which = ", ".join(
            "all" if on is EVERYWHERE else " and ".join(map(str, on)) for on in places
        )
        raise BackendError(
            f"{path}: has a joint readout error (qubits {which}), which is not "
            "supported; expected one of two outcomes for each qubit: give its marginals."
        )
    if np.any(matrix < 0) or not np.allclose(matrix.sum(axis=0), 1):
        _refuse("probabilities of readout that do not sum to 1")


def _error(content: Mapping[str, Any], name: str, on: Places) -> QuantumError:
    """Return the error of an instruction; as wide as the instruction is."""
    branches = content["instructions"]
    named = get_standard_gate_name_mapping().get(name)
    used = 1 + max(qubit for steps in branches for step in steps for qubit in step["qubits"])
    width = len(on) if on is not EVERYWHERE else named.num_qubits if named else used
    if used > width or (named is not None and named.num_qubits != width):
        _refuse(f"an error of {used} qubits on {name}")
    circuits = [_circuit(steps, width) for steps in branches]
    return QuantumError(list(zip(circuits, content["probabilities"], strict=True)))


def _circuit(steps: Sequence[Mapping[str, Any]], width: int) -> QuantumCircuit:
    circuit = QuantumCircuit(width)
    for step in steps:
        circuit.append(_instruction(step), step["qubits"])
    return circuit


def _instruction(step: Mapping[str, Any]) -> Instruction:
    name, parameters = step["name"], step.get("params", [])
    if name == "reset":
        return Reset()
    if name == "kraus":
        matrices = [_matrix(each) for each in parameters]
        return Instruction("kraus", len(step["qubits"]), 0, matrices)
    if name == "unitary":
        return UnitaryGate(_matrix(parameters[0]))
    if name == "pauli":
        return PauliGate(parameters[0])
    return get_standard_gate_name_mapping()[name].base_class(*parameters)


def _matrix(pairs: Any) -> NDArray[np.complex128]:  # noqa: ANN401  # nested lists
    """Return a matrix; JSON has pairs for complex numbers."""
    array = np.array(pairs, dtype=float)
    return np.asarray(array[..., 0] + 1j * array[..., 1])
