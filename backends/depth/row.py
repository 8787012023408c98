"""One row of a depth report: a circuit on a device, with all that is to be said of it."""

from dataclasses import asdict, dataclass
from typing import Any

from qiskit.quantum_info import PauliList

from qkdrp.backends.depth.device import DeviceSnapshot
from qkdrp.backends.depth.features import critical_depth, parallelism
from qkdrp.backends.depth.times import Load, Times, estimate_times
from qkdrp.backends.depth.trial import Trial
from qkdrp.backends.depth.variant import Variant
from qkdrp.backends.depth.volume import QuantumVolume
from qkdrp.circuits import PQC, PQCSpec, logical_resources

SWAP_GATES = 3
"""Two-qubit gates of a SWAP."""


@dataclass(frozen=True)
class Logical:
    """A circuit before any device is chosen.

    Args:
        qubits: Width.
        inputs: Angles that carry data.
        weights: Trainable angles.
        depth: With every gate counted as one step.
        two_qubit_depth: With only two-qubit gates counted.
        one_qubit_gates: Their number.
        two_qubit_gates: Their number.
        settings: Measurement settings: qubit-wise commuting groups of the observables' strings.
        readout_length: Qubits that an observable reads, mean over observables.
        critical_depth: SupermarQ's.
        parallelism: SupermarQ's.
        published_one_qubit: One-qubit gates by Team PNU's formula, 4 for each layer.
        published_two_qubit: Two-qubit gates by their formula, one for each qubit and layer.
    """

    qubits: int
    inputs: int
    weights: int
    depth: int
    two_qubit_depth: int
    one_qubit_gates: int
    two_qubit_gates: int
    settings: int
    readout_length: float
    critical_depth: float
    parallelism: float
    published_one_qubit: int
    published_two_qubit: int


def describe(pqc: PQC, spec: PQCSpec) -> Logical:
    """Return the logical resources of a circuit.

    Args:
        pqc: The circuit.
        spec: Of the circuit whose values it has.
    """
    found = logical_resources(pqc.circuit)
    terms = [letters for op in pqc.observables for letters in op.paulis]
    layers = spec.n_variational * (spec.n_encoding + 1)
    return Logical(
        qubits=found.n_qubits,
        inputs=pqc.n_inputs,
        weights=pqc.n_weights,
        depth=found.depth,
        two_qubit_depth=found.two_qubit_depth,
        one_qubit_gates=sum(found.gate_counts.values()) - found.two_qubit_gates,
        two_qubit_gates=found.two_qubit_gates,
        settings=len(PauliList(terms).group_commuting(qubit_wise=True)),
        readout_length=sum(int((each.x | each.z).sum()) for each in terms) / len(terms),
        critical_depth=critical_depth(pqc.circuit),
        parallelism=parallelism(pqc.circuit),
        published_one_qubit=4 * layers,
        published_two_qubit=spec.n_qubits * layers,
    )


@dataclass(frozen=True)
class DepthRow:
    """A circuit on a device at one level with one seed.

    Args:
        variant: The circuit and its form.
        device: Name of the device.
        calibrated: When the device was, ISO 8601.
        processor: Of the device.
        logical: The circuit before it was transpiled.
        trial: The circuit transpiled.
        eplg: Error per layered gate of the device; None where it does not tell.
        eplg_chain: Length of the chain that it is of.
        volume: Quantum volume and its origin; None where nobody knows it.
        times: How long the device would take.
        best: Whether no other row of the same circuit, form and device succeeds more often.
    """

    variant: Variant
    device: str
    calibrated: str
    processor: str
    logical: Logical
    trial: Trial
    eplg: float | None
    eplg_chain: int | None
    volume: QuantumVolume | None
    times: Times
    best: bool = False

    @property
    def swaps(self) -> float:
        """SWAPs that routing came to: two-qubit gates beyond the circuit's own, by three."""
        return (self.trial.two_qubit_gates - self.logical.two_qubit_gates) / SWAP_GATES

    @property
    def eplg_success(self) -> float | None:
        """Success of the two-qubit gates by EPLG: ``(1 - EPLG)^gates``."""
        return None if self.eplg is None else (1 - self.eplg) ** self.trial.two_qubit_gates

    @property
    def duration_share(self) -> float | None:
        """Duration by the shortest of T1 and T2; None where the device does not tell them."""
        times = [time for time in (self.trial.t1, self.trial.t2) if time]
        return self.trial.duration / min(times) if times and self.trial.duration else None

    def to_json(self) -> dict[str, Any]:
        """Return all as plain numbers and text, nested."""
        derived = {
            "success": self.trial.success,
            "value_success": self.trial.value_success,
            "swaps": self.swaps,
            "eplg_success": self.eplg_success,
            "duration_share": self.duration_share,
        }
        names = {"circuit": self.variant.circuit, "form": self.variant.form}
        return names | asdict(self) | derived


def make_row(
    variant: Variant,
    logical: Logical,
    trial: Trial,
    device: DeviceSnapshot,
    volume: QuantumVolume | None,
    load: Load,
) -> DepthRow:
    """Return the row of a trial.

    Args:
        variant: The circuit.
        logical: What it needs.
        trial: What it comes to on the device.
        device: The device.
        volume: Its quantum volume, if anybody knows it.
        load: What the device would be asked for.
    """
    eplg, chain = device.eplg(logical.qubits) or (None, None)
    return DepthRow(
        variant=variant,
        device=device.name,
        calibrated=device.calibrated,
        processor=device.processor,
        logical=logical,
        trial=trial,
        eplg=eplg,
        eplg_chain=chain,
        volume=volume,
        times=estimate_times(
            variant.spec, logical.settings, trial.two_qubit_depth, trial.duration, device, load
        ),
    )
