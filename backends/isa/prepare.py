"""Preparing a circuit: transpiled, observables laid out, on as few physical qubits as it has."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp
from qiskit.transpiler import Target
from qiskit.transpiler.exceptions import TranspilerError

from qkdrp.backends.isa.fit import fit
from qkdrp.backends.isa.regions import Region, find_regions
from qkdrp.backends.isa.targets import readout_error, restrict
from qkdrp.circuits import PQC
from qkdrp.circuits.digest import pqc_digest
from qkdrp.circuits.instructions import qubits_of
from qkdrp.common.brief import Brief
from qkdrp.common.errors import BackendError

LEVEL = 3
"""Optimisation level of the transpiler where nothing else is asked for."""

REGIONS, SEEDS = 6, 4
"""Groups of physical qubits, and transpiler seeds on each, of which the best is taken."""

PHYSICAL = "physical_qubits"
"""Key of a prepared circuit's metadata: the physical qubit of each of its qubits."""


@dataclass(frozen=True, eq=False, repr=False)
class PreparedCircuit(Brief):
    """A circuit that a device could run, on the qubits that it uses and no others.

    Args:
        pqc: The circuit in the device's gates, with the parameters of the original and the
            observables of its own qubits; its metadata name the physical qubits.
        qubits: The physical qubit of each qubit of ``pqc.circuit``, shape (n_qubits,).
        device: Name of what it was prepared for.
        success: Estimated success: the product of ``1 - error`` over gates and readouts.
        seed: Seed of the transpiler that gave it.
        source: Digest of the circuit and observables that it was prepared from.
    """

    pqc: PQC
    qubits: Region
    device: str
    success: float
    seed: int
    source: str

    def is_made_from(self, pqc: PQC) -> bool:
        """Tell whether it was prepared from a circuit."""
        return self.source == pqc_digest(pqc)

    @property
    def two_qubit_gates(self) -> int:
        """Number of gates on two qubits, routing included."""
        return int(self.pqc.circuit.num_nonlocal_gates())

    @property
    def depth(self) -> int:
        """Depth with every gate counted as one step."""
        return int(self.pqc.circuit.depth())

    def summary(self) -> dict[str, Any]:
        """Return what results say of the circuit, as JSON."""
        return {
            "physical_qubits": list(self.qubits),
            "two_qubit_gates": self.two_qubit_gates,
            "depth": self.depth,
            "estimated_success": self.success,
        }


def prepare(
    pqc: PQC,
    target: Target,
    device: str = "device",
    seeds: Sequence[int] = range(SEEDS),
    on_trial: Callable[[int, int], None] = lambda _done, _total: None,
) -> PreparedCircuit:
    """Transpile a circuit at level 3, best of several trials by estimated success.

    Routing stays inside: the transpiler sees only as many physical qubits as the circuit has, the
    best :data:`REGIONS` connected groups of them one after the other, so that a density matrix
    grows by no qubit that merely passes states on. The price is some more SWAPs.

    Args:
        pqc: The circuit and its observables.
        target: The whole device.
        device: Name of the device.
        seeds: Seeds of the transpiler, each tried on each group of qubits.
        on_trial: Called after each trial with how many are done and how many there are.

    Raises:
        BackendError: If the device is too small, or lacks gates that the circuit needs.
    """
    regions = find_regions(target, pqc.circuit.num_qubits, REGIONS)
    trials = [(region, seed) for region in regions for seed in seeds]
    best: PreparedCircuit | None = None
    failed: TranspilerError | None = None
    for done, (region, seed) in enumerate(trials):
        try:
            trial = transpile_once(pqc, restrict(target, region), region, seed, device)
        except TranspilerError as error:  # other groups may have other gates
            failed = error
        else:
            best = trial if best is None or trial.success > best.success else best
        on_trial(done + 1, len(trials))
    if best is not None:
        return best
    if failed is None:
        raise BackendError("Found no seed of the transpiler, expected at least one.")
    raise BackendError(
        f"The transpiler could not fit the circuit to {device} "
        f"({' '.join(str(failed.message).split())}): use another device."
    ) from failed


def transpile_once(
    pqc: PQC,
    target: Target,
    region: Region,
    seed: int,
    device: str = "device",
    level: int = LEVEL,
) -> PreparedCircuit:
    """Transpile a circuit once, for some physical qubits or all of them.

    Args:
        pqc: The circuit and its observables.
        target: These physical qubits alone, as :func:`~qkdrp.backends.isa.targets.restrict` gives
            them; the circuit may go by any of them.
        region: Their numbers on the device.
        seed: Of the transpiler.
        device: Name of the device.
        level: Optimisation level.

    Returns:
        The circuit on the qubits that it uses, and no others.

    Raises:
        TranspilerError: If it cannot be made to fit.
    """
    laid_out = fit(pqc, target, seed, level)
    read = sorted({q for op in laid_out.observables for q in qubits_read(op)})
    success = estimated_success(laid_out.circuit, target, read)
    used, compacted = compact(laid_out)
    qubits = tuple(region[q] for q in used)
    compacted.circuit.metadata = {PHYSICAL: list(qubits)}
    source = pqc_digest(pqc)
    return PreparedCircuit(compacted, qubits, device, success, seed, source)


def compact(pqc: PQC) -> tuple[list[int], PQC]:
    """Return which qubits a circuit uses, by gates or observables, and the circuit on them alone.

    Args:
        pqc: A circuit and observables on its qubits.
    """
    circuit = pqc.circuit
    touched = {q for gate in circuit.data for q in qubits_of(circuit, gate)}
    used = sorted(touched.union(*map(qubits_read, pqc.observables)))
    place = {qubit: index for index, qubit in enumerate(used)}
    small = QuantumCircuit(len(used), global_phase=circuit.global_phase)
    for gate in circuit.data:
        small.append(gate.operation, [place[q] for q in qubits_of(circuit, gate)])
    observables = tuple(_renumbered(each, place) for each in pqc.observables)
    return used, pqc.transformed(small, observables)


def _renumbered(observable: SparsePauliOp, place: Mapping[int, int]) -> SparsePauliOp:
    """Return an observable on qubits that have other numbers."""
    terms = [
        (letters, [place[q] for q in on], value)
        for letters, on, value in observable.to_sparse_list()
    ]
    return SparsePauliOp.from_sparse_list(terms, len(place))


def qubits_read(observable: SparsePauliOp) -> Region:
    """Return the qubits that an observable acts on."""
    return tuple(sorted({q for _, on, _ in observable.to_sparse_list() for q in on}))


def estimated_success(circuit: QuantumCircuit, target: Target, read: Sequence[int]) -> float:
    """Return the product of ``1 - error`` over a circuit's gates and the readouts of some qubits.

    Args:
        circuit: Gates of the target on its qubits.
        target: The device, or what is left of it.
        read: Qubits that are read.
    """
    loss = sum(math.log1p(-readout_error(target, qubit)) for qubit in read)
    return math.exp(sum((gate.log_success for gate in gates_on(circuit, target)), start=loss))


class PlacedGate(NamedTuple):
    """A gate of a circuit on a device.

    Attributes:
        name: Of the gate.
        qubits: Where on the device.
        log_success: ``log(1 - error)``; 0 where the device tells no error.
    """

    name: str
    qubits: Region
    log_success: float


def gates_on(
    circuit: QuantumCircuit, target: Target, places: Region | None = None
) -> Iterator[PlacedGate]:
    """Yield the gates of a circuit as a device has them.

    Args:
        circuit: Gates of the target.
        target: The device, or what is left of it.
        places: The target's qubit of each qubit of the circuit; the same where left out.
    """
    for instruction in circuit.data:
        if instruction.name == "barrier":
            continue
        qubits = qubits_of(circuit, instruction)
        if places is not None:
            qubits = tuple(places[qubit] for qubit in qubits)
        known = target[instruction.name][qubits]
        error = (known and known.error) or 0.0
        yield PlacedGate(instruction.name, qubits, math.log1p(-error))


def check_prepared(circuit: QuantumCircuit, target: Target) -> None:
    """Raise where a circuit holds a gate that the target lacks: noise would pass it by.

    Raises:
        BackendError: Names the first such gate.
    """
    for instruction in circuit.data:
        qubits = qubits_of(circuit, instruction)
        if instruction.name != "barrier" and not target.instruction_supported(
            instruction.name, qubits
        ):
            raise BackendError(
                f"Gate {instruction.name} on qubits {list(qubits)} is none of the device's: "
                "its noise would be left out; prepare the circuit with the backend first."
            )
