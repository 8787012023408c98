"""Tables of a study of the paper: summary, curves, runs, final trainings."""

from typing import Any

import numpy as np
import pandas as pd

from qkdrp.common.intervals import RANGES
from qkdrp.experiments.ito.embeddings import Crowding, crowding
from qkdrp.experiments.ito.grid import Configuration
from qkdrp.experiments.ito.plan import ItoPlan
from qkdrp.experiments.ito.tasks import FinalResult
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.statistics import best_epoch, corrected_mean

SETTINGS = list(Configuration.model_fields)
"""Columns that tell configurations apart; missing where a setting does not matter to a model."""

WHOLE = ("n_qubits", "n_encoding", "n_variational", "best_epoch", "n_runs")
"""Columns of whole numbers."""

SUMMARY = [
    *SETTINGS,
    *("auc_mean", "auc_se", "auc_low", "auc_high", "best_epoch", "auc_final", "n_runs", "seconds"),
]
"""Columns of ``summary.csv``."""

CURVES = [*SETTINGS, "epoch", "auc_mean", "auc_low", "auc_high", "n_runs"]
"""Columns of ``curves.csv``."""

RUNS = [
    *SETTINGS,
    *("repeat", "fold", "seed", "best_auc", "best_epoch", "auc"),
    *("n_train", "n_validation", "seconds"),
]
"""Columns of ``runs.csv``."""

FINALS = [
    *SETTINGS,
    *("auc", "auc_low", "auc_high", "n", "n_responder", "spearman", "mse"),
    *("best_epoch", "epochs", "share_beyond", "ks_distance", "seed", "seconds"),
]
"""Columns of ``finals.csv``."""


def summary_frame(plan: ItoPlan, findings: Findings) -> pd.DataFrame:
    """Return one row per configuration: the best point of its mean validation curve.

    ``auc_mean`` is the paper's measure, the largest of the mean curve over epochs; its interval is
    that of :func:`~qkdrp.experiments.study.statistics.corrected_mean` at that epoch, and missing
    for fewer than three folds. ``auc_final`` is the test AUC of the final training, ``seconds`` the
    time of all trainings of the row.
    """
    rows = []
    for found in plan.configurations:
        runs, final = list(plan.runs(found, findings)), plan.final(found, findings)
        seconds = sum(result.seconds for _, result in runs) + (final.seconds if final else 0.0)
        row = found.row() | {
            "auc_final": final.test.auc if final else None,
            "n_runs": len(runs),
            "seconds": seconds,
        }
        if runs:
            values = plan.best_values(found, findings)
            mean = corrected_mean(np.array(list(values.values())), plan.config.folds, RANGES["auc"])
            row |= {
                "auc_mean": mean.value,
                "auc_se": mean.se,
                "auc_low": mean.low,
                "auc_high": mean.high,
                "best_epoch": best_epoch(plan.curves(found, findings)),
            }
        rows.append(row)
    return _table(rows, SUMMARY)


def curves_frame(plan: ItoPlan, findings: Findings) -> pd.DataFrame:
    """Return the mean validation AUC of each configuration and epoch, with intervals."""
    frames = []
    for found in plan.configurations:
        curves = plan.curves(found, findings)
        if not len(curves):
            continue
        means = [corrected_mean(values, plan.config.folds, RANGES["auc"]) for values in curves.T]
        frames.append(
            pd.DataFrame(
                {
                    "epoch": np.arange(1, len(means) + 1),
                    "auc_mean": [mean.value for mean in means],
                    "auc_low": [mean.low for mean in means],
                    "auc_high": [mean.high for mean in means],
                    "n_runs": len(curves),
                }
            ).assign(**found.row())
        )
    return _table(pd.concat(frames, ignore_index=True) if frames else [], CURVES)


def runs_frame(plan: ItoPlan, findings: Findings) -> pd.DataFrame:
    """Return one row per fold, with its seed and its best validation AUC.

    ``auc`` is the validation AUC at the best epoch of the configuration's mean curve, which is what
    its interval and paired comparisons are made of.
    """
    rows = []
    for found in plan.configurations:
        runs = list(plan.runs(found, findings))
        values = plan.best_values(found, findings)
        for task, result in runs:
            best = int(np.argmax(result.curve))
            rows.append(
                found.row()
                | {
                    "repeat": task.repeat + 1,
                    "fold": task.fold + 1,
                    "seed": result.seed,
                    "best_auc": result.curve[best],
                    "best_epoch": best + 1,
                    "auc": values[task.repeat, task.fold],
                    "n_train": result.n_train,
                    "n_validation": result.n_validation,
                    "seconds": result.seconds,
                }
            )
    return _table(rows, RUNS)


def finals_frame(plan: ItoPlan, findings: Findings) -> pd.DataFrame:
    """Return one row per final training: its test scores and how crowded its angles are."""
    rows = []
    for found in plan.configurations:
        final = plan.final(found, findings)
        if final is None:
            continue
        test, crowded = final.test, crowding_of(final)
        low, high = test.auc_ci or (None, None)
        rows.append(
            found.row()
            | {
                "auc": test.auc,
                "auc_low": low,
                "auc_high": high,
                "n": test.n,
                "n_responder": test.n_responder,
                "spearman": test.spearman,
                "mse": test.mse,
                "best_epoch": final.best_epoch,
                "epochs": len(final.history),
                "share_beyond": crowded.share if crowded else None,
                "ks_distance": crowded.ks if crowded else None,
                "seed": final.seed,
                "seconds": final.seconds,
            }
        )
    return _table(rows, FINALS)


def crowding_of(final: FinalResult) -> Crowding | None:
    """Return how crowded the angles of a final training are; None without a bounded range."""
    r = final.history[final.best_epoch - 1].r if final.history else None
    return None if r is None else crowding(np.array(final.phi), np.array(final.angles), r)


def rows_of(frame: pd.DataFrame, found: Configuration) -> pd.DataFrame:
    """Return the rows of a configuration in any of the tables."""
    same = pd.Series(True, index=frame.index)
    for name, value in found.row().items():
        same &= frame[name].isna() if value is None else frame[name] == value
    return frame[same]


def _table(rows: list[dict[str, Any]] | pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return rows as a table; whole numbers stay whole beside missing ones."""
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({name: "Int64" for name in WHOLE if name in columns})
