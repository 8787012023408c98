"""Snapshot of a device: gates, errors, layer fidelities and speed on one day."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import pi
from typing import Any

from qiskit.circuit import Parameter
from qiskit.circuit.library import RXGate, RZZGate
from qiskit.transpiler import InstructionProperties, Target

from qkdrp.backends.isa.regions import Region, usable_region
from qkdrp.backends.isa.targets import angle_bounds_of, gates_of, readout_error, restrict
from qkdrp.backends.runtime.rep_delay import DEFAULT_REP_DELAY
from qkdrp.common.digests import digest_of
from qkdrp.common.errors import BackendError

LAYER_FIDELITY = "lf_"
"""Properties that hold the fidelity of a layer on a chain of as many qubits as the name says."""

TWO_QUBIT = "cz"
"""Two-qubit gate of the devices that have fractional gates, too."""

FRACTIONAL = frozenset({"rx", "rzz"})
"""Gates of any angle, or nearly so."""

RZZ_ANGLES = (0.0, pi / 2)
"""Angles of rzz that devices are calibrated for; the client refuses others."""


@dataclass(frozen=True, eq=False)
class DeviceSnapshot:
    """A device as it was calibrated last, its qubits in working order only.

    Args:
        name: Its name.
        target: Qubits in working order that are connected, renumbered from 0.
        qubits: The number of each of them on the device.
        n_qubits: Qubits that the device has in all.
        processor: Family and revision; empty where it does not tell.
        calibrated: When, ISO 8601; empty where it does not tell.
        layer_fidelity: Of a chain of n qubits, by n; empty where it does not tell.
        quantum_volume: What the device reports; None on all modern ones.
        clops_h: Hardware-aware circuit layers per second; None where it does not tell.
        rep_delay: Seconds between two executions.
    """

    name: str
    target: Target
    qubits: Region
    n_qubits: int
    processor: str = ""
    calibrated: str = ""
    layer_fidelity: Mapping[int, float] = field(default_factory=dict)
    quantum_volume: int | None = None
    clops_h: float | None = None
    rep_delay: float = DEFAULT_REP_DELAY

    def eplg(self, width: int) -> tuple[float, int] | None:
        """Return the error per layered gate, and the length of the chain that it is of.

        ``1 - lf_n^(1 / (n - 1))`` for the shortest chain of at least ``width`` qubits, or the
        longest that there is (McKay et al., arXiv 2311.05933; published figures are of n = 100).

        Args:
            width: Qubits of a circuit.

        Returns:
            None where the device does not tell.
        """
        if not self.layer_fidelity:
            return None
        chain = min(
            (n for n in self.layer_fidelity if n >= width), default=max(self.layer_fidelity)
        )
        return 1 - self.layer_fidelity[chain] ** (1 / (chain - 1)), chain

    @property
    def fractional(self) -> bool:
        """Whether it has gates of any angle."""
        return set(self.target.operation_names) >= FRACTIONAL

    def digest(self) -> str:
        """Return the digest of all that a transpiled circuit and its errors depend on."""
        gates = sorted(
            [name, list(on), known.error, known.duration]
            for name, on, known in gates_of(self.target)
        )
        bounds = {name: angle_bounds_of(self.target, name) for name in {gate[0] for gate in gates}}
        times = [
            [each and each.t1, each and each.t2] for each in self.target.qubit_properties or []
        ]
        reads = [readout_error(self.target, qubit) for qubit in range(len(self.qubits))]
        return digest_of(
            [self.name, self.calibrated, list(self.qubits), gates, bounds, times, reads]
        )


def take_snapshot(backend: Any, name: str = "", need: int = 1) -> DeviceSnapshot:  # noqa: ANN401
    """Return what a backend of Qiskit tells of its device.

    Args:
        backend: A ``BackendV2``; those of the runtime client tell most.
        name: What it is called; its own name where left out.
        need: Qubits that have to be connected and in working order.

    Raises:
        BackendError: If it has no gates and couplings, or too few qubits in working order.
    """
    target = backend.target
    if not target.num_qubits:
        raise BackendError(f"{name or backend.name}: tells no qubits and gates; take a device.")
    region = usable_region(target, need)
    settings = _ask(backend, "configuration")
    properties = _ask(backend, "properties")
    processor = getattr(settings, "processor_type", None) or {}
    general = getattr(properties, "general", None) or []
    updated = getattr(properties, "last_update_date", None)
    volume = _number(settings, "quantum_volume")
    return DeviceSnapshot(
        name=name or backend.name,
        target=restrict(target, region),
        qubits=region,
        n_qubits=target.num_qubits,
        processor=" r".join(
            str(processor[key]) for key in ("family", "revision") if key in processor
        ),
        calibrated=updated.isoformat() if updated else "",
        layer_fidelity={
            int(each.name.removeprefix(LAYER_FIDELITY)): float(each.value)
            for each in general
            if each.name.removeprefix(LAYER_FIDELITY).isdecimal()
        },
        quantum_volume=None if volume is None else int(volume),
        clops_h=_number(settings, "clops_h"),
        rep_delay=_number(settings, "default_rep_delay") or DEFAULT_REP_DELAY,
    )


def with_fractional_gates(snapshot: DeviceSnapshot) -> DeviceSnapshot:
    """Return a device with rx and rzz of any angle; fake devices come without.

    Where the device has none, its errors are assumed: of rx those of sx, of rzz those of cz.

    Raises:
        BackendError: If the device's two-qubit gate is not cz: such devices have no such gates.
    """
    if snapshot.fractional:
        return snapshot
    if TWO_QUBIT not in snapshot.target.operation_names:
        raise BackendError(
            f"{snapshot.name} has no fractional gates, and none can be assumed: leave out "
            "--fractional, or take a Heron device."
        )
    target = restrict(snapshot.target, range(len(snapshot.qubits)))
    entries: dict[str, dict[tuple[int, ...], InstructionProperties]] = {"sx": {}, TWO_QUBIT: {}}
    for name, on, known in gates_of(target):
        if name in entries:
            entries[name][on] = known
    couplings = entries[TWO_QUBIT]
    couplings |= {on[::-1]: known for on, known in couplings.items()}
    target.add_instruction(RXGate(Parameter("angle")), entries["sx"])
    target.add_instruction(RZZGate(Parameter("angle")), couplings, angle_bounds=[RZZ_ANGLES])
    return replace(snapshot, target=target)


def _ask(backend: Any, what: str) -> Any:  # noqa: ANN401  # the client has no types
    method = getattr(backend, what, None)
    return method() if method is not None else None


def _number(settings: Any, name: str) -> float | None:  # noqa: ANN401  # as above
    """Return a number above 0; old devices write None as text."""
    try:
        found = float(getattr(settings, name, 0))
    except (TypeError, ValueError):
        return None
    return found if found > 0 else None
