"""How a trained model holds against noise: one trained exactly beside one trained with noise.

Run ``python -m qkdrp.experiments.noise_scale --data FOLDER --drug Docetaxel --output FOLDER``.
Every seed gives another split, other weights and another order; both models of a seed share them.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from qkdrp.config import TrainConfig
from qkdrp.evaluation import evaluate
from qkdrp.files import atomic, write_csv
from qkdrp.run import PREDICTIONS, Run, load_run, read_frame
from qkdrp.training import Prepared, open_backend, prepare, train

SCALES = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Scales of the noise at which models are evaluated."""

TRAININGS = {"exact": "aer_exact", "noise-aware": "aer_noisy"}
"""Backends that models are trained on."""

SCORES = ("auc", "spearman", "mse")


@dataclass(frozen=True)
class NoiseStudy:
    """What is studied.

    Args:
        source: Data folder.
        drug: Drug.
        noise: Noise of training, at scale 1, and of evaluation.
        scales: Scales of the noise at which models are evaluated.
        seeds: Seeds of whole trainings.
        epochs: Largest number of epochs.
        lr: Learning rate.
        patience: Epochs without a better validation AUC before stopping.
        threads: Threads; 0 for all cores.
    """

    source: str
    drug: str | None
    noise: str = "fake_torino"
    scales: Sequence[float] = SCALES
    seeds: Sequence[int] = (0, 1, 2, 3, 4)
    epochs: int = 50
    lr: float = 1e-3
    patience: int = 20
    threads: int = 0


def run_study(
    study: NoiseStudy, runs: Path, on_step: Callable[[str], None] = lambda _: None
) -> pd.DataFrame:
    """Train and evaluate; return one row for each training, seed and scale.

    Args:
        study: What is studied.
        runs: A folder for the run folders.
        on_step: Called with what is done next.
    """
    rows = []
    for seed in study.seeds:
        for label, trained_on in TRAININGS.items():
            options = {"noise": study.noise, "train_noise": True} if label != "exact" else {}
            config = TrainConfig.make(
                data={"source": study.source, "drug": study.drug},
                fit={"epochs": study.epochs, "lr": study.lr, "patience": study.patience},
                backend=trained_on,
                backend_options=options,
                seed=seed,
                threads=study.threads,
            )
            path = runs / f"{label}-{seed}"
            on_step(f"train {path.name}")
            prepared = prepare(config)
            train(prepared, path)
            with open_backend("statevector", {}, seed) as backend:
                exact_values = layer_values(load_run(path, backend), prepared)
            exact = evaluate(path, "statevector", threads=study.threads).path
            reference = read_frame(exact / PREDICTIONS, ("sample", "prediction"))["prediction"]
            for scale in study.scales:
                on_step(f"evaluate {path.name} at scale {scale:g}")
                noisy = evaluate(
                    path,
                    "aer_noisy",
                    threads=study.threads,
                    options={"noise": study.noise, "noise_scale": scale},
                )
                with open_backend(
                    "aer_noisy", {"noise": study.noise, "noise_scale": scale}, seed
                ) as backend:
                    values = layer_values(load_run(path, backend), prepared)
                found = read_frame(noisy.path / PREDICTIONS, ("sample", "prediction"))["prediction"]
                rows.append(
                    {
                        "training": label,
                        "seed": seed,
                        "scale": scale,
                        **{name: noisy.metrics["test"][name] for name in SCORES},
                        "n": noisy.metrics["test"]["n"],
                        "n_responder": noisy.metrics["test"]["n_responder"],
                        "value_shift": float(np.abs(values - exact_values).max()),
                        "rms_shift": float(((found - reference) ** 2).mean() ** 0.5),
                        "max_shift": float((found - reference).abs().max()),
                    }
                )
    return pd.DataFrame(rows)


def layer_values(run: Run, prepared: Prepared) -> NDArray[np.float64]:
    """Return the expectation values of the test rows in double precision.

    Predictions pass through the float32 of the model, and so agree to some 1e-8 at best.

    Args:
        run: The model on a backend.
        prepared: Its data.

    Returns:
        Shape (n_samples, n_outputs).
    """
    genes, _, _ = prepared.rows(prepared.split.test)
    _, angles = run.regressor.embed(genes)
    core: Any = run.regressor.model_.core
    weights = core.weight.detach().numpy().astype(np.float64)
    return np.asarray(core.neural_network.forward(angles.astype(np.float64), weights))


def draw(table: pd.DataFrame, title: str) -> Figure:
    """Draw AUC, squared error and shift of predictions against the scale, a line for each seed."""
    figure = Figure(figsize=(12, 3.8), layout="constrained")
    labels = {"auc": "AUC", "mse": "mean squared error", "rms_shift": "rms shift of predictions"}
    for index, (name, label) in enumerate(labels.items()):
        axes = figure.add_subplot(1, 3, index + 1)
        for (training, color), marker in zip(
            {"exact": "#0072b2", "noise-aware": "#d55e00"}.items(), "o^", strict=True
        ):
            rows = table[table["training"] == training]
            for _, one in rows.groupby("seed"):
                axes.plot(one["scale"], one[name], color=color, alpha=0.3, linewidth=0.8)
            mean = rows.groupby("scale")[name].mean()
            axes.plot(mean.index, mean, color=color, marker=marker, label=f"trained {training}")
        axes.set(xlabel="noise scale", ylabel=label)
        axes.spines[["top", "right"]].set_visible(False)
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    figure.suptitle(title)
    return figure


def to_markdown(table: pd.DataFrame) -> str:
    """Return means and standard deviations over seeds as a table in Markdown."""
    names = [*SCORES, "value_shift", "rms_shift", "max_shift"]
    lines = [
        f"| training | scale | {' | '.join(names)} |",
        f"|---|---|{'---|' * len(names)}",
    ]
    for (training, scale), rows in table.groupby(["training", "scale"]):
        cells = [f"{rows[name].mean():.3g} ± {rows[name].std():.2g}" for name in names]
        lines.append(f"| {training} | {scale:g} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def write_page(table: pd.DataFrame, study: NoiseStudy, path: Path) -> None:
    """Write a page with what was done, how to read it, table and figure.

    Args:
        table: What :func:`run_study` returned.
        study: What was studied.
        path: The page; the figure lies beside it under the same name.
    """
    least, most = table["n_responder"].min(), table["n_responder"].max()
    tests = f"{table['n'].max()} test samples, {least} to {most} responders"
    lines = [
        f"# {study.drug or 'All drugs'} under noise",
        "",
        f"One model trained on exact values and one trained with `--train-noise` on {study.noise}, "
        "both moderated, n1=4 n2=2 n3=1, evaluated with infinitely many shots by exact density "
        f"matrices at several scales of the noise of {study.noise}. Each of {len(study.seeds)} "
        f"seeds gives a split, weights and an order that both models share; {tests}; at most "
        f"{study.epochs} epochs, learning rate {study.lr:g}, patience {study.patience}.",
        "",
        to_markdown(table),
        f"![scores against noise scale]({path.stem}.png)",
        "",
        "Mean ± standard deviation over seeds. `value_shift` is the largest change of an "
        "expectation value against the exact engine in double precision; `rms_shift` and "
        "`max_shift` are changes of predictions, which pass through float32 and so agree to some "
        "1e-8 at best. The spread between seeds is that of splits: compare models within a seed "
        f"(`{path.stem}.csv`; thin lines).",
        "",
        "Made by `python -m qkdrp.experiments.noise_scale`.",
    ]
    with atomic(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n")


def main() -> None:
    """Run the study and write table and figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--drug")
    parser.add_argument("--noise", default=NoiseStudy.noise)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(NoiseStudy.seeds))
    parser.add_argument("--epochs", type=int, default=NoiseStudy.epochs)
    parser.add_argument("--lr", type=float, default=NoiseStudy.lr)
    parser.add_argument("--patience", type=int, default=NoiseStudy.patience)
    parser.add_argument("--threads", type=int, default=NoiseStudy.threads)
    parser.add_argument("--runs", type=Path, default=Path("runs/noise-scale"))
    parser.add_argument("--output", type=Path, required=True)
    given = vars(parser.parse_args())
    runs, output, source = given.pop("runs"), given.pop("output"), given.pop("data")
    study = NoiseStudy(source=source, **given)
    table = run_study(study, runs, lambda step: print(step, flush=True))  # noqa: T201
    output.mkdir(parents=True, exist_ok=True)
    name = f"noise-{(study.drug or 'all').lower()}"
    write_csv(output / f"{name}.csv", table)
    with atomic(output / f"{name}.png") as temporary:
        figure = draw(table, f"{study.drug}, {study.noise}")
        figure.savefig(temporary, dpi=150, format="png")
    write_page(table, study, output / f"{name}.md")
    print(to_markdown(table))  # noqa: T201


if __name__ == "__main__":
    main()
