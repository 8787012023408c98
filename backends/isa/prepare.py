"""Preparing a circuit: transpiled, observables laid out, on as few physical qubits as it has."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from qiskit import QuantumCircuit, transpile
from qiskit.transpiler import Target

from qkdrp.backends.isa.regions import Region, find_regions
from qkdrp.backends.isa.targets import readout_error, restrict
from qkdrp.circuits import PQC
from qkdrp.circuits.errors import BackendError

LEVEL = 3
"""Optimisation level of the transpiler."""

REGIONS, SEEDS = 6, 4
"""Groups of physical qubits, and transpiler seeds on each, of which the best is taken."""

PHYSICAL = "physical_qubits"
"""Key of a prepared circuit's metadata: the physical qubit behind each of its qubits."""


@dataclass(frozen=True, eq=False)
class PreparedCircuit:
    """A circuit that a device could run, on the qubits that it uses and no others.

    Args:
        pqc: The circuit in the device's gates, with the parameters of the original and the
            observables of its own qubits; its metadata name the physical qubits.
        qubits: The physical qubit behind each qubit of ``pqc.circuit``, shape (n_qubits,).
        device: Name of what it was prepared for.
        success: Estimated success: the product of ``1 - error`` over gates and readouts.
        seed: Seed of the transpiler that gave it.
    """

    pqc: PQC
    qubits: Region
    device: str
    success: float
    seed: int

    @property
    def two_qubit_gates(self) -> int:
        """Number of gates on two qubits, routing included."""
        return int(self.pqc.circuit.num_nonlocal_gates())

    @property
    def depth(self) -> int:
        """Depth with every gate counted as one step."""
        return int(self.pqc.circuit.depth())


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
        BackendError: If the device is too small.
    """
    regions = find_regions(target, pqc.circuit.num_qubits, REGIONS)
    trials = [(region, seed) for region in regions for seed in seeds]
    best: PreparedCircuit | None = None
    for done, (region, seed) in enumerate(trials):
        trial = _transpile(pqc, target, region, seed, device)
        if best is None or trial.success > best.success:
            best = trial
        on_trial(done + 1, len(trials))
    if best is None:
        raise BackendError("Found no seed of the transpiler, expected at least one.")
    return best


def _transpile(pqc: PQC, target: Target, region: Region, seed: int, name: str) -> PreparedCircuit:
    local = restrict(target, region)
    circuit = transpile(
        pqc.circuit, target=local, optimization_level=LEVEL, seed_transpiler=seed, num_processes=1
    )
    observables = tuple(op.apply_layout(circuit.layout) for op in pqc.observables)
    read = sorted({q for op in observables for _, on, _ in op.to_sparse_list() for q in on})
    plain = _without_layout(circuit)
    plain.metadata = {PHYSICAL: list(region)}
    laid_out = replace(pqc, circuit=plain, observables=observables)
    success = estimated_success(plain, local, read)
    return PreparedCircuit(laid_out, region, name, success, seed)


def estimated_success(circuit: QuantumCircuit, target: Target, read: Sequence[int]) -> float:
    """Return the product of ``1 - error`` over a circuit's gates and the readouts of some qubits.

    Args:
        circuit: Gates of the target on its qubits.
        target: The device, or what is left of it.
        read: Qubits that are read.
    """
    loss = sum(math.log1p(-readout_error(target, qubit)) for qubit in read)
    for instruction in circuit.data:
        if instruction.name == "barrier":
            continue
        qubits = tuple(circuit.find_bit(bit).index for bit in instruction.qubits)
        properties = target[instruction.name][qubits]
        loss += math.log1p(-((properties and properties.error) or 0.0))
    return math.exp(loss)


def check_prepared(circuit: QuantumCircuit, target: Target) -> None:
    """Raise where a circuit holds a gate that the target lacks: noise would pass it by.

    Raises:
        BackendError: Names the first such gate.
    """
    for instruction in circuit.data:
        qubits = tuple(circuit.find_bit(bit).index for bit in instruction.qubits)
        if instruction.name != "barrier" and not target.instruction_supported(
            instruction.name, qubits
        ):
            raise BackendError(
                f"Gate {instruction.name} on qubits {list(qubits)} is none of the device's: "
                "its noise would be left out; prepare the circuit with the backend first."
            )


def _without_layout(circuit: QuantumCircuit) -> QuantumCircuit:
    """Return the circuit without its layout, which the observables have followed already."""
    plain = QuantumCircuit(circuit.num_qubits, global_phase=circuit.global_phase)
    plain.compose(circuit, inplace=True)
    return plain
