"""Depth reports of circuits on devices: checking what is asked for, and making the report."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from qkdrp.backends.depth.advisor import Advisor
from qkdrp.backends.depth.cache import Cache
from qkdrp.backends.depth.device import DeviceSnapshot, take_snapshot, with_fractional_gates
from qkdrp.backends.depth.report import DepthReport
from qkdrp.backends.depth.row import DepthRow
from qkdrp.backends.depth.row_builder import RowBuilder
from qkdrp.backends.depth.rules import Limits
from qkdrp.backends.depth.sweep import Progress, Sweep
from qkdrp.backends.depth.times import Load
from qkdrp.backends.depth.trial import try_out
from qkdrp.backends.depth.variant import Variant
from qkdrp.backends.depth.volume import QuantumVolume
from qkdrp.backends.isa.prepare import PreparedCircuit
from qkdrp.backends.runtime.clients import open_device
from qkdrp.backends.runtime.settings import RuntimeSettings
from qkdrp.circuits import PQC, CircuitSpec
from qkdrp.circuits.families.own import OwnCircuit
from qkdrp.common.errors import BackendError

LEVELS = (0, 1, 2, 3)
"""Optimisation levels of the transpiler."""

RECOMMEND: Mapping[str, int | None] = MappingProxyType({"best": 1, "all": None, "none": 0})
"""On how many devices recommendations are looked for, the most successful first."""

TRIED_SEEDS = 3
"""Seeds of the transpiler for a variant that is tried for a recommendation."""


def depth_report(  # each is a question of its own
    circuits: Sequence[CircuitSpec | PQC],
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
    its forms with the same values stand beside it (highest level), such as networks of CNOTs.

    Args:
        circuits: Specifications, or any circuits; of those without a family nothing smaller is
            recommended.
        devices: Names, such as ``fake_torino`` (no account) or ``ibm_fez`` (an account), or
            ``BackendV2`` objects.
        levels: Optimisation levels of the transpiler, 0 to 3.
        seeds: Of the transpiler; the best counts.
        quantum_volume: For all devices, instead of what they or the published table tell.
        fractional: Whether to use rx and rzz of any angle; on devices without, at assumed errors.
        reduce: Whether to try forms with the same values.
        recommend: Where to look for the smallest change that meets each rule; see
            :data:`RECOMMEND`.
        limits: From where on rules are met.
        load: What devices would be asked for.
        cache: Where transpilations are kept; by default in the user's cache folder.
        workers: Processes; 0 for as many as there are cores.
        on_progress: Called with what is counted, how many are done and how many there are.

    Raises:
        BackendError: If a device is unknown or cannot be used, no circuit fits any device, or a
            number is out of range.
        CircuitError: If a circuit cannot be built.
    """
    limits, load = limits or Limits(), load or Load()
    bases = [Variant(spec, fractional=fractional) for spec in _specs(circuits)]
    levels, seeds = _checked(levels, seeds)
    _check_choices(recommend, quantum_volume)
    named = _open_all(devices, fractional=fractional)
    if not named or not bases:
        raise BackendError("Found no circuit or no device: give at least one of each.")
    with Sweep(named, cache or Cache.standard(), workers, on_progress) as sweep:
        builder = RowBuilder(sweep, quantum_volume, load)
        requests, skipped = builder.requests(bases, levels, seeds, reduce=reduce)
        if not requests:
            raise BackendError(skipped[0].reason)
        rows = _marked(builder.rows(requests))
        advisor = Advisor(builder, rows, levels[-1], seeds[:TRIED_SEEDS], limits)
        advice = tuple(advisor.advise(bases, RECOMMEND[recommend], on_progress))
    return DepthReport(rows, tuple(skipped), advice, named, limits, load, seeds)


def _specs(circuits: Sequence[CircuitSpec | PQC]) -> list[CircuitSpec]:
    """Return the specification of each circuit, those without a family as their own."""
    specs: list[CircuitSpec] = []
    n_own = 0
    for each in dict.fromkeys(circuits):
        if not isinstance(each, PQC):
            specs.append(each)
        elif each.spec is not None:
            specs.append(each.spec)
        elif not each.observables:
            raise BackendError("Found a circuit without observables, expected at least one.")
        else:
            n_own += 1
            specs.append(OwnCircuit(each, n_own))
    return list(dict.fromkeys(specs))


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


def _check_choices(recommend: str, quantum_volume: int | None) -> None:
    if recommend not in RECOMMEND:
        raise BackendError(f"recommend = {recommend!r}: choose one of {', '.join(RECOMMEND)}.")
    if quantum_volume is not None:
        QuantumVolume(quantum_volume, "user")


def _open_all(devices: Sequence[Any], *, fractional: bool) -> dict[str, DeviceSnapshot]:
    found = [_open(each, fractional=fractional) for each in devices]
    return {device.name: device for device in found}


def _open(device: Any, *, fractional: bool) -> DeviceSnapshot:  # noqa: ANN401  # name or BackendV2
    if isinstance(device, str):
        opened = open_device(RuntimeSettings(device=device, fractional_gates=fractional))
        snapshot = take_snapshot(opened.backend, opened.name)
    else:
        snapshot = take_snapshot(device)
    return with_fractional_gates(snapshot) if fractional else snapshot


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
