"""Noise from a file: Aer's noise model as JSON."""

import json
import warnings
from collections.abc import Collection
from functools import cached_property
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Measure
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.quantum_info import average_gate_fidelity
from qiskit.transpiler import InstructionProperties, Target
from qiskit_aer.noise import NoiseModel, QuantumError
from qiskit_aer.noise.noiseerror import NoiseError

from qkdrp.backends.isa.regions import Region
from qkdrp.backends.noise.local import LocalNoise, assignment_matrices
from qkdrp.backends.noise.sources import NoiseSource
from qkdrp.common.errors import BackendError

EVERYWHERE = None
"""Qubits of an error that holds for all of them."""

IDEAL = ("rz",)
"""Gates that circuits may use beside those with errors."""


def save_model(model: NoiseModel, path: Path) -> None:
    """Write a noise model of Aer to a file that ``--noise`` takes."""
    path.write_text(json.dumps(model.to_dict(serializable=True)) + "\n")


class SavedModel(NoiseSource):
    """What ``NoiseModel.to_dict(serializable=True)`` says, as JSON.

    Two-qubit gates with errors of their own exist on the qubits where they have them; errors for
    all qubits make all pairs available. A file does not tell relaxation from other errors, so
    ``gates`` stands for both.

    Args:
        path: The file.

    Raises:
        BackendError: If the file is no such model, or holds what is not supported.
    """

    scaling = "probability of every term of an error but the identity, and of readout, times scale"

    def __init__(self, path: Path) -> None:
        self.name, self.detail = path.name, "saved noise model"
        try:
            content = json.loads(path.read_text())
            with warnings.catch_warnings():
                # Deprecated without a successor, since it reads a format without a version.
                warnings.filterwarnings("ignore", "from_dict", DeprecationWarning)
                self._errors, self._readouts = _read(NoiseModel.from_dict(_decode(content)))
        except (OSError, LookupError, TypeError, ValueError, AttributeError, NoiseError) as error:
            raise BackendError(
                f"{path}: is no noise model: expected JSON of "
                "qiskit_aer.noise.NoiseModel.to_dict(serializable=True)."
            ) from error
        if not (self._errors or self._readouts):
            raise BackendError(f"{path}: holds no errors, expected at least one.")
        self.parts = tuple(
            part for part, there in (("gates", self._errors), ("readout", self._readouts)) if there
        )
        unknown = {gate for gate, _ in self._errors} - set(get_standard_gate_name_mapping())
        if unknown:
            raise BackendError(
                f"{path}: has errors of {', '.join(sorted(unknown))}, expected gates of Qiskit."
            )

    @cached_property
    def _gates(self) -> tuple[str, ...]:
        return tuple(sorted({gate for gate, _ in self._errors} | set(IDEAL)))

    def target(self, n_qubits: int) -> Target:
        """Return the gates that have errors, beside rz, where they have them."""
        known = [q for _, qubits in (*self._errors, *self._readouts) for q in qubits or ()]
        size = max(known, default=n_qubits - 1) + 1
        if size < n_qubits:
            raise BackendError(
                f"The circuit has {n_qubits} qubits, {self.name} has {size}: "
                "use a smaller circuit or another model."
            )
        gates, target = get_standard_gate_name_mapping(), Target(num_qubits=size)
        for name in self._gates:
            width = gates[name].num_qubits
            local = [on for gate, on in self._errors if gate == name and on is not EVERYWHERE]
            everywhere = (name, EVERYWHERE) in self._errors or width == 1
            places = permutations(range(size), width) if everywhere else local
            target.add_instruction(
                gates[name],
                {on: InstructionProperties(error=self._infidelity(name, on)) for on in places},
                name=name,
            )
        wrong = 1 - np.array([self._readout((q,)).trace() / 2 for q in range(size)])
        target.add_instruction(
            Measure(), {(q,): InstructionProperties(error=wrong[q]) for q in range(size)}
        )
        return target

    def noise(self, region: Region, parts: Collection[str], scale: float) -> LocalNoise:
        """Return the noise on a few physical qubits."""
        errors = {}
        gates = get_standard_gate_name_mapping()
        for name in {gate for gate, _ in self._errors if "gates" in parts}:
            for places in permutations(range(len(region)), gates[name].num_qubits):
                error = self._error(name, tuple(region[q] for q in places))
                if error is not None and scale > 0:
                    errors[name, places] = _scaled(error, scale, f"{name} of {self.name}")
        readouts = np.array([self._readout((q,)) for q in region])
        flips = scale * readouts[:, [1, 0], [0, 1]] * ("readout" in parts)
        if np.any(flips.sum(axis=1) > 1):
            raise BackendError(
                f"noise scale {scale:g} makes readout of {self.name} wrong more often than right: "
                f"use at most {scale / flips.sum(axis=1).max():.3g}."
            )
        return LocalNoise(errors, assignment_matrices(*flips.T), self._gates)

    def _error(self, gate: str, qubits: tuple[int, ...]) -> QuantumError | None:
        """Return a gate's own error, or else the one for all qubits."""
        return self._errors.get((gate, qubits), self._errors.get((gate, EVERYWHERE)))

    def _readout(self, qubits: tuple[int, ...]) -> np.ndarray:
        """Return the assignment matrix of a qubit."""
        own = self._readouts.get(("measure", qubits))
        return own if own is not None else self._readouts.get(("measure", EVERYWHERE), np.eye(2))

    def _infidelity(self, gate: str, qubits: tuple[int, ...]) -> float:
        error = self._error(gate, qubits)
        return 0.0 if error is None else max(0.0, 1 - float(average_gate_fidelity(error)))


_Key = tuple[str, tuple[int, ...] | None]


def _read(model: NoiseModel) -> tuple[dict[_Key, QuantumError], dict[_Key, np.ndarray]]:
    """Return errors by gate and qubits, and assignment matrices (read, true) by qubit."""
    # Aer shows its errors in to_dict() only, taken apart.
    errors: dict[_Key, QuantumError] = {
        (gate, EVERYWHERE): error for gate, error in model._default_quantum_errors.items()
    }
    for gate, by_qubits in model._local_quantum_errors.items():
        errors |= {(gate, tuple(qubits)): error for qubits, error in by_qubits.items()}
    readouts: dict[_Key, np.ndarray] = {}
    found = dict(model._local_readout_errors)
    if model._default_readout_error is not None:
        found[EVERYWHERE] = model._default_readout_error
    for qubits, error in found.items():
        if error.number_of_qubits != 1:
            raise ValueError("readout errors of several qubits at once")
        readouts["measure", qubits and tuple(qubits)] = error.probabilities.T
    return errors, readouts


def _decode(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content with matrices as Aer takes them: JSON has pairs for complex numbers."""
    errors = []
    for error in content["errors"]:
        branches = [
            [
                step | {"params": [_matrix(each) for each in step["params"]]}
                if step["name"] in ("kraus", "unitary")
                else step
                for step in branch
            ]
            for branch in error.get("instructions", [])
        ]
        errors.append(error | ({"instructions": branches} if branches else {}))
    return {"errors": errors}


def _matrix(pairs: list[list[list[float]]]) -> np.ndarray:
    array = np.array(pairs, dtype=float)
    return np.asarray(array[..., 0] + 1j * array[..., 1])


def _is_ideal(circuit: QuantumCircuit) -> bool:
    """Tell whether a term of an error does nothing."""
    return all(
        step.name == "id"
        or (step.name == "pauli" and set(str(step.params[0])) == {"I"})
        or (
            step.name == "unitary"
            and np.allclose(step.operation.to_matrix(), np.eye(len(step.operation.to_matrix())))
        )
        for step in circuit.data
    )


def _scaled(error: QuantumError, scale: float, where: str) -> QuantumError:
    """Multiply the probabilities of all terms but the identity, which takes the rest."""
    terms = list(zip(error.circuits, error.probabilities, strict=True))
    noisy = [(circuit, p) for circuit, p in terms if not _is_ideal(circuit)]
    total = scale * sum(p for _, p in noisy)
    if total > 1 + 1e-9:
        raise BackendError(
            f"noise scale {scale:g} makes an error of {where} {total:.3g} probable: "
            f"use at most {scale / total:.3g}."
        )
    scaled = [(circuit, scale * p) for circuit, p in noisy]
    if total < 1:
        ideal = error.circuits[0].copy_empty_like()
        ideal.id(0)
        scaled.append((ideal, 1 - total))
    return QuantumError(scaled)
