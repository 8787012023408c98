"""Rows of a depth report, made from circuits, devices and transpilations."""

from collections.abc import Sequence

from qiskit import QuantumCircuit

from qkdrp.backends.depth.logical import Logical, describe
from qkdrp.backends.depth.report import Skipped
from qkdrp.backends.depth.row import DepthRow, make_row
from qkdrp.backends.depth.sweep import Request, Sweep
from qkdrp.backends.depth.times import Load
from qkdrp.backends.depth.variant import Variant, reductions
from qkdrp.backends.depth.volume import QuantumVolume, find_volume
from qkdrp.backends.isa.placements import find_placements
from qkdrp.circuits import PQC
from qkdrp.circuits.reduce.circuit import is_reducible
from qkdrp.circuits.reduce.lengths import MOST_QUBITS
from qkdrp.circuits.reduce.shapes import SHAPES


class RowBuilder:
    """Makes rows of variants on devices; what several rows need is made once.

    Args:
        sweep: Does the transpilations.
        quantum_volume: Of all devices; what is known of each where it is None.
        load: What devices would be asked for.
    """

    def __init__(self, sweep: Sweep, quantum_volume: int | None, load: Load) -> None:
        self.sweep, self.load = sweep, load
        self.devices = sweep.devices
        self._logical: dict[Variant, Logical] = {}
        self._reducible: dict[Variant, bool] = {}
        self._shapes: dict[tuple[str, int], tuple[str, ...]] = {}
        self._volumes = {
            name: find_volume(name, device.quantum_volume, quantum_volume)
            for name, device in sweep.devices.items()
        }

    def volume(self, device: str) -> QuantumVolume | None:
        """Return the quantum volume of a device; None where it is unknown."""
        return self._volumes[device]

    def logical(self, variant: Variant) -> Logical:
        """Return the logical resources of a variant."""
        if variant not in self._logical:
            self._logical[variant] = describe(self.sweep.circuit(variant), variant.spec)
        return self._logical[variant]

    def shapes(self, device: str, variant: Variant) -> tuple[str, ...]:
        """Return the shapes of a device's qubits for which a circuit can be made anew."""
        if variant not in self._reducible:
            self._reducible[variant] = is_reducible(self.sweep.circuit(variant))
        width = variant.spec.n_qubits
        return self._shapes_of(device, width) if self._reducible[variant] else ()

    def _shapes_of(self, device: str, n_qubits: int) -> tuple[str, ...]:
        """Return the shapes of ``n_qubits`` qubits that a device has."""
        key = device, n_qubits
        if key not in self._shapes:
            self._shapes[key] = tuple(
                name
                for name in (SHAPES if n_qubits <= MOST_QUBITS else ())
                if find_placements(_sample(name, n_qubits), self.devices[device].target, 1)
            )
        return self._shapes[key]

    def requests(
        self,
        bases: Sequence[Variant],
        levels: Sequence[int],
        seeds: tuple[int, ...],
        *,
        reduce: bool,
    ) -> tuple[list[Request], list[Skipped]]:
        """Return the transpilations that a report needs, and what cannot be done.

        Args:
            bases: The circuits.
            levels: Optimisation levels.
            seeds: Of the transpiler.
            reduce: Whether forms with the same values are asked for, too.
        """
        fitting, skipped = self._sort_out(bases)
        requests: list[Request] = []
        for base, name in fitting:
            requests += [Request(base, name, level, seeds) for level in levels]
            requests += self._reduced(base, name, levels[-1], seeds) if reduce else ()
        failed = self.sweep.build(request.variant for request in requests)
        skipped += [
            Skipped(f"{each.circuit}, {each.form}", "", why) for each, why in failed.items()
        ]
        return [each for each in requests if each.variant not in failed], skipped

    def _sort_out(
        self, bases: Sequence[Variant]
    ) -> tuple[list[tuple[Variant, str]], list[Skipped]]:
        """Return which circuits fit which devices, and why others do not."""
        pairs = [(base, name) for base in bases for name in self.devices]
        reasons = {pair: self._too_wide(*pair) for pair in pairs}
        skipped = [Skipped(base.circuit, name, why) for (base, name), why in reasons.items() if why]
        return [pair for pair in pairs if not reasons[pair]], skipped

    def _reduced(
        self, base: Variant, name: str, level: int, seeds: tuple[int, ...]
    ) -> list[Request]:
        forms = reductions(base, self.shapes(name, base))
        return [make_request(form, name, level, seeds) for form in forms]

    def _too_wide(self, base: Variant, name: str) -> str:
        """Return why a circuit does not fit a device; empty where it does."""
        width, there = base.spec.n_qubits, len(self.devices[name].qubits)
        if width <= there:
            return ""
        return (
            f"The circuit has {width} qubits, {name} has {there} connected ones in working order: "
            "use a smaller circuit or another device."
        )

    def rows(self, requests: Sequence[Request]) -> list[DepthRow]:
        """Return a row for each seed of each request."""
        found = self.sweep.trials(requests)
        return [
            make_row(
                request.variant,
                self.logical(request.variant),
                trial,
                self.devices[request.device],
                self.volume(request.device),
                self.load,
            )
            for request in dict.fromkeys(requests)
            for trial in found[request]
        ]


def make_request(variant: Variant, device: str, level: int, seeds: tuple[int, ...]) -> Request:
    """Return the transpilations of a variant; one is enough where there is nothing to route."""
    # A network fits its couplings, so seeds change next to nothing.
    return Request(variant, device, level, seeds[:1] if variant.network else seeds)


def _sample(shape: str, n_qubits: int) -> PQC:
    """Return a circuit with a gate on each coupling of a shape."""
    circuit = QuantumCircuit(n_qubits)
    for pair in SHAPES[shape](n_qubits):
        circuit.cz(*pair)
    return PQC(circuit, (), (), ())
