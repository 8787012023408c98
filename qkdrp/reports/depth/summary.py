"""Tables of a depth report for readers: chosen columns, names in words."""

import pandas as pd

from qkdrp.backends.depth.report import DepthReport
from qkdrp.backends.depth.row import DepthRow
from qkdrp.backends.depth.rules import RULES

FEW = 6
"""Circuits up to which every form is shown."""

MARKS = {True: "yes", False: "no", None: "?"}


def count_frame(report: DepthReport) -> pd.DataFrame:
    """Return gates, layers and qubits of the rows that are shown."""
    return pd.DataFrame(
        [
            _name(row)
            | {
                "level": row.trial.level,
                "seed": row.trial.seed,
                "logical depth": row.logical.depth,
                "2q": row.logical.two_qubit_gates,
                "2q published": row.logical.published_two_qubit,
                "depth": row.trial.depth,
                "2q depth": row.trial.two_qubit_depth,
                "2q gates": row.trial.two_qubit_gates,
                "pulses": row.trial.pulses,
                "swaps": row.swaps,
                "critical depth": row.trial.critical_depth,
                "parallelism": row.trial.parallelism,
                "qubits": " ".join(map(str, row.trial.qubits)),
            }
            for row in shown(report)
        ]
    )


def estimate_frame(report: DepthReport) -> pd.DataFrame:
    """Return times, successes and rules of the rows that are shown."""
    return pd.DataFrame(
        [
            _name(row)
            | {
                "us": row.trial.duration * 1e6,
                "of T1, T2": row.duration_share,
                "success": row.trial.success,
                "value": row.trial.value_success,
                "EPLG": row.eplg_success,
                "inference s": round(row.times.inference),
                "step h": row.times.training_step / 3600,
            }
            | {f"meets {v.rule}": MARKS[v.met] for v in report.verdicts(row)}
            for row in shown(report)
        ]
    )


def shown(report: DepthReport) -> list[DepthRow]:
    """Return the best rows; of many circuits only those as asked for and those chosen."""
    if len({row.variant.circuit for row in report.rows}) <= FEW or not report.gains:
        return list(report.best)
    chosen = [each for gain in report.gains for each in (gain.plain, gain.chosen)]
    return list(dict.fromkeys(chosen))


def _name(row: DepthRow) -> dict[str, object]:
    return {
        "circuit": row.variant.circuit,
        "form": row.variant.form,
        "device": row.device.removeprefix("fake_"),
    }


def gain_frame(report: DepthReport) -> pd.DataFrame:
    """Return what reductions save, a line for each circuit and device."""
    return pd.DataFrame(
        [
            {
                "circuit": gain.circuit,
                "device": gain.device,
                "2q gates": gain.plain.trial.two_qubit_gates,
                "fewest": gain.fewest.trial.two_qubit_gates,
                "ratio": round(gain.ratio, 2),
                "by": gain.fewest.variant.form,
                "value success": round(gain.plain.trial.value_success, 3),
                "chosen": gain.chosen.variant.form,
                "its 2q gates": gain.chosen.trial.two_qubit_gates,
                "its value success": round(gain.chosen.trial.value_success, 3),
            }
            for gain in report.gains
        ]
    )


def recommendation_frame(report: DepthReport) -> pd.DataFrame:
    """Return what to change for each rule."""
    return pd.DataFrame(
        [
            {
                "circuit": each.circuit,
                "device": each.device,
                "rule": RULES[each.rule].title,
                "smallest change": each.words,
            }
            for each in report.recommendations
        ]
    )


def device_frame(report: DepthReport) -> pd.DataFrame:
    """Return what is known of each device."""
    volumes = {row.device: row.volume for row in report.rows}
    return pd.DataFrame(
        [
            {
                "device": name,
                "processor": device.processor or "unknown",
                "qubits": device.n_qubits,
                "in working order": len(device.qubits),
                "calibrated": device.calibrated[:10] or "unknown",
                "quantum volume": f"{volume.value} ({volume.origin})" if volume else "unknown",
                "EPLG": ", ".join(
                    f"{found[0]:.3%} (n = {found[1]})"
                    for found in (device.eplg(width) for width in widths)
                    if found
                )
                or "unknown",
                "CLOPS_h": f"{device.clops_h:,.0f}" if device.clops_h else "unknown",
            }
            for widths in [sorted({row.logical.qubits for row in report.rows})]
            for name, device in report.devices.items()
            for volume in [volumes.get(name)]
        ]
    )
