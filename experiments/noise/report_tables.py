"""Tables of the report of the study of noise."""

import numpy as np
import pandas as pd

from qkdrp.common.intervals import LEAST_VALUES, RANGES
from qkdrp.experiments.noise.cells import DEVICE
from qkdrp.experiments.noise.labels import (
    SCORE_NAMES,
    Row,
    angle,
    circuit_name,
    level_name,
    training_name,
)
from qkdrp.experiments.noise.table import LEVEL, MODEL
from qkdrp.experiments.study.statistics import corrected_mean
from qkdrp.experiments.study.text import interval_text, p_text, share_text, too_few, value_text
from qkdrp.reports.page import Table


def optimum_table(optimum: pd.DataFrame, folds: int) -> Table:
    """Return the best a and r at each level."""
    rows = optimum[(optimum["score"] == "auc") & (optimum["parts"] != DEVICE)]
    shown = []
    by_level = rows.groupby([*MODEL, *LEVEL], dropna=False, sort=False)
    for _, group in by_level:
        row = group.iloc[0]
        found = {str(best["axis"]): best for best in group.to_dict("records")}
        cells = {
            "drug": row["drug"],
            "model": circuit_name(row),
            "trained": training_name(row),
            "level": level_name(row),
        }
        if "a" in found:
            best = found["a"]
            interval = interval_text(best["a_low"], best["a_high"], "g")
            cells["best a (95%)"] = f"{best['a']:g}{interval}"
        if "r" in found:
            best = found["r"]
            interval = interval_text(best["r_low"] / np.pi, best["r_high"] / np.pi, ".3g")
            cells["best r / pi (95%)"] = f"{best['r'] / np.pi:.3g}{interval}"
        best = found["both"]
        cells["best point"] = f"a = {best['a']:g}, r = {angle(best['r'])}"
        cells["AUC there"] = f"{best['value']:.3f}"
        cells["support"] = share_text(best["support"])
        shown.append(cells)
    caption = (
        "Best a and r by AUC with 95% intervals; support is the share of draws of the mean scores "
        "in which the same point is best"
    )
    return _lean(caption, pd.DataFrame(shown), folds)


def moves_table(moves: pd.DataFrame, folds: int) -> Table:
    """Return what is gained by choosing a or r anew."""
    rows = moves[(moves["axis"] != "both") & (moves["parts"] != DEVICE)]
    rows = rows[rows["score"] == "auc"]
    shown = [
        {
            "drug": row["drug"],
            "model": circuit_name(row),
            "trained": training_name(row),
            "level": level_name(row),
            "moved by": row["cause"],
            "axis": row["axis"],
            "without that": _value(row, "_quiet"),
            "here": _value(row),
            "gain (95%)": f"{row['gain']:+.3f}{interval_text(row['low'], row['high'], '+.3f')}",
            "p": p_text(row["p"]),
            "q": p_text(row["q"]),
        }
        for row in rows.to_dict("records")
    ]
    caption = "Gain in AUC of choosing a or r at a level, not without its noise, shots or both"
    return _lean(caption, pd.DataFrame(shown), folds)


def _value(row: Row, which: str = "") -> str:
    value = float(str(row[f"{row['axis']}{which}"]))
    return angle(value) if row["axis"] == "r" else f"{value:g}"


def levels_table(noise: pd.DataFrame, folds: int) -> Table:
    """Return means over all points of a and r: what a level of noise does on the whole."""
    simulated = noise[noise["parts"] != DEVICE]
    shown = []
    for _, group in simulated.groupby([*MODEL, *LEVEL], dropna=False, sort=False):
        row = group.iloc[0]
        by_run = group.groupby(["repeat", "fold"])
        cells = {
            "drug": row["drug"],
            "model": circuit_name(row),
            "trained": training_name(row),
            "level": level_name(row),
        }
        for score, name in SCORE_NAMES.items():
            values = by_run[score].mean().dropna().to_numpy()
            cells[f"{name} (95%)"] = mean_with_interval(values, folds, score)
        cells["contrast"] = f"{group['contrast'].mean():.3f}"
        cells["standard error"] = _mean(group["standard_error"])
        cells["gradient, before: signal to noise"] = _mean(group["snr_initial"])
        cells["after"] = _mean(group["snr_final"])
        shown.append(cells)
    caption = "Means over all points of a and r, each fold's mean being one value for the intervals"
    return _lean(caption, pd.DataFrame(shown), folds)


def _lean(caption: str, frame: pd.DataFrame, folds: int = LEAST_VALUES) -> Table:
    """Return a table; a model that is the same in all rows is told above it.

    Args:
        caption: What it shows.
        frame: Its rows.
        folds: Number of folds; the caption says so where they are too few for intervals.
    """
    if "model" in frame and len(set(frame["model"])) == 1:
        caption += f"; {frame['model'].iloc[0]}"
        frame = frame.drop(columns="model")
    if note := too_few(folds):
        caption += f". {note.removesuffix('.')}"
    return Table(caption, frame)


def mean_with_interval(values: np.ndarray, folds: int, score: str) -> str:
    """Return the mean of a score over folds and its interval as text."""
    if not len(values):
        return ""
    mean = corrected_mean(values, folds, RANGES[score])
    return value_text(mean.value, mean.low, mean.high)


def _mean(values: "pd.Series[float]") -> str:
    mean = values.astype(float).mean()
    return "" if np.isnan(mean) else f"{mean:.3g}"


def device_table(noise: pd.DataFrame) -> Table:
    """Return what chosen models came to on hardware."""
    rows = noise[noise["parts"] == DEVICE]
    shown = [
        {
            "drug": row["drug"],
            "trained": training_name(row),
            "a": row["a"],
            "r": angle(row["r"]),
            "repeat": row["repeat"],
            "fold": row["fold"],
            "device": row["source"],
            "shots": row["shots"],
            "AUC": row["auc"],
            "without noise": row["auc_exact"],
            "Spearman": row["spearman"],
            "squared error": row["mse"],
            "contrast": f"{row['contrast']:.3f} ± {row['contrast_error']:.3f}",
            "standard error": row["standard_error"],
            "jobs": row["jobs"],
        }
        for row in rows.to_dict("records")
    ]
    caption = (
        "Chosen models on a device, one evaluation each; contrast is the slope of the outputs "
        "against the noiseless ones, ± its standard error because of shots"
    )
    return _lean(caption, pd.DataFrame(shown))


def learned_table(learned: pd.DataFrame) -> Table:
    """Return where a and r ended in each training that learns them."""
    if learned.empty:
        return Table("", learned)
    shown = [
        {
            "drug": row["drug"],
            "model": circuit_name(row),
            "trained": training_name(row),
            "a (95%)": f"{row['a_end']:.4f}{interval_text(row['a_low'], row['a_high'], '.4f')}",
            "r (95%)": f"{row['r_end']:.4f}{interval_text(row['r_low'], row['r_high'], '.4f')}",
            "folds": row["n_runs"],
        }
        for row in learned.to_dict("records")
    ]
    began = f"a = {learned['a'].iloc[0]:g} and r = {learned['r'].iloc[0]:.4f}"
    return _lean(f"Learned a and r after training that began at {began}", pd.DataFrame(shown))
