"""Printed tables and verdicts of ``qkdrp depth``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from qkdrp.cli.console import console, print_folder

if TYPE_CHECKING:
    from qkdrp.backends.depth.report import DepthReport
    from qkdrp.backends.depth.row import DepthRow
    from qkdrp.circuits import CircuitSpec


def print_layers(layers: "Mapping[str, CircuitSpec]") -> None:
    """Print which circuit each quantum layer of a model is, where there are several."""
    from qkdrp.circuits import family_of

    if len(layers) > 1:
        for name, spec in layers.items():
            label = family_of(spec).label(spec)
            shown = f"layer {name}" if label == f"layer {name}" else f"layer {name}: {label}"
            console().print(shown, soft_wrap=True)


def print_report(report: "DepthReport") -> None:
    """Print tables, verdicts and recommendations."""
    from qkdrp.reports.depth.summary import FEW

    screen = console()
    circuits = list(dict.fromkeys(row.variant.circuit for row in report.rows))
    if len(circuits) <= FEW:
        for circuit in circuits:
            screen.print(_forms(report, circuit))
    else:
        screen.print(_gains(report) if report.gains else _forms(report, None))
    screen.print(
        "2q and depth: two-qubit gates, and layers of them; success: product of 1 - error over "
        "gates and all readouts; value: over gates and the "
        "readouts of one observable; * the highest on its device.",
        soft_wrap=True,
    )
    if len(circuits) <= FEW:
        _print_verdicts(screen, report)
    _print_recommendations(screen, report, changes_only=len(circuits) > FEW)
    for skipped in report.skipped:
        where = f"{skipped.circuit} on {skipped.device}" if skipped.device else skipped.circuit
        screen.print(f"left out: {where}: {skipped.reason}", soft_wrap=True)


def _print_recommendations(screen: Console, report: "DepthReport", *, changes_only: bool) -> None:
    for each in report.recommendations:
        if each.before.met is not True and (each.steps or not changes_only):
            screen.print(
                f"{each.circuit} on {each.device}, {each.rule}: {each.words}", soft_wrap=True
            )


def print_written(folder: Path) -> None:
    """Say where the report is."""
    print_folder("report", folder, " (open report.html)")


def _forms(report: "DepthReport", circuit: str | None) -> Table:
    table = Table(title=circuit, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("device", "form", "2q", "depth", "us", "success", "value", "EPLG"):
        text = name in {"device", "form"}
        table.add_column(
            name, justify="left" if text else "right", no_wrap=not text, overflow="fold"
        )
    rows = [row for row in report.best if circuit in {None, row.variant.circuit}]
    for row in rows:
        same = [other for other in rows if _place(other) == _place(row)]
        top = max(same, key=lambda other: other.trial.value_success)
        table.add_row(
            _short(row) if circuit else f"{row.variant.circuit} {_short(row)}",
            row.variant.form,
            str(row.trial.two_qubit_gates),
            str(row.trial.two_qubit_depth),
            f"{row.trial.duration * 1e6:.1f}",
            f"{row.trial.success:.3f}",
            f"{row.trial.value_success:.3f}{'*' if row is top else ' '}",
            "-" if row.eplg_success is None else f"{row.eplg_success:.3f}",
        )
    return table


def _short(row: "DepthRow") -> str:
    return row.device.removeprefix("fake_")


def _place(row: "DepthRow") -> tuple[str, str]:
    return row.variant.circuit, row.device


def _gains(report: "DepthReport") -> Table:
    title = "as asked for, and forms with the same values"
    table = Table(title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    columns = ("circuit", "device", "2q", "least", "ratio", "value", "best", "by")
    for name in columns:
        left = name in {"circuit", "device", "by"}
        table.add_column(
            name, justify="left" if left else "right", no_wrap=not left, overflow="fold"
        )
    common = _shared_ending([gain.circuit for gain in report.gains])
    for gain in report.gains:
        table.add_row(
            gain.circuit.removesuffix(common),
            _short(gain.plain),
            str(gain.plain.trial.two_qubit_gates),
            str(gain.fewest.trial.two_qubit_gates),
            f"{gain.ratio:.2f}",
            f"{gain.plain.trial.value_success:.3f}",
            f"{gain.chosen.trial.value_success:.3f}*",
            gain.chosen.variant.form.removesuffix(" network"),
        )
    return table


def _shared_ending(labels: Sequence[str]) -> str:
    """Return the last word of labels, if all share it, such as the entangler of all circuits."""
    endings = {label.rpartition(" ")[2] for label in labels}
    return f" {endings.pop()}" if len(endings) == 1 else ""


def _print_verdicts(console: Console, report: "DepthReport") -> None:
    marks = {True: "met", False: "NOT met", None: "unknown"}
    base = report.rows[0].variant.form
    for row in report.best:
        if row.variant.form == base:
            said = "; ".join(
                f"{each.rule} {marks[each.met]} ({each.words})" for each in report.verdicts(row)
            )
            console.print(f"{row.variant.circuit} on {row.device}: {said}", soft_wrap=True)
            times = row.times
            console.print(
                f"  about {times.inference:,.0f} s for {report.load.samples} samples, "
                f"{times.training_step / 3600:,.1f} h for one gradient of "
                f"{report.load.batch} samples by parameter shift",
                soft_wrap=True,
            )
            if len(row.trial.bases) > 1:
                console.print(f"  {_bases(row)}", soft_wrap=True)


def _bases(row: "DepthRow") -> str:
    """Return how many executions a point takes, and how often they succeed."""
    found = row.trial.basis_success
    return (
        f"read in {len(found)} measurement bases, an execution each: success "
        f"{min(found):.3f} to {max(found):.3f}"
    )
