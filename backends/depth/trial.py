"""One transpilation of a circuit for a device, with its gate counts, errors and duration."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from qiskit.transpiler import Target

from qkdrp.backends.depth.device import DeviceSnapshot
from qkdrp.backends.depth.features import critical_depth, parallelism
from qkdrp.backends.isa.basis_change import basis_change, turned_to
from qkdrp.backends.isa.durations import critical_path, gate_durations, readout_duration
from qkdrp.backends.isa.placements import find_placements
from qkdrp.backends.isa.prepare import PreparedCircuit, gates_on, qubits_read, transpile_once
from qkdrp.backends.isa.regions import Region
from qkdrp.backends.isa.targets import NOT_GATES, readout_error, restrict
from qkdrp.circuits import PQC
from qkdrp.circuits.pauli.bases import Basis, find_bases

VIRTUAL = frozenset({"rz", "delay"})
"""Gates that take no pulse."""


@dataclass(frozen=True)
class Trial:
    """A transpiled circuit in numbers.

    Args:
        level: Optimisation level.
        seed: Of the transpiler.
        qubits: Physical qubits that it uses.
        depth: With every gate counted as one step.
        two_qubit_depth: With only two-qubit gates counted.
        two_qubit_gates: Their number, routing included.
        pulses: One-qubit gates that take a pulse: sx, x, rx.
        virtual: One-qubit gates that take none: rz.
        critical_depth: SupermarQ's.
        parallelism: SupermarQ's.
        two_qubit_success: Product of ``1 - error`` over two-qubit gates.
        one_qubit_success: The same over one-qubit gates.
        readout_success: The same over all qubits that are read.
        value_readout_success: The same over the qubits of one observable, mean of all observables:
            longer strings are read right less often. An observable that is read in several bases
            counts once for each; the gates that change the basis of its qubits are part of it.
        duration: Seconds, readout included; 0 where the device tells no durations.
        t1: Shortest T1 of its qubits in seconds; None where the device does not tell.
        t2: Shortest T2 likewise.
        bases: Letters of each measurement basis on ``qubits``, such as ``ZZXI``.
        basis_success: Of each execution: product of ``1 - error`` over all gates, those of its
            change of basis, and the readouts of all qubits that it reads, shape (n_bases,).
    """

    level: int
    seed: int
    qubits: tuple[int, ...]
    depth: int
    two_qubit_depth: int
    two_qubit_gates: int
    pulses: int
    virtual: int
    critical_depth: float
    parallelism: float
    two_qubit_success: float
    one_qubit_success: float
    readout_success: float
    value_readout_success: float
    duration: float
    t1: float | None
    t2: float | None
    bases: tuple[str, ...]
    basis_success: tuple[float, ...]

    @property
    def gate_success(self) -> float:
        """Product of ``1 - error`` over all gates."""
        return self.two_qubit_success * self.one_qubit_success

    @property
    def success(self) -> float:
        """Product of ``1 - error`` over all gates and all readouts."""
        return self.gate_success * self.readout_success

    @property
    def value_success(self) -> float:
        """Success of one expectation value: all gates, the readouts of its own string."""
        return self.gate_success * self.value_readout_success

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_json` returned."""
        listed = ("qubits", "bases", "basis_success")
        return cls(**(dict(content) | {name: tuple(content[name]) for name in listed}))

    def to_json(self) -> dict[str, Any]:
        """Return all as plain numbers."""
        return asdict(self)


PLACEMENTS = 2
"""Placements of a network that are tried, of which the best is taken."""


def try_out(
    pqc: PQC, device: DeviceSnapshot, level: int, seed: int, *, placed: bool
) -> tuple[PreparedCircuit, Trial]:
    """Transpile a circuit for a whole device, and weigh it.

    Args:
        pqc: The circuit.
        device: The device.
        level: Optimisation level.
        seed: Of the transpiler.
        placed: Whether to place the circuit ourselves where its gates fit the device's couplings:
            the transpiler's placements do not look at readout errors.

    Returns:
        The transpiled circuit, on qubits as the snapshot numbers them, and its numbers; that
        with the highest success of a value.
    """
    regions = find_placements(pqc, device.target, PLACEMENTS) if placed else []
    whole = tuple(range(len(device.qubits)))
    tried = [
        (region, restrict(device.target, region) if region != whole else device.target)
        for region in regions or [whole]
    ]
    found = [transpile_once(pqc, target, on, seed, device.name, level) for on, target in tried]
    return max(
        ((each, weigh(each, device, level)) for each in found),
        key=lambda each: each[1].value_success,
    )


def weigh(prepared: PreparedCircuit, device: DeviceSnapshot, level: int) -> Trial:
    """Return gate counts, success and duration of a transpiled circuit.

    Args:
        prepared: The circuit, on qubits as the snapshot numbers them.
        device: The device.
        level: Optimisation level that gave it.
    """
    circuit, places, target = prepared.pqc.circuit, prepared.qubits, device.target
    losses: defaultdict[int, float] = defaultdict(float)
    kinds: Counter[str] = Counter()
    for gate in gates_on(circuit, target, places):
        losses[len(gate.qubits)] += gate.log_success
        kinds["virtual" if gate.name in VIRTUAL else f"on {len(gate.qubits)}"] += 1
    bases = find_bases(prepared.pqc.observables)
    chances = [_chances_to_read(basis, target, places) for basis in bases]
    values = [
        math.prod(of_qubit[q] for q in qubits_read(part))
        for basis, of_qubit in zip(bases, chances, strict=True)
        for part in basis.parts.values()
    ]
    reads = dict.fromkeys(q for each in prepared.pqc.observables for q in qubits_read(each))
    read_at = [places[q] for q in reads]
    gate_success = math.exp(sum(losses.values()))
    times = gate_durations(target)
    duration = max(
        critical_path(turned_to(circuit, basis, _gate_names(target)), times, places)
        for basis in bases
    )
    return Trial(
        level=level,
        seed=prepared.seed,
        qubits=tuple(device.qubits[q] for q in places),
        depth=circuit.depth(),
        two_qubit_depth=circuit.depth(lambda instruction: len(instruction.qubits) > 1),
        two_qubit_gates=prepared.two_qubit_gates,
        pulses=kinds["on 1"],
        virtual=kinds["virtual"],
        critical_depth=critical_depth(circuit),
        parallelism=parallelism(circuit),
        two_qubit_success=math.exp(losses[2]),
        one_qubit_success=math.exp(losses[1]),
        readout_success=math.prod(1 - readout_error(target, place) for place in read_at),
        value_readout_success=sum(values) / len(values),
        duration=duration + readout_duration(target, read_at),
        t1=_shortest(device, places, "t1"),
        t2=_shortest(device, places, "t2"),
        bases=tuple(basis.letters for basis in bases),
        basis_success=tuple(gate_success * math.prod(each.values()) for each in chances),
    )


def _chances_to_read(basis: Basis, target: Target, places: Region) -> dict[int, float]:
    """Return the success of reading each qubit in a basis: of its turn, and of its readout."""
    success = {q: 1 - readout_error(target, places[q]) for q in basis.qubits_read}
    change = basis_change(basis, _gate_names(target))
    for gate in gates_on(change, target, places):
        qubit = places.index(gate.qubits[0])
        success[qubit] *= math.exp(gate.log_success)
    return success


def _gate_names(target: Target) -> frozenset[str]:
    return frozenset(target.operation_names) - NOT_GATES


def _shortest(device: DeviceSnapshot, places: tuple[int, ...], name: str) -> float | None:
    known = device.target.qubit_properties
    times = [getattr(known[q], name, None) for q in places] if known else []
    return min((time for time in times if time), default=None)
