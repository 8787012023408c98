"""Circuits of Team PNU on devices: reference figures, the team's rule, its devices, its formulas.

Run ``python -m qkdrp.experiments.depth.pnu --output FOLDER``. Reference figures are the best of
five seeds at level 3 on FakeTorino (Qiskit 2.6.2). Devices are those of Table 1 of the report.
"""

import argparse
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import pandas as pd

from qkdrp.backends.depth.analyse import depth_report
from qkdrp.backends.depth.device import take_snapshot
from qkdrp.backends.depth.report import DepthReport
from qkdrp.backends.depth.times import Load
from qkdrp.backends.isa.fakes import fake_devices
from qkdrp.circuits import build_pqc, logical_resources
from qkdrp.circuits.families.pnu.spec import PnuSpec
from qkdrp.circuits.family import AS_BUILT
from qkdrp.common.files import write_csv, write_text
from qkdrp.experiments.depth.pnu_costs import cost_table
from qkdrp.reports.page import markdown_rows

DEVICE, SEEDS = "fake_torino", 10

FORMS = {AS_BUILT: "plain", "absorbed tail": "tail absorbed"}
"""What the reference calls the forms of a circuit."""

SIZES = ((4, 1), (4, 2), (8, 1), (8, 2), (8, 3))
"""Qubits and layers of the circuits of the report."""

VOLUMES = {128: 7, 512: 9}
"""Quantum volumes of the team's devices, and what its rule lets qubits and depth be at most."""

LONGEST_CHAIN = 100
"""Chain whose error per layered gate is published."""


def known(name: str) -> pd.DataFrame:
    """Return a table of this folder, ``pnu_forms`` or ``pnu_devices``."""
    with files("qkdrp.experiments.depth").joinpath(f"{name}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def report_of(
    sizes: Sequence[tuple[int, int]] = SIZES, seeds: int = SEEDS, workers: int = 0
) -> DepthReport:
    """Return the depth report of circuits on the device, with the forms that have the same values.

    Args:
        sizes: Qubits and layers of each.
        seeds: Seeds of the transpiler, from 0.
        workers: Processes; 0 for as many as there are cores.
    """
    specs = [PnuSpec(*each) for each in sizes]
    return depth_report(specs, [DEVICE], seeds=range(seeds), recommend="none", workers=workers)


def compare_forms(report: DepthReport) -> pd.DataFrame:
    """Return two-qubit gates, depth and success of each circuit and form beside the reference.

    Args:
        report: Of the circuits on the device; those that it lacks are left out.
    """
    lines = []
    for row in known("pnu_forms").to_dict("records"):
        trials = [
            each.trial
            for each in report.rows
            if (each.variant.spec.n_qubits, _layers(each.variant.spec))
            == (row["qubits"], row["layers"])
            and FORMS[each.variant.form] == row["form"]
        ]
        if not trials:
            continue
        best = min(trials, key=lambda trial: (trial.two_qubit_gates, trial.depth))
        lines.append(
            {
                "circuit": f"({row['qubits']},{row['layers']})",
                "form": row["form"],
                "two-qubit gates": best.two_qubit_gates,
                "reference": row["two_qubit_gates"],
                "depth": best.depth,
                "reference depth": row["depth"],
                "success": max(trial.success for trial in trials),
                "reference success": row["estimated_success"],
            }
        )
    return pd.DataFrame(lines)


def _layers(spec: object) -> int:
    """Return the layers of a circuit of the family, absorbed tail or not."""
    assert isinstance(spec, PnuSpec)
    return spec.n_layers


def rule_table(sizes: Sequence[tuple[int, int]] = SIZES) -> pd.DataFrame:
    """Return whether circuits keep to the team's rule: qubits and depth at most log2 of the volume.

    Args:
        sizes: Qubits and layers of each.
    """
    lines = []
    for n_qubits, n_layers in sizes:
        for form, absorbed in ((AS_BUILT, False), ("absorbed tail", True)):
            pqc = build_pqc(PnuSpec(n_qubits, n_layers, absorb_tail=absorbed))
            depth = logical_resources(pqc.circuit).depth
            line: dict[str, object] = {
                "circuit": f"({n_qubits},{n_layers})",
                "form": form,
                "depth": depth,
            }
            for volume, most in VOLUMES.items():
                passes = max(n_qubits, depth) <= most
                line[f"at most {most} (volume {volume})"] = "met" if passes else "broken"
            lines.append(line)
    return pd.DataFrame(lines)


def device_table() -> pd.DataFrame:
    """Return the team's devices as published, misprints, and what snapshots of today say."""
    fakes = fake_devices()
    lines = []
    for row in known("pnu_devices").to_dict("records"):
        correct = "ibm_torino" if row["system"] == "ibm_toronto" else str(row["system"])
        line = {**row, "erratum": row["erratum"] if isinstance(row["erratum"], str) else ""}
        fake = fakes.get(correct.replace("ibm_", "fake_"))
        snapshot = None if fake is None else take_snapshot(fake())
        chain = None if snapshot is None else snapshot.eplg(LONGEST_CHAIN)
        clops = None if snapshot is None else snapshot.clops_h
        line["EPLG_pct, snapshot"] = "" if chain is None else f"{100 * chain[0]:.2f}"
        line["CLOPS_h, snapshot"] = "" if clops is None else f"{clops:.0f}"
        lines.append(line)
    return pd.DataFrame(lines)


FORMS_WORDS = (
    f"Level 3 on {DEVICE}, best of {SEEDS} seeds, beside reference figures (best of five). "
    "{good} of {all} need no more two-qubit gates than the reference. Success is the estimate for "
    "all gates and the readout of all qubits."
)
RULE_WORDS = (
    "The report asks that qubits and depth are at most log2 of the quantum volume. Its own best "
    "circuit, {circuit}, has depth {depth}. With the tail absorbed, circuits of one layer are "
    "shallow enough; no entangling gate is left in them."
)
DEVICE_WORDS = (
    "Table 1 of the report, after AbuGhanem (arXiv 2410.00916), read on 2024-07-02 and 2024-07-04. "
    "The last two columns are of the snapshots of qiskit-ibm-runtime. CLOPS are counted in another "
    "way today."
)
COST_WORDS = (
    "Poster: a classical network has (Nin + Mout) M + M^2 (L + 2) parameters; a hybrid one "
    "(Nin + Mout) M and 3 M L angles, 4 L one-qubit and M L two-qubit gates. Report, appendix D: "
    "the hybrid is faster if M^2 (L + 2) / ((M + 4) L) steps of a processor take longer than a "
    "two-qubit gate. Here Nin = 21 and Mout = 64, the first layer of a network of 64."
)
COSTS_FOUND = (
    "By the team's own formula the hybrid is faster for {faster} of {all} circuits: a step is one "
    "multiplication and addition of a dense layer, measured on one thread. The formulas leave out "
    "shots, the delay between two executions, bases, compilation and gradients, and count 4 L "
    "one-qubit gates where the code has 5 M L. With these ({shots} shots) a device takes "
    "{least:.2g} to {most:.2g} times as long as the exact simulation of the same values on one "
    "thread."
)
"""What the page says of its tables."""


def to_page(
    forms: pd.DataFrame, rule: pd.DataFrame, costs: pd.DataFrame, devices: pd.DataFrame
) -> str:
    """Return all tables with what they say, as Markdown."""
    good = int((forms["two-qubit gates"] <= forms["reference"]).sum())
    largest = rule[rule["form"] == AS_BUILT].iloc[-1]
    faster = int((costs["ns a step takes"] >= costs["ns a step must take"]).sum())
    longer = costs["ms a sample, device"] * 1e3 / costs["us a sample, simulated"]
    found = COSTS_FOUND.format(
        faster=faster, all=len(costs), shots=Load().shots, least=longer.min(), most=longer.max()
    )
    parts = [
        "# Circuits of Team PNU on devices",
        FORMS_WORDS.format(good=good, all=len(forms)),
        _table(forms, 3),
        "## The team's rule",
        RULE_WORDS.format(circuit=largest["circuit"], depth=largest["depth"]),
        _table(rule),
        "## The team's devices, with errata",
        DEVICE_WORDS,
        _table(devices),
        "## The team's formulas of cost",
        COST_WORDS,
        _table(costs),
        found,
        "Made by `python -m qkdrp.experiments.depth.pnu --output docs/results`.",
    ]
    return "\n\n".join(parts) + "\n"


def _table(table: pd.DataFrame, digits: int = 2) -> str:
    """Return a table in Markdown."""
    rows = [
        [f"{cell:.{digits}f}" if isinstance(cell, float) else str(cell) for cell in row]
        for row in table.itertuples(index=False)
    ]
    return markdown_rows(list(table.columns), rows)


def main() -> None:
    """Compare and write tables and page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=0)
    given = parser.parse_args()
    report = report_of(workers=given.workers)
    tables = {
        "forms": compare_forms(report),
        "rule": rule_table(),
        "costs": cost_table(report, DEVICE),
        "devices": device_table(),
    }
    given.output.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        write_csv(given.output / f"depth-pnu-{name}.csv", table)
    page = to_page(**tables)
    write_text(given.output / "depth-pnu.md", page)
    print(page)  # noqa: T201


if __name__ == "__main__":
    main()
