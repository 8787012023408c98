"""Depth reports beside reference figures: circuits on FakeTorino, and EPLG of fake devices.

Run ``python -m qkdrp.experiments.depth.reference --output FOLDER``. Reference circuits were
transpiled once, at level 3 with seed 7; reference devices are snapshots of qiskit-ibm-runtime 0.51.
"""

import argparse
from importlib.resources import files
from pathlib import Path

import pandas as pd

from qkdrp.backends.depth.analyse import depth_report
from qkdrp.backends.depth.device import take_snapshot
from qkdrp.backends.isa.fakes import fake_devices
from qkdrp.circuits import parse_spec
from qkdrp.common.files import write_csv, write_text
from qkdrp.reports.page import markdown_rows

DEVICE, SEEDS, REFERENCE_SEED = "fake_torino", 10, 7

MEASURES = ("depth", "two_qubit_depth", "two_qubit_gates", "pulses", "virtual")
"""Compared numbers of a transpiled circuit: attributes of a trial."""

CHAINS = (4, 8, 100)
"""Lengths of the chains whose error per layered gate is compared."""


def reference(name: str) -> pd.DataFrame:
    """Return a table of reference figures, ``circuits`` or ``devices``."""
    with files("qkdrp.experiments.depth").joinpath(f"{name}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def compare_circuits(seeds: int = SEEDS, workers: int = 0) -> pd.DataFrame:
    """Return, for each reference circuit and measure: reference, same seed, best seed.

    Args:
        seeds: Seeds of the transpiler, from 0; the best has the fewest two-qubit gates.
        workers: Processes; 0 for as many as there are cores.
    """
    wanted = reference("circuits")
    specs = [parse_spec(text) for text in wanted["circuit"]]
    report = depth_report(
        specs, [DEVICE], seeds=range(seeds), reduce=False, recommend="none", workers=workers
    )
    lines = []
    for spec, (_, known) in zip(specs, wanted.iterrows(), strict=True):
        trials = [row.trial for row in report.rows if row.variant.spec == spec]
        best = min(trials, key=lambda trial: (trial.two_qubit_gates, trial.depth))
        same = next((trial for trial in trials if trial.seed == REFERENCE_SEED), best)
        for measure in MEASURES:
            found = getattr(best, measure)
            lines.append(
                {
                    "circuit": known["name"],
                    "measure": measure,
                    "reference": int(known[measure]),
                    "same_seed": getattr(same, measure),
                    "best_seed": found,
                    "best_by_reference": found / known[measure],
                }
            )
    return pd.DataFrame(lines)


def compare_devices() -> pd.DataFrame:
    """Return the error per layered gate of each reference device, in percent, beside the known."""
    lines = []
    for _, known in reference("devices").iterrows():
        snapshot = take_snapshot(fake_devices()[known["device"]]())
        for chain in CHAINS:
            found = snapshot.eplg(chain)
            assert found is not None
            lines.append(
                {
                    "device": snapshot.name,
                    "chain": found[1],
                    "reference_percent": known[f"eplg{chain}_percent"],
                    "found_percent": round(100 * found[0], 3),
                }
            )
    return pd.DataFrame(lines)


def to_page(circuits: pd.DataFrame, devices: pd.DataFrame) -> str:
    """Return the comparison as Markdown."""
    apart = (circuits["best_by_reference"] - 1).abs().max()
    same = int((devices["reference_percent"] == devices["found_percent"]).sum())
    lines = [
        "# Depth reports beside reference figures",
        "",
        f"Level 3 on {DEVICE}, best of {SEEDS} seeds by two-qubit gates, beside reference figures "
        f"of seed {REFERENCE_SEED}: the largest deviation of the best is {apart:.1%}.",
        "",
        markdown_rows(
            ["circuit", "measure", "reference", "same seed", "best seed", "best / reference"],
            ([*map(str, row[:-1]), f"{row[-1]:.3f}"] for row in circuits.itertuples(index=False)),
        ),
        "",
        "Error per layered gate in percent, from the layer fidelities of the snapshots: "
        f"{same} of {len(devices)} are the reference figure to the last printed digit.",
        "",
        markdown_rows(
            ["device", "chain", "reference", "found"],
            (
                [device, str(chain), f"{known:.3f}", f"{found:.3f}"]
                for device, chain, known, found in devices.itertuples(index=False)
            ),
        ),
        "",
        "Made by `python -m qkdrp.experiments.depth.reference --output docs/results`.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Compare and write tables and page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=0)
    given = parser.parse_args()
    circuits, devices = compare_circuits(workers=given.workers), compare_devices()
    given.output.mkdir(parents=True, exist_ok=True)
    write_csv(given.output / "depth-reference-circuits.csv", circuits)
    write_csv(given.output / "depth-reference-devices.csv", devices)
    page = to_page(circuits, devices)
    write_text(given.output / "depth-reference.md", page)
    print(page)  # noqa: T201


if __name__ == "__main__":
    main()
