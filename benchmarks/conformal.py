"""How often conformal bounds of ln IC50 hold on test rows, and how wide they are beside ridge's.

    python benchmarks/conformal.py --data FOLDER            # 20 random splits of every drug
    python benchmarks/conformal.py --splits 5               # the synthetic cohort

Each split trains the model anew; bounds come from its validation rows by the code of
``qkdrp predict`` and are held against its test rows. Ridge is fitted on the same training rows and
gets bounds by the same procedure. Bounds made in label units and taken back through the tanh stand
beside them.
"""

import argparse
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from qkdrp.backends.statevector import Statevector
from qkdrp.common.conformal import conformal_bounds
from qkdrp.runs.fit import fit_prepared
from qkdrp.runs.prepare import Prepared, prepare
from qkdrp.systems.response.config import TrainConfig
from qkdrp.systems.response.data import list_drugs, load_cohort
from qkdrp.systems.response.new_samples.table import forecast, value_of
from qkdrp.training.new_samples import Member
from qkdrp.training.predict import predict_rows
from qkdrp.training.threads import limit_threads


def main() -> None:
    """Print coverage and width for each drug and over all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="synthetic")
    parser.add_argument("--drugs", help="with commas between; all where left out")
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--coverage", type=float, default=0.9)
    parser.add_argument("--model", default="moderated")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--patience", type=int, default=5)
    given = parser.parse_args()
    drugs = given.drugs.split(",") if given.drugs else list_drugs(given.data)
    with limit_threads(1), Statevector() as backend:
        rows = [row for drug in drugs for row in _splits(drug, given, backend)]
    table = pd.DataFrame(rows)
    print(f"bounds at {given.coverage:.0%}, {given.splits} random splits, {given.model}")
    means = table.groupby(["drug", "of"], sort=False).agg(
        coverage=("coverage", "mean"),
        lowest=("coverage", "min"),
        width=("width", "mean"),
        unbounded=("unbounded", "mean"),
    )
    print(means.round(3).to_string())
    whole = table.groupby("of", sort=False)[["coverage", "unbounded"]].mean()
    spread = table.groupby("of", sort=False)["coverage"].sem()
    widths = table.pivot_table(index=["drug", "split"], columns="of", values="width")
    print("over all:", whole.assign(standard_error=spread).round(3).to_string(), sep="\n")
    ratio = widths["model"] / widths["ridge"]
    by_drug = ratio.groupby("drug").mean().round(3).to_dict()
    print(f"width of the model's over ridge's: mean {ratio.mean():.3f}; {by_drug}")


def _splits(drug: str, given: argparse.Namespace, backend: Statevector) -> Iterator[dict[str, Any]]:
    """Yield coverage and width of the model, of ridge, and of the model in label units."""
    cohort = load_cohort(given.data, drug)
    for split in range(given.splits):
        config = TrainConfig.make(
            data={"source": given.data, "drug": drug},
            model={"model": given.model},
            fit={"lr": given.lr, "epochs": given.epochs, "patience": given.patience},
            backend="statevector",
            seed=split,
            threads=1,
        )
        prepared = prepare(config, cohort)
        model, _ = fit_prepared(prepared, backend)
        ridge = prepared.system.baselines["ridge"](
            prepared.preprocessor, prepared.part("train"), np.float64
        )
        by_model = partial(predict_rows, prepared.system, prepared.preprocessor, model)
        sources = {"model": by_model, "ridge": ridge.predict}
        for name, predict in sources.items():
            known = _known(prepared, predict)
            found = _bounds(prepared, known, given.coverage)
            for kind, (low, high) in found.items():
                if kind == "label" and name == "ridge":
                    continue
                yield {"drug": drug, "split": split, "of": name if kind == "ln" else "in label"} | (
                    _held(known, low, high)
                )


def _known(prepared: Prepared, predict: Any) -> pd.DataFrame:  # noqa: ANN401
    """Return measured and predicted values of all parts."""
    system, frames = prepared.system, []
    for name in prepared.split.parts():
        part = prepared.part(name)
        frames.append(system.predictions(prepared.preprocessor, part, name, predict(part)))
    return pd.concat(frames, ignore_index=True)


def _bounds(
    prepared: Prepared, known: pd.DataFrame, coverage: float
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return bounds of the test rows as ``qkdrp predict`` gives them, and those in label units."""
    test = known[known["part"] == "test"]
    held_out = known[known["part"] == "validation"]
    trained = SimpleNamespace(preprocessor=prepared.preprocessor)
    values = test["prediction"].to_numpy(float)
    table = forecast([Member(trained, known, values)]).table(coverage)
    residuals = np.abs(held_out["label"] - held_out["prediction"]).to_numpy(float)
    low, high = conformal_bounds(values[np.newaxis], [residuals], coverage)
    labels = prepared.preprocessor.labels
    return {
        "ln": (table["ln_ic50_low"].to_numpy(), table["ln_ic50_high"].to_numpy()),
        "label": (value_of(labels, low), value_of(labels, high)),
    }


def _held(known: pd.DataFrame, low: np.ndarray, high: np.ndarray) -> dict[str, float]:
    """Return how many test rows bounds hold, and their width where it is finite."""
    measured = known.loc[known["part"] == "test", "ln_ic50"].to_numpy(float)
    finite = np.isfinite(low) & np.isfinite(high)
    width = np.subtract(high, low, where=finite, out=np.full(len(low), np.inf))
    return {
        "coverage": float(((low <= measured) & (measured <= high)).mean()),
        "width": float(width[finite].mean()) if finite.any() else float("nan"),
        "unbounded": float((~finite).mean()),
    }


if __name__ == "__main__":
    main()
