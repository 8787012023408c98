"""Tables of a depth report for readers: chosen columns, names in words."""

import pandas as pd

from qkdrp.backends.depth.report import DepthReport
from qkdrp.backends.depth.rules import RULES

MARKS = {True: "yes", False: "no", None: "?"}


def row_frame(report: DepthReport) -> pd.DataFrame:
    """Return the best row of each circuit, form and device."""
    return pd.DataFrame(
        [
            {
                "circuit": row.variant.circuit,
                "form": row.variant.form,
                "device": row.device,
                "level": row.trial.level,
                "seed": row.trial.seed,
                "logical depth": row.logical.depth,
                "logical 2q depth": row.logical.two_qubit_depth,
                "logical 2q gates": row.logical.two_qubit_gates,
                "published 2q gates": row.logical.published_two_qubit,
                "settings": row.logical.settings,
                "depth": row.trial.depth,
                "2q depth": row.trial.two_qubit_depth,
                "2q gates": row.trial.two_qubit_gates,
                "pulses": row.trial.pulses,
                "swaps": row.swaps,
                "qubits": " ".join(map(str, row.trial.qubits)),
                "duration us": row.trial.duration * 1e6,
                "of T1, T2": row.duration_share,
                "success": row.trial.success,
                "value success": row.trial.value_success,
                "EPLG success": row.eplg_success,
                "critical depth": row.trial.critical_depth,
                "parallelism": row.trial.parallelism,
                "inference s": row.times.inference,
                "training step s": row.times.training_step,
            }
            | {rule: MARKS[v.met] for rule, v in zip(RULES, report.verdicts(row), strict=True)}
            for row in report.best
        ]
    )


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
