"""The figure of a recovery study: found over true dose of every trial with its interval."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from qkdrp.experiments.pkpd.dose_figure import TICKS
from qkdrp.experiments.study.panels import COLORS, panels

INSIDE, OUTSIDE = COLORS[0], COLORS[1]
"""Colours of trials whose interval holds the true dose, and of others."""

OPEN = 10.0
"""Ratio up to which an open interval is drawn."""


def draw_recovery(trials: pd.DataFrame) -> Figure:
    """Draw a panel for each truth and schedule, trials in the order of their ratio.

    Args:
        trials: Of :func:`~qkdrp.experiments.pkpd.recovery_summary.trials_frame`.
    """
    groups = list(trials.groupby(["truth", "schedule"], sort=False))
    columns = trials["schedule"].nunique()
    figure, axes = panels(len(groups) // columns, columns, height=3.2)
    for axis, ((truth, schedule), rows) in zip(axes, groups, strict=True):
        _draw(axis, rows.sort_values("ratio"))
        axis.set_title(f"{truth}, {schedule}", fontsize=10)
    return figure


def _draw(axis: Axes, rows: pd.DataFrame) -> None:
    at, true = np.arange(len(rows)), rows["true_dose"].to_numpy()
    low = rows["low"].to_numpy() / true
    high = np.minimum(rows["high"].to_numpy() / true, OPEN)
    ratio = np.minimum(rows["ratio"].to_numpy(), OPEN)
    inside = rows["inside"].to_numpy(dtype=bool)
    for which, color, label in (
        (inside, INSIDE, "interval holds the true dose"),
        (~inside, OUTSIDE, "it does not"),
    ):
        axis.vlines(at[which], low[which], high[which], color=color, linewidth=1.5)
        axis.plot(at[which], ratio[which], "o", color=color, markersize=4, label=label)
    axis.axhline(1.0, color="black", linewidth=0.8)
    axis.set(yscale="log", ylabel="dose found / true dose", xlabel="simulated trials, sorted")
    axis.set_xticks([])
    axis.yaxis.set_major_locator(LogLocator(subs=TICKS))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.yaxis.set_minor_locator(NullLocator())
    axis.tick_params(labelsize=8)
    axis.legend(fontsize=8, loc="upper left")
