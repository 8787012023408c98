"""Errors over qubits and layers, beside the published ones."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from qkdrp.experiments.pkpd.networks.parts import CLASSICAL_OF, GRIDS, sized
from qkdrp.experiments.pkpd.networks.published import published
from qkdrp.experiments.pkpd.networks.results import Results
from qkdrp.experiments.pkpd.networks.words import against

LEAST = 3
"""Sizes below which a rank correlation says nothing."""


def grid_frame(results: Results) -> pd.DataFrame:
    """Return one row for each network with circuits and size that has all folds.

    Args:
        results: Of the study.
    """
    rows = []
    for model, (qubits, layers) in GRIDS.items():
        for n_qubits in qubits:
            for n_layers in layers:
                name = sized(model, n_qubits, n_layers)
                if results.has(name):
                    rows.append(
                        {
                            "model": model,
                            "qubits": n_qubits,
                            "layers": n_layers,
                            "parameters": int(results.measures(name)["n_parameters"].max()),
                            "train_pd": results.train_error(name),
                            "pd": results.error(name),
                            "pk": results.error(name, "PK"),
                            "pd_text": results.error_text(name),
                            **_published(model, n_qubits, n_layers),
                        }
                    )
    return pd.DataFrame(rows)


def _published(model: str, n_qubits: int, n_layers: int) -> dict[str, float]:
    """Return the published errors of a size; not a number where there is none."""
    table = published(model)
    own = table[(table["qubits"] == n_qubits) & (table["layers"] == n_layers)]
    if "split" not in own:
        return {"published": _only(own)}
    return {
        "published_train": _only(own[own["split"] == "train"]),
        "published": _only(own[own["split"] == "test"]),
    }


def _only(rows: pd.DataFrame) -> float:
    return float(rows["rmse"].iloc[0]) if len(rows) else np.nan


def grid_sentences(grid: pd.DataFrame, results: Results) -> Iterator[str]:
    """Yield what sizes change, and whether the order is the published one.

    Args:
        grid: As :func:`grid_frame` returns it.
        results: Of the study.
    """
    for model, own in grid.groupby("model", sort=False) if len(grid) else ():
        if len(own) == 1:  # sizes were not asked for
            continue
        ordered = own.sort_values("pd")
        best = ordered.iloc[0]
        name = sized(str(model), int(best["qubits"]), int(best["layers"]))
        yield (
            f"{results.label(str(model))} over {len(own)} sizes: the held-out PD RMSE runs from "
            f"{best['pd']:.3f} ({best['qubits']},{best['layers']}) to "
            f"{ordered.iloc[-1]['pd']:.3f}. "
            + against(results, name, CLASSICAL_OF[str(model)], chosen=len(own))
        )
        known = own.dropna(subset=["published"])
        if len(known) >= LEAST:
            held_out, train = (
                float(stats.spearmanr(known[column], known["published"]).statistic)
                for column in ("pd", "train_pd")
            )
            yield (
                f"Rank correlation with the published errors over {len(known)} sizes: "
                f"{held_out:+.2f} of held-out errors, {train:+.2f} of training errors."
            )
