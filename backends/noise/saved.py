"""Source of noise from a file: a noise model of Aer as JSON."""

from collections.abc import Collection, Iterable, Mapping
from functools import cache, cached_property
from itertools import permutations
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Measure, Parameter
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.quantum_info import SuperOp, average_gate_fidelity
from qiskit.transpiler import InstructionProperties, Target
from qiskit.transpiler.exceptions import TranspilerError
from qiskit_aer.noise import QuantumError

from qkdrp.backends.isa.fit import fit
from qkdrp.backends.isa.regions import Region
from qkdrp.backends.isa.targets import NOT_GATES
from qkdrp.backends.noise.base import NoiseSource
from qkdrp.backends.noise.local import LocalNoise, scaled_assignment
from qkdrp.backends.noise.model_file import EVERYWHERE, Places, read_model
from qkdrp.circuits import PQC
from qkdrp.common.errors import BackendError

FREE = ("rz",)
"""Gates that circuits may use beside those with errors: a change of frame."""

ONE_QUBIT, TWO_QUBIT = ("sx", "x"), "cx"
"""Ideal gates for circuits that the gates with errors are not enough for."""

Found = TypeVar("Found")

READOUT = "measure"
"""Name of the instruction whose errors act when a qubit is read."""


class SavedModel(NoiseSource):
    """What ``NoiseModel.to_dict(serializable=True)`` says, as JSON.

    What has no error is ideal. Circuits are made of gates with errors and rz; where these are not
    enough, of ideal sx, x and cx as well. Two-qubit gates with errors of their own exist on the
    qubits where they have them, as on a device; errors for all qubits, and ideal gates, are there
    on all pairs. Errors of ``measure`` act on a qubit before it is read, and belong to readout. A
    file does not tell relaxation from other errors, so ``gates`` stands for both.

    Args:
        path: The file.

    Raises:
        BackendError: If the file is no such model, or holds what is not supported.
    """

    scaling = "probability of every term of an error but the identity, and of readout, times scale"
    relaxation_is_in_gates = True

    def __init__(self, path: Path) -> None:
        self.name, self.detail = path.name, "saved noise model"
        found = read_model(path)
        self._readouts = found.readouts
        self._before = {on: each for (name, on), each in found.errors.items() if name == READOUT}
        known = _gates()
        self._errors = {key: each for key, each in found.errors.items() if key[0] in known}
        if not (found.errors or found.readouts):
            raise BackendError(f"{path}: holds no errors, expected at least one.")
        unmet = sorted({name for name, _ in found.errors} - {*known, READOUT})
        if unmet:
            self.detail += f"; its errors of {', '.join(unmet)} never act: circuits lack these"
        if not (self._errors or self._before or self._readouts):
            raise BackendError(
                f"{path}: has errors of {', '.join(unmet)} only, expected gates of Qiskit on one "
                "or two qubits, or readout."
            )
        there = {"gates": self._errors, "readout": self._before or self._readouts}
        self.parts = tuple(part for part, errors in there.items() if errors)

    @cached_property
    def _gates(self) -> tuple[str, ...]:
        """Names of the gates that circuits are made of."""
        return _enough({gate for gate, _ in self._errors})

    @cached_property
    def _on_all_pairs(self) -> bool:
        """Whether two-qubit gates exist on every pair of qubits."""
        entangling = [key for key in self._errors if _gates()[key[0]] == 2]
        everywhere = any(on is EVERYWHERE for _, on in entangling)
        return everywhere or (TWO_QUBIT in self._gates and TWO_QUBIT not in dict(entangling))

    def target(self, n_qubits: int) -> Target:
        """Return the gates that circuits are made of, where they are."""
        local = [on for _, on in self._errors] + [*self._readouts, *self._before]
        size = max((qubit for on in local for qubit in on or ()), default=-1) + 1
        if self._on_all_pairs:
            size = max(size, n_qubits)
        if size < n_qubits:
            raise BackendError(
                f"The circuit has {n_qubits} qubits, {self.name} has {size} that two-qubit gates "
                "have errors on: use a smaller circuit, or a model with errors for all qubits."
            )
        standard, target = get_standard_gate_name_mapping(), Target(num_qubits=size)
        for name in self._gates:
            own = [on for gate, on in self._errors if gate == name and on is not EVERYWHERE]
            width = standard[name].num_qubits
            has_own_only = width == 2 and own and (name, EVERYWHERE) not in self._errors
            places: Iterable[tuple[int, ...]] = (
                own if has_own_only else permutations(range(size), width)
            )
            target.add_instruction(
                standard[name],
                {on: InstructionProperties(error=self._infidelity(name, on)) for on in places},
                name=name,
            )
        wrong = {
            (q,): InstructionProperties(error=float(1 - self._read(q).trace() / 2))
            for q in range(size)
        }
        target.add_instruction(Measure(), wrong)
        return target

    def noise(self, region: Region, parts: Collection[str], scale: float) -> LocalNoise:
        """Return the noise on a few physical qubits."""
        readouts = np.array([self._readout(q) for q in region])
        flips = readouts[:, [1, 0], [0, 1]] * ("readout" in parts)
        return LocalNoise(
            self._gate_errors(region, scale) if "gates" in parts and scale > 0 else {},
            scaled_assignment(flips, scale, self.name),
            self._gates,
            self._errors_before(region, scale) if "readout" in parts and scale > 0 else {},
        )

    def _gate_errors(
        self, region: Region, scale: float
    ) -> dict[tuple[str, tuple[int, ...]], QuantumError]:
        """Return the scaled errors of gates on a few physical qubits, by place in the region."""
        errors = {}
        for name in {gate for gate, _ in self._errors}:
            for places in permutations(range(len(region)), _gates()[name]):
                error = self._error(name, tuple(region[q] for q in places))
                if error is not None:
                    errors[name, places] = _scaled(error, scale, f"{name} of {self.name}")
        return errors

    def _errors_before(self, region: Region, scale: float) -> dict[int, QuantumError]:
        """Return the scaled errors that act when qubits are read, by place in the region."""
        found = {index: _of_qubit(self._before, q) for index, q in enumerate(region)}
        where = f"{READOUT} of {self.name}"
        return {index: _scaled(each, scale, where) for index, each in found.items() if each}

    def _error(self, gate: str, qubits: tuple[int, ...]) -> QuantumError | None:
        """Return a gate's own error, or else the one for all qubits."""
        return self._errors.get((gate, qubits), self._errors.get((gate, EVERYWHERE)))

    def _readout(self, qubit: int) -> NDArray[np.float64]:
        """Return the assignment matrix of a qubit."""
        found = _of_qubit(self._readouts, qubit)
        return np.eye(2) if found is None else found

    def _read(self, qubit: int) -> NDArray[np.float64]:
        """Return the probabilities of reading the row where the column was there, (2, 2)."""
        before = _of_qubit(self._before, qubit)
        if before is None:
            return self._readout(qubit)
        kept = np.real(SuperOp(before).data[np.ix_([0, 3], [0, 3])])  # populations alone
        return np.asarray(self._readout(qubit) @ kept)

    def _infidelity(self, gate: str, qubits: tuple[int, ...]) -> float:
        known = self._infidelities
        return known.get((gate, qubits), known.get((gate, EVERYWHERE), 0.0))

    @cached_property
    def _infidelities(self) -> dict[tuple[str, Places], float]:
        return {
            key: max(0.0, 1 - float(average_gate_fidelity(error)))
            for key, error in self._errors.items()
        }


def _of_qubit(found: Mapping[Places, Found], qubit: int) -> Found | None:
    """Return a qubit's own entry, or else the one for all qubits."""
    return found.get((qubit,), found.get(EVERYWHERE))


@cache
def _gates() -> dict[str, int]:
    """Return the gates on one or two qubits that circuits may hold, and their widths."""
    return {
        name: gate.num_qubits
        for name, gate in get_standard_gate_name_mapping().items()
        if gate.num_qubits in (1, 2) and name not in NOT_GATES
    }


def _enough(with_errors: Collection[str]) -> tuple[str, ...]:
    """Return gates that make any circuit: those with errors, rz, and ideal ones where needed."""
    names = {*with_errors, *FREE}
    rotation, entangler = QuantumCircuit(1), QuantumCircuit(2)
    rotation.rx(Parameter("angle"), 0)
    entangler.cx(0, 1)
    if not _can_make(rotation, names):
        names |= {*ONE_QUBIT}
    if not _can_make(entangler, names):
        names.add(TWO_QUBIT)
    return tuple(sorted(names))


def _can_make(circuit: QuantumCircuit, names: Collection[str]) -> bool:
    """Tell whether the transpiler can make a circuit of gates with these names."""
    target, width = Target(num_qubits=circuit.num_qubits), circuit.num_qubits
    for name in sorted(names):
        gate = get_standard_gate_name_mapping()[name]
        if gate.num_qubits <= width:
            target.add_instruction(
                gate, dict.fromkeys(permutations(range(width), gate.num_qubits)), name=name
            )
    try:
        fit(PQC(circuit, (), tuple(circuit.parameters), ()), target, seed=0, level=1)
    except TranspilerError:
        return False
    return True


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
