"""Depth reports: which of these circuits which device can hold."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from qkdrp.backends.depth.device import DeviceSnapshot
from qkdrp.backends.depth.recommend import Recommendation
from qkdrp.backends.depth.row import DepthRow
from qkdrp.backends.depth.rules import RULES, Limits, Verdict, judge
from qkdrp.backends.depth.times import Load
from qkdrp.common.brief import Brief

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Skipped:
    """A circuit and a device that do not go together, or a device that cannot be used.

    Args:
        circuit: The circuit; empty for all.
        device: The device.
        reason: Why.
    """

    circuit: str
    device: str
    reason: str


@dataclass(frozen=True)
class Gain:
    """What reductions save on a device, all values staying the same.

    Args:
        circuit: The circuit.
        device: The device.
        plain: The row of the circuit as asked for with the fewest two-qubit gates.
        fewest: The row with the fewest two-qubit gates.
        chosen: The row with the highest success of a value, readouts included.
    """

    circuit: str
    device: str
    plain: DepthRow
    fewest: DepthRow
    chosen: DepthRow

    @property
    def ratio(self) -> float:
        """Two-qubit gates of the plain row by those of the fewest."""
        return self.plain.trial.two_qubit_gates / max(1, self.fewest.trial.two_qubit_gates)


@dataclass(frozen=True, repr=False)
class DepthReport(Brief):
    """All rows, with what follows from them.

    Args:
        rows: One for each circuit, form, device, level and seed.
        skipped: What has no row.
        recommendations: For each circuit on its best device, one for each rule.
        devices: The devices by name.
        limits: From where on rules are met.
        load: What devices would be asked for.
        seeds: Of the transpiler.
    """

    rows: tuple[DepthRow, ...]
    skipped: tuple[Skipped, ...]
    recommendations: tuple[Recommendation, ...]
    devices: Mapping[str, DeviceSnapshot] = field(repr=False)
    limits: Limits
    load: Load
    seeds: tuple[int, ...]

    @cached_property
    def best(self) -> tuple[DepthRow, ...]:
        """The best row of each circuit, form and device."""
        return tuple(row for row in self.rows if row.best)

    def top(self) -> DepthRow:
        """Return the row with the highest success of a value."""
        return max(self.rows, key=lambda row: row.trial.value_success)

    def verdicts(self, row: DepthRow) -> tuple[Verdict, ...]:
        """Return the verdict of every rule on a row."""
        return judge(row, self.limits)

    @cached_property
    def gains(self) -> tuple[Gain, ...]:
        """What reductions save, for each circuit and device that has any."""
        groups: dict[tuple[str, str], list[DepthRow]] = defaultdict(list)
        for row in self.rows:
            groups[row.variant.circuit, row.device].append(row)
        found = []
        for (circuit, device), rows in groups.items():
            plain = [row for row in rows if row.variant.form == rows[0].variant.form]
            if len(plain) < len(rows):
                top = max(row.trial.level for row in plain)
                fewest = [row for row in plain if row.trial.level == top]
                found.append(
                    Gain(circuit, device, _fewest(fewest), _fewest(rows), _most_successful(rows))
                )
        return tuple(found)

    def to_json(self) -> dict[str, Any]:
        """Return all as plain numbers and text."""
        return {
            "rows": [
                row.to_json() | {"verdicts": [asdict(each) for each in self.verdicts(row)]}
                for row in self.rows
            ],
            "skipped": [asdict(each) for each in self.skipped],
            "recommendations": [
                {
                    "circuit": each.circuit,
                    "device": each.device,
                    "rule": each.rule,
                    "met": each.before.met,
                    "same_values": each.same_values,
                    "steps": [step.words for step in each.steps],
                    "words": each.words,
                }
                for each in self.recommendations
            ],
            "gains": [
                {
                    "circuit": each.circuit,
                    "device": each.device,
                    "two_qubit_gates": each.plain.trial.two_qubit_gates,
                    "fewest": each.fewest.trial.two_qubit_gates,
                    "ratio": each.ratio,
                    "fewest_form": each.fewest.variant.form,
                    "chosen_form": each.chosen.variant.form,
                    "chosen_gates": each.chosen.trial.two_qubit_gates,
                    "value_success": each.plain.trial.value_success,
                    "chosen_value_success": each.chosen.trial.value_success,
                }
                for each in self.gains
            ],
            "devices": {
                name: {
                    "qubits": each.n_qubits,
                    "in_working_order": len(each.qubits),
                    "processor": each.processor,
                    "calibrated": each.calibrated,
                    "clops_h": each.clops_h,
                    "digest": each.digest(),
                }
                for name, each in self.devices.items()
            },
            "limits": asdict(self.limits),
            "load": asdict(self.load),
            "seeds": list(self.seeds),
        }

    def to_frame(self) -> "pd.DataFrame":
        """Return one line for each row, nested names joined by a dot."""
        import pandas as pd

        frame = pd.json_normalize([row.to_json() for row in self.rows])
        for name in RULES:
            met = [next(v.met for v in self.verdicts(row) if v.rule == name) for row in self.rows]
            frame[f"meets.{name}"] = pd.array(met, dtype="boolean")
        for name in ("qubits", "bases", "basis_success"):
            listed = [getattr(row.trial, name) for row in self.rows]
            frame[f"trial.{name}"] = [" ".join(map(str, each)) for each in listed]
        return frame


def _fewest(rows: Iterable[DepthRow]) -> DepthRow:
    return min(rows, key=lambda row: (row.trial.two_qubit_gates, -row.trial.value_success))


def _most_successful(rows: Iterable[DepthRow]) -> DepthRow:
    return max(rows, key=lambda row: row.trial.value_success)
