"""Making a depth report."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from qiskit import QuantumCircuit

from qkdrp.backends.depth.cache import Cache
from qkdrp.backends.depth.device import DeviceSnapshot, take_snapshot, with_fractional_gates
from qkdrp.backends.depth.recommend import (
    Candidate,
    Recommendation,
    candidates,
    smallest_change,
)
from qkdrp.backends.depth.report import DepthReport, Skipped
from qkdrp.backends.depth.row import DepthRow, Logical, describe, make_row
from qkdrp.backends.depth.rules import RULES, Limits
from qkdrp.backends.depth.sweep import Progress, Request, Sweep
from qkdrp.backends.depth.times import Load
from qkdrp.backends.depth.trial import try_out
from qkdrp.backends.depth.variant import Variant, reductions
from qkdrp.backends.depth.volume import QuantumVolume, find_volume
from qkdrp.backends.isa.placements import find_placements
from qkdrp.backends.isa.prepare import PreparedCircuit
from qkdrp.backends.runtime.clients import open_device
from qkdrp.backends.runtime.settings import RuntimeSettings
from qkdrp.circuits import PQC, PQCSpec
from qkdrp.circuits.reduce.network import MOST_QUBITS
from qkdrp.circuits.reduce.shapes import SHAPES
from qkdrp.common.errors import BackendError

LEVELS = (0, 1, 2, 3)
"""Optimisation levels of the transpiler."""

RECOMMEND: Mapping[str, int | None] = MappingProxyType({"best": 1, "all": None, "none": 0})
"""On how many devices recommendations are looked for, the most successful first."""

TRIED_SEEDS = 3
"""Seeds of the transpiler for a variant that is tried for a recommendation."""


def depth_report(  # each is a question of its own
    circuits: Sequence[PQCSpec],
    devices: Sequence[Any],
    *,
    levels: Sequence[int] = (3,),
    seeds: Sequence[int] = range(10),
    quantum_volume: int | None = None,
    fractional: bool = False,
    reduce: bool = True,
    recommend: str = "best",
    limits: Limits | None = None,
    load: Load | None = None,
    cache: Cache | None = None,
    workers: int = 0,
    on_progress: Progress = lambda _what, _done, _total: None,
) -> DepthReport:
    """Transpile circuits for devices and say what each device can hold.

    Every circuit is transpiled for every device at every level with every seed. With ``reduce``,
    variants with the same expectation values stand beside it: its tail absorbed into the
    observables, and made anew as networks for shapes of qubits that the device has (highest level,
    the first seed).

    Args:
        circuits: Circuits.
        devices: Names, such as ``fake_torino`` (no account) or ``ibm_fez`` (an account), or
            ``BackendV2`` objects.
        levels: Optimisation levels of the transpiler, 0 to 3.
        seeds: Of the transpiler; the best counts.
        quantum_volume: For all devices, instead of what they or the published table tell.
        fractional: Whether to use rx and rzz of any angle; on devices without, at assumed errors.
        reduce: Whether to try reductions.
        recommend: One of :data:`RECOMMEND`: where to look for the smallest change that meets each
            rule: for each circuit on the device where it succeeds most often, on all, nowhere.
        limits: From where on rules are met.
        load: What devices would be asked for.
        cache: Where transpilations are kept; by default in the user's cache folder.
        workers: Processes; 0 for as many as there are cores.
        on_progress: Called with what is counted, how many are done and how many there are.

    Returns:
        The report. A circuit that does not fit a device is listed as skipped.

    Raises:
        BackendError: If a device is unknown or cannot be used, no circuit fits any device, or a
            number is out of range.
        CircuitError: If a circuit cannot be built.
    """
    limits, load = limits or Limits(), load or Load()
    levels, seeds = _checked(levels, seeds)
    if recommend not in RECOMMEND:
        raise BackendError(f"recommend = {recommend!r}: choose one of {', '.join(RECOMMEND)}.")
    if quantum_volume is not None:
        QuantumVolume(quantum_volume, "user")
    found = [_open(each, fractional=fractional) for each in devices]
    named = {device.name: device for device in found}
    if not named or not circuits:
        raise BackendError("Found no circuit or no device: give at least one of each.")
    bases = [Variant(spec, fractional=fractional) for spec in dict.fromkeys(circuits)]
    with Sweep(named, cache or Cache.standard(), workers, on_progress) as sweep:
        bench = _Bench(sweep, quantum_volume, load)
        requests, skipped = bench.requests(bases, levels, seeds, reduce=reduce)
        if not requests:
            raise BackendError(skipped[0].reason)
        rows = _marked(bench.rows(requests))
        advice: list[Recommendation] = []
        starts = [row for base in bases for row in _starts(base, rows)[: RECOMMEND[recommend]]]
        for number, start in enumerate(starts):
            on_progress("recommendations", number, len(starts))
            others = [row.device for row in _starts(start.variant, rows) if row is not start]
            advice += _advise(bench, start, others, levels[-1], seeds[:TRIED_SEEDS], limits)
        on_progress("recommendations", len(starts), len(starts))
    return DepthReport(rows, tuple(skipped), tuple(advice), named, limits, load, seeds)


class _Bench:
    """Rows of variants, made once each."""

    def __init__(self, sweep: Sweep, quantum_volume: int | None, load: Load) -> None:
        self.sweep, self.load = sweep, load
        self.devices = sweep.devices
        self._logical: dict[Variant, Logical] = {}
        self._shapes: dict[tuple[str, int], tuple[str, ...]] = {}
        self._volumes = {
            name: find_volume(name, device.quantum_volume, quantum_volume)
            for name, device in sweep.devices.items()
        }

    def volume(self, device: str) -> QuantumVolume | None:
        return self._volumes[device]

    def logical(self, variant: Variant) -> Logical:
        if variant not in self._logical:
            self._logical[variant] = describe(self.sweep.circuit(variant), variant.spec)
        return self._logical[variant]

    def shapes(self, device: str, n_qubits: int) -> tuple[str, ...]:
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
        requests, skipped = [], []
        for base in bases:
            for name, device in self.devices.items():
                width, there = base.spec.n_qubits, len(device.qubits)
                if width > there:
                    reason = (
                        f"The circuit has {width} qubits, {name} has {there} connected ones in "
                        "working order: use a smaller circuit or another device."
                    )
                    skipped.append(Skipped(base.circuit, name, reason))
                    continue
                requests += [Request(base, name, level, seeds) for level in levels]
                for variant in reductions(base, self.shapes(name, width)) if reduce else []:
                    requests.append(_request(variant, name, levels[-1], seeds))
        failed = self.sweep.build(request.variant for request in requests)
        skipped += [
            Skipped(f"{each.circuit}, {each.form}", "", why) for each, why in failed.items()
        ]
        return [each for each in requests if each.variant not in failed], skipped

    def rows(self, requests: Sequence[Request]) -> list[DepthRow]:
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


def _starts(base: Variant, rows: Sequence[DepthRow]) -> list[DepthRow]:
    """Return the best row of a circuit on each device, the most successful first."""
    own = [row for row in rows if row.variant == base and row.best]
    return sorted(own, key=lambda row: row.trial.value_success, reverse=True)


def _advise(
    bench: _Bench,
    start: DepthRow,
    others: Sequence[str],
    level: int,
    seeds: tuple[int, ...],
    limits: Limits,
) -> list[Recommendation]:
    """Return what to change for each rule so that a circuit meets it."""
    options = candidates(
        start.variant,
        start.device,
        others,
        lambda device, variant: bench.shapes(device, variant.spec.n_qubits),
    )

    def row_of(option: Candidate) -> DepthRow | None:
        if bench.sweep.build([option.variant]):
            return None
        request = _request(option.variant, option.device, level, seeds)
        return max(bench.rows([request]), key=lambda row: row.trial.value_success)

    def possible(rule: str, option: Candidate) -> bool:
        volume = bench.volume(option.device)
        return not bench.sweep.build([option.variant]) and RULES[rule].possible(
            bench.logical(option.variant), volume
        )

    return [smallest_change(rule, start, options, limits, row_of, possible) for rule in RULES]


def _request(variant: Variant, device: str, level: int, seeds: tuple[int, ...]) -> Request:
    # A network fits its couplings: there is nothing to route, and seeds change next to nothing.
    return Request(variant, device, level, seeds[:1] if variant.network else seeds)


def _marked(rows: Sequence[DepthRow]) -> tuple[DepthRow, ...]:
    """Mark the best row of each circuit, form and device."""
    top: dict[tuple[Variant, str], DepthRow] = {}
    for row in rows:
        key = row.variant, row.device
        if key not in top or row.trial.value_success > top[key].trial.value_success:
            top[key] = row
    return tuple(replace(row, best=top[row.variant, row.device] is row) for row in rows)


def _checked(
    levels: Sequence[int], seeds: Sequence[int]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    wrong = [level for level in levels if level not in LEVELS]
    if wrong or not levels:
        raise BackendError(f"levels = {list(levels)}: choose among {', '.join(map(str, LEVELS))}.")
    if not seeds or min(seeds) < 0:
        raise BackendError(f"seeds = {list(seeds)}: expected at least one, of 0 or more.")
    return tuple(sorted(set(levels))), tuple(dict.fromkeys(seeds))


def _open(device: Any, *, fractional: bool) -> DeviceSnapshot:  # noqa: ANN401  # name or BackendV2
    if isinstance(device, str):
        opened = open_device(RuntimeSettings(device=device, fractional_gates=fractional))
        snapshot = take_snapshot(opened.backend, opened.name)
    else:
        snapshot = take_snapshot(device)
    return with_fractional_gates(snapshot) if fractional else snapshot


def _sample(shape: str, n_qubits: int) -> PQC:
    """Return a circuit with a gate on each coupling of a shape."""
    circuit = QuantumCircuit(n_qubits)
    for pair in SHAPES[shape](n_qubits):
        circuit.cz(*pair)
    return PQC(circuit, (), (), ())


def transpiled(report: DepthReport, row: DepthRow) -> PreparedCircuit:
    """Return the transpiled circuit of a row, made again from its seed.

    Args:
        report: The report.
        row: One of its rows.

    Returns:
        The circuit with its observables, and its physical qubits.
    """
    device = report.devices[row.device]
    pqc = row.variant.build()
    placed = bool(row.variant.network)
    found, _ = try_out(pqc, device, row.trial.level, row.trial.seed, placed=placed)
    return replace(found, qubits=tuple(device.qubits[q] for q in found.qubits))
