"""The page of a depth report: sections of tables, figures and how to read them."""

from collections.abc import Mapping

import pandas as pd

from qkdrp.backends.depth.report import DepthReport
from qkdrp.backends.depth.rules import RULES
from qkdrp.circuits import family_of
from qkdrp.reports.depth.summary import (
    count_frame,
    device_frame,
    estimate_frame,
    gain_frame,
    recommendation_frame,
)
from qkdrp.reports.page import Figure, Page, Section, Table

VERDICTS = {True: "met", False: "not met", None: "cannot be told"}


def make_page(
    report: DepthReport, figures: Mapping[str, Figure], versions: Mapping[str, str]
) -> Page:
    """Return the page of a report.

    Args:
        report: The report.
        figures: By the names that :func:`~qkdrp.reports.depth.write.draw` gives them.
        versions: Of packages.
    """
    return Page(
        title="What devices can hold",
        lead=_lead(report),
        sections=[
            Section("Which device holds which circuit", [figures["success"], figures["volume"]]),
            *_gains(report),
            *_recommendations(report),
            Section("The best row", _best(report, figures)),
            _all_seeds(report),
            Section("Devices", [Table("Calibrations", device_frame(report))]),
            *_skipped(report),
        ],
        provenance=_provenance(report, versions),
    )


def _gains(report: DepthReport) -> list[Section]:
    if not report.gains:
        return []
    reading = (
        "All forms of a circuit have the same expectation values. Fewer gates is not always "
        "better: longer strings are read right less often, so the form that is chosen is that "
        "with the highest success of a value, readouts included."
    )
    table = Table("Two-qubit gates as asked for, fewest, and as chosen", gain_frame(report))
    return [Section("The same values from fewer gates", [reading, table])]


def _recommendations(report: DepthReport) -> list[Section]:
    if not report.recommendations:
        return []
    table = Table("Each rule as it is, and what to change", recommendation_frame(report))
    return [Section("The smallest change that meets each rule", [table])]


def _best(report: DepthReport, figures: Mapping[str, Figure]) -> list[str | Table | Figure]:
    top = report.top()
    verdicts = report.verdicts(top)
    frame = pd.DataFrame(
        {
            "rule": [RULES[each.rule].title for each in verdicts],
            "verdict": [VERDICTS[each.met] for each in verdicts],
            "why": [each.words for each in verdicts],
        }
    )
    return [
        f"The highest success of a value: {top.variant.circuit}, {top.variant.form}, on "
        f"{top.device}, physical qubits {', '.join(map(str, top.trial.qubits))}.",
        Table("What each rule says of it", frame),
        *(figures[name] for name in ("circuit", "layout") if name in figures),
    ]


def _all_seeds(report: DepthReport) -> Section:
    return Section(
        "Best of all seeds",
        [
            _reading(report),
            Table("Gates, layers, qubits", count_frame(report), 3),
            Table("Times, successes, rules", estimate_frame(report), 3),
        ],
    )


def _skipped(report: DepthReport) -> list[Section]:
    lines = [f"{each.circuit} {each.device}: {each.reason}" for each in report.skipped]
    return [Section("Left out", [*lines])] if lines else []


def _provenance(report: DepthReport, versions: Mapping[str, str]) -> list[str]:
    return [
        f"{len(report.rows)} transpilations, seeds {', '.join(map(str, report.seeds))}",
        *(
            f"{name}: calibrated {device.calibrated or 'unknown'}, digest {device.digest()[:12]}"
            for name, device in report.devices.items()
        ),
        ", ".join(f"{name} {version}" for name, version in versions.items()),
    ]


def _lead(report: DepthReport) -> list[str]:
    top = report.top()
    circuits = len({row.variant.circuit for row in report.rows})
    lines = [
        f"{circuits} circuit{'s' * (circuits > 1)} on {len(report.devices)} "
        f"device{'s' * (len(report.devices) > 1)}. The likeliest to succeed is "
        f"{top.variant.circuit} ({top.variant.form}) on {top.device}: "
        f"{top.trial.two_qubit_gates} two-qubit gates, success of a value "
        f"{top.trial.value_success:.2f}."
    ]
    if report.gains:
        shares = sorted(1 / gain.ratio for gain in report.gains)
        span = " to ".join(dict.fromkeys(f"{share:.0%}" for share in (shares[0], shares[-1])))
        lines.append(
            f"Forms with the same values need {span} of the two-qubit gates that the transpiler's "
            "best of the circuit as asked for has."
        )
    return lines


def _reading(report: DepthReport) -> str:
    load = report.load
    return (
        "Success is the product of 1 - error over gates and all readouts; the success of a value "
        "counts the readouts of its own string only. Times are estimates for "
        f"{load.samples} samples (inference) and for one parameter-shift gradient of a batch of "
        f"{load.batch} (training step), at {load.shots} shots. {_published(report)}Every row is in "
        "depth.csv."
    )


def _published(report: DepthReport) -> str:
    """Say whose gate counts stand beside ours; nothing where no paper counts any."""
    specs = dict.fromkeys(row.variant.spec for row in report.rows)
    counts = [family_of(spec).published_counts(spec) for spec in specs]
    origins = dict.fromkeys(each.origin for each in counts if each is not None)
    return f"Published gates are those of {'; '.join(origins)}. " if origins else ""
