"""Figures of the study of external cohorts: models side by side, and alignments."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from qkdrp.experiments.external.answers import by_default
from qkdrp.experiments.external.cohorts import ALL
from qkdrp.experiments.ito.contenders import contender
from qkdrp.experiments.study.panels import COLORS, MARKERS, panels

IN_A_ROW = 4
"""Panels side by side."""

SCORE = "spearman"
"""The score that is drawn."""

MODELS_READING = (
    "Rank correlation of the mean prediction over seeds with the measure, with its 95% interval "
    "over samples; to the right of the line is better than chance."
)
ALIGNMENTS_READING = (
    "The same by alignment of the cohort; the grey band marks the one that is taken by default."
)
"""How to read the figures."""


def figures(scores: pd.DataFrame) -> Iterator[tuple[str, str, Figure]]:
    """Yield titles, how to read them, and figures.

    Args:
        scores: As :func:`~.scores.scores_frame` returns them.
    """
    rows = scores[scores[SCORE].notna()]
    default = by_default(rows, group=None)
    if len(default):
        yield "Models", MODELS_READING, _by_place(default, _draw_models)
    if len(rows["align"].unique()) > 1:
        whole = rows[rows["group"] == ALL]
        yield "Alignments", ALIGNMENTS_READING, _by_place(whole, _draw_alignments)


def _by_place(rows: pd.DataFrame, draw: Callable[[Axes, pd.DataFrame], None]) -> Figure:
    """Return a figure with a panel for each cohort and drug."""
    groups = list(rows.groupby(["cohort", "drug"], sort=False))
    columns = min(len(groups), IN_A_ROW)
    figure, axes = panels(-(-len(groups) // columns), columns, width=3.8, height=3.0)
    for axis, ((cohort, drug), found) in zip(axes, groups, strict=False):
        axis.set_title(f"{cohort}, {drug}", fontsize=10)
        draw(axis, found)
    for axis in axes[len(groups) :]:
        axis.set_visible(False)
    return figure


def _draw_models(axis: Axes, rows: pd.DataFrame) -> None:
    """Draw the score of each model with its interval over samples, groups apart."""
    models, groups = rows["model"].unique().tolist(), rows["group"].unique().tolist()
    for number, group in enumerate(groups):
        own = rows[rows["group"] == group].set_index("model").reindex(models)
        at = np.arange(len(models)) + 0.2 * (number - (len(groups) - 1) / 2)
        value = own[SCORE].to_numpy(float)
        ends = own[[f"{SCORE}_low", f"{SCORE}_high"]].to_numpy(float).T
        axis.errorbar(
            value,
            at,
            xerr=np.abs(ends - value),
            fmt=MARKERS[number],
            color=COLORS[number],
            label=f"{group}, n = {int(own['n_measured'].max())}",
            markersize=4,
            linewidth=1,
        )
    axis.axvline(0.0, color="0.7", linewidth=0.8)
    axis.set(xlim=(-1, 1), xlabel="rank correlation (95%)", ylim=(len(models) - 0.4, -0.9))
    axis.set_yticks(range(len(models)), [contender(name).label for name in models])
    axis.legend(fontsize=7, frameon=False, loc="upper left", ncols=2)


def _draw_alignments(axis: Axes, rows: pd.DataFrame) -> None:
    """Draw the score of each model by alignment; the default one is marked."""
    aligns = rows["align"].unique().tolist()
    for number, (model, own) in enumerate(rows.groupby("model", sort=False)):
        value = own.set_index("align").reindex(aligns)[SCORE]
        axis.plot(
            aligns, value, marker=MARKERS[number], color=COLORS[number], markersize=4, linewidth=1,
            label=contender(str(model)).label,
        )  # fmt: skip
    for name in rows.loc[rows["automatic"].astype(bool), "align"].unique():
        axis.axvline(aligns.index(name), color="0.85", linewidth=6, zorder=0)
    axis.axhline(0.0, color="0.7", linewidth=0.8)
    axis.set(ylabel="rank correlation")
    axis.tick_params(axis="x", labelsize=8)
    axis.legend(fontsize=6, frameon=False, ncols=2)
