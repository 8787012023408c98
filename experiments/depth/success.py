"""Study of depth reports: estimated success beside the contrast left under simulated noise.

Run ``python -m qkdrp.experiments.depth.success --output FOLDER``. Every form of a circuit on every
device is simulated at random points, by exact density matrices and with infinitely many shots.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import pearsonr, spearmanr

from qkdrp.backends.choices import Method
from qkdrp.backends.depth.analyse import depth_report, transpiled
from qkdrp.backends.exact.engine import ExactEngine
from qkdrp.backends.isa.prepare import PreparedCircuit
from qkdrp.backends.noise.sampling import Sampling
from qkdrp.backends.noise.simulator import NoisySimulator
from qkdrp.backends.noise.sources import find_source
from qkdrp.circuits import CircuitSpec, compile_program, family_of, parse_spec
from qkdrp.common.files import atomic, write_csv, write_text
from qkdrp.reports.depth.circuit_selection import DEVICES
from qkdrp.reports.page import markdown_rows

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
MARKERS = "osv^<>DPX*"

AS_BUILT = "as built"

LEAST = 3
"""Rows below which a correlation says nothing."""


@dataclass(frozen=True)
class SuccessStudy:
    """What is studied.

    Args:
        spec: The circuit.
        devices: Fake devices.
        points: Random points: all angles uniform between -pi and pi.
        seeds: Seeds of the transpiler.
        seed: Of the points.
    """

    spec: CircuitSpec
    devices: Sequence[str] = DEVICES
    points: int = 100
    seeds: int = 10
    seed: int = 0


def run_study(
    study: SuccessStudy, workers: int = 0, on_step: Callable[[str], None] = lambda _: None
) -> pd.DataFrame:
    """Return one line for each device and form: estimates and measured contrast.

    Args:
        study: What is studied.
        workers: Processes; 0 for as many as there are cores.
        on_step: Called with what is done next.
    """
    report = depth_report(
        [study.spec],
        study.devices,
        seeds=range(study.seeds),
        recommend="none",
        workers=workers,
    )
    rng = np.random.default_rng(study.seed)
    angles = rng.uniform(-np.pi, np.pi, (study.points, study.spec.n_inputs + study.spec.n_weights))
    lines = []
    for row in report.best:
        on_step(f"{row.device}, {row.variant.form}")
        found = transpiled(report, row)
        exact, noisy = values(found, row.device, angles)
        lines.append(
            {
                "device": row.device,
                "form": row.variant.form,
                "two_qubit_gates": row.trial.two_qubit_gates,
                "success": row.trial.success,
                "value_success": row.trial.value_success,
                "eplg_success": row.eplg_success,
                "contrast": contrast(exact, noisy),
                "rms_error": float(np.sqrt(((noisy - exact) ** 2).mean())),
                "qubits": " ".join(map(str, found.qubits)),
                "seed": row.trial.seed,
                "calibrated": row.calibrated,
            }
        )
    return pd.DataFrame(lines)


def values(
    found: PreparedCircuit, device: str, angles: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return exact and noisy values, shape (n_points, n_observables) each.

    Args:
        found: The transpiled circuit.
        device: Whose noise acts on it: gates, relaxation, readout.
        angles: Inputs, then weights, shape (n_points, n_parameters).
    """
    pqc = found.pqc
    program = compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)
    source = find_source(device)
    noise = source.noise(found.qubits, source.default_parts, 1.0)
    simulator = NoisySimulator(noise, Sampling(method=Method.DENSITY), np.random.default_rng(0))
    order = {parameter: place for place, parameter in enumerate([*pqc.inputs, *pqc.weights])}
    places = [order[parameter] for parameter in pqc.circuit.parameters]
    noisy, _ = simulator.evaluate(pqc.circuit, angles[:, places], pqc.observables)
    engine, n_inputs = ExactEngine(program), len(pqc.inputs)
    exact = [engine.values(one[np.newaxis, :n_inputs], one[n_inputs:])[0] for one in angles]
    return np.array(exact), noisy


def contrast(exact: NDArray[np.float64], noisy: NDArray[np.float64]) -> float:
    """Return the spread of noisy values by that of exact ones, mean over observables.

    Args:
        exact: Shape (n_points, n_observables).
        noisy: Likewise.
    """
    return float((noisy.std(axis=0) / exact.std(axis=0)).mean())


def correlations(table: pd.DataFrame) -> pd.DataFrame:
    """Return how estimates go with contrast, over devices as built and over all forms."""
    lines = []
    for which, rows in (("as built", table[table["form"] == AS_BUILT]), ("all forms", table)):
        for estimate in ("value_success", "success", "eplg_success"):
            known = rows.dropna(subset=[estimate]).astype({estimate: float})
            if len(known) < LEAST:
                continue
            lines.append(
                {
                    "rows": which,
                    "n": len(known),
                    "estimate": estimate,
                    "pearson": float(pearsonr(known[estimate], known["contrast"]).statistic),
                    "spearman": float(spearmanr(known[estimate], known["contrast"]).statistic),
                    "mean_difference": float((known[estimate] - known["contrast"]).mean()),
                }
            )
    return pd.DataFrame(lines)


def draw(table: pd.DataFrame, title: str) -> Figure:
    """Draw loss of contrast against estimated loss, a colour for each device."""
    figure = Figure(figsize=(9.6, 4.8), layout="constrained")
    labels = {"value_success": "a value (its own readouts)", "success": "all gates and readouts"}
    found = correlations(table).set_index(["rows", "estimate"])
    forms, devices = list(table["form"].unique()), list(table["device"].unique())
    most = 1.05 * (1 - table[["value_success", "success", "contrast"]]).max().max()
    for index, (estimate, label) in enumerate(labels.items()):
        axes = figure.add_subplot(1, 2, index + 1)
        axes.axline((0, 0), slope=1, color="#8c8c8c", linewidth=0.8, linestyle=":")
        for _, row in table.iterrows():
            axes.plot(
                1 - row[estimate],
                1 - row["contrast"],
                MARKERS[forms.index(row["form"])],
                color=COLORS[devices.index(row["device"]) % len(COLORS)],
                markersize=9 if row["form"] == AS_BUILT else 5.5,
            )
        pearson = found["pearson"].xs(estimate, level="estimate")
        said = ", ".join(f"{value:.3f} {which}" for which, value in pearson.items())
        axes.set_title(f"Pearson {said}", fontsize=9)
        axes.set(
            xlabel=f"estimated loss: 1 - success of {label}",
            ylabel="measured loss: 1 - contrast",
            xlim=(0, most),
            ylim=(0, most),
        )
        axes.spines[["top", "right"]].set_visible(False)
    axes = figure.axes[0]
    for place, device in enumerate(devices):
        axes.plot([], [], "o", color=COLORS[place % len(COLORS)], label=device)
    for place, form in enumerate(forms):
        axes.plot([], [], MARKERS[place], color="#555555", label=form)
    figure.legend(loc="outside lower center", ncols=5, frameon=False, fontsize=7.5)
    figure.suptitle(title, fontsize=11)
    return figure


def to_markdown(table: pd.DataFrame, digits: int = 3) -> str:
    """Return a table in Markdown."""
    names = [name for name in table.columns if name not in {"qubits", "calibrated", "seed"}]
    rows = [
        [f"{cell:.{digits}f}" if isinstance(cell, float) else str(cell) for cell in row]
        for _, row in table[names].iterrows()
    ]
    return markdown_rows(names, rows) + "\n"


def to_page(table: pd.DataFrame, study: SuccessStudy, name: str, options: str) -> str:
    """Return the page: what was done, how to read it, tables, figure."""
    lines = [
        "# Estimated success beside measured contrast",
        "",
        f"{family_of(study.spec).label(study.spec)} on "
        f"{', '.join(study.devices)}: each form with the same expectation values, level 3, best of "
        f"{study.seeds} seeds, simulated at {study.points} random points by exact density matrices "
        "and with infinitely many shots, all noise of the device's snapshot on. Contrast is the "
        "standard deviation of noisy values over the points, divided by that of exact values, mean "
        "over observables; 1 - contrast is what noise takes.",
        "",
        f"![measured against estimated loss]({name}.png)",
        "",
        "`value_success` is the product of 1 - error over all gates and the readouts of one "
        "observable, `success` that over all readouts, `eplg_success` that of two-qubit gates by "
        "error per layered gate.",
        "",
        to_markdown(correlations(table)),
        to_markdown(table),
        f"Made by `python -m qkdrp.experiments.depth.success{options} --output docs/results`.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the study and write table, figure and page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spec", default="4,2,1", help="sizes n1,n2,n3")
    parser.add_argument("--devices", nargs="+", default=list(DEVICES))
    parser.add_argument("--points", type=int, default=SuccessStudy.points)
    parser.add_argument("--seeds", type=int, default=SuccessStudy.seeds)
    parser.add_argument("--seed", type=int, default=SuccessStudy.seed)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args()
    study = SuccessStudy(
        parse_spec(given.spec), given.devices, given.points, given.seeds, given.seed
    )
    table = run_study(study, given.workers, lambda step: print(step, flush=True))  # noqa: T201
    given.output.mkdir(parents=True, exist_ok=True)
    name = "depth-success"
    write_csv(given.output / f"{name}.csv", table)
    with atomic(given.output / f"{name}.png") as temporary:
        draw(table, f"{given.spec} under noise").savefig(temporary, dpi=150, format="png")
    options = f" --spec {given.spec}" * (given.spec != "4,2,1")
    write_text(given.output / f"{name}.md", to_page(table, study, name, options))
    print(to_markdown(correlations(table)))  # noqa: T201


if __name__ == "__main__":
    main()
