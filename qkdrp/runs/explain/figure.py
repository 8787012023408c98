"""The figure of importances: the features that count most, by both methods."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from qkdrp.common.files import atomic
from qkdrp.runs.explain.importance import GRADIENTS, PERMUTATION

BLUE, GREY = "#0072b2", "#8c8c8c"

LABELS = {
    PERMUTATION: "growth of the loss where permuted",
    GRADIENTS: "mean size of integrated gradients",
}


def draw_importance(path: Path, table: pd.DataFrame, by_run: pd.DataFrame, top: int) -> None:
    """Draw the most important features of each method with intervals, and each run as a dot.

    Args:
        path: Of the PNG.
        table: One row per feature, all runs together.
        by_run: One row per run and feature.
        top: How many are drawn.
    """
    n_runs = by_run["run"].nunique()
    shown = min(top, len(table))
    figure = Figure(figsize=(10, 1.6 + 0.24 * shown), layout="constrained")
    for number, (method, label) in enumerate(LABELS.items()):
        axes = figure.add_subplot(1, 2, number + 1)
        best = table.sort_values(method, ascending=False, kind="stable").head(shown)[::-1]
        _bars(axes, best, method)
        if n_runs > 1:
            _dots(axes, best, by_run, method)
        axes.set_xlabel(label)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.ticklabel_format(axis="x", style="sci", scilimits=(-2, 3))
        axes.spines[["top", "right"]].set_visible(False)
    over = "runs" if n_runs > 1 else "rows"
    figure.suptitle(f"{n_runs} run{'s' * (n_runs > 1)}; 95% intervals over {over}", fontsize=10)
    with atomic(path) as temporary:
        figure.savefig(temporary, dpi=150, format="png")


def _bars(axes: Axes, best: pd.DataFrame, method: str) -> None:
    places, values = np.arange(len(best)), best[method].to_numpy()
    axes.barh(places, values, color=BLUE, alpha=0.7)
    axes.hlines(places, best[f"{method}_low"], best[f"{method}_high"], color="black", linewidth=1)
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set_yticks(places, best["feature"], parse_math=False, fontsize=8)


def _dots(axes: Axes, best: pd.DataFrame, by_run: pd.DataFrame, method: str) -> None:
    place = {name: number for number, name in enumerate(best["feature"])}
    rows = by_run[by_run["feature"].isin(place)]
    axes.scatter(rows[method], rows["feature"].map(place), s=8, color=GREY, zorder=3)
