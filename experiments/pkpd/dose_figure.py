"""The figure of all doses: one panel for each schedule, published answers beside ours."""

import math
from collections.abc import Sequence
from itertools import product

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from qkdrp.experiments.pkpd.dose_table import DoseTable
from qkdrp.experiments.pkpd.published_doses import published
from qkdrp.systems.pkpd.dose.answer import DISCLAIMER

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Of Okabe and Ito: told apart by every reader."""

GREY = "#8c8c8c"

TICKS = (1, 1.5, 2, 3, 4, 5, 7)
"""Doses of each power of ten that the axis names."""

OPEN = 10
"""How many times the exact dose an open interval is drawn up to."""


def draw_doses(tables: Sequence[DoseTable], with_published: bool) -> Figure:
    """Draw exact doses with their intervals by scenario and fraction, published ones in grey.

    Args:
        tables: Of one model each; all answer the same questions.
        with_published: Whether the published answers belong to these questions.
    """
    questions = tables[0].questions
    figure = Figure(figsize=(7.2, 3.6 * len(questions.schedules)), layout="constrained")
    figure.suptitle(DISCLAIMER, x=0.99, ha="right", fontsize=7, color=GREY)
    places = list(product([each.name for each in questions.scenarios], questions.fractions))
    panels = figure.subplots(len(questions.schedules), 1, squeeze=False)[:, 0]
    for axes, schedule in zip(panels, questions.schedules, strict=True):
        for number, table in enumerate(tables):
            shift = (number + 1) / (len(tables) + 1) - 0.5
            _draw_model(axes, table, schedule.name, places, shift, COLORS[number % len(COLORS)])
        if with_published:
            _draw_published(axes, schedule.name, places)
        axes.set_xticks(range(len(places)), [f"{name}\n{f:.0%}" for name, f in places], fontsize=8)
        axes.set(ylabel=f"{schedule.name} dose (mg)", yscale="log", xlim=(-0.6, len(places) - 0.4))
        axes.yaxis.set_major_locator(LogLocator(subs=TICKS))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize=8, frameon=False)
    return figure


Places = Sequence[tuple[str, float]]


def _draw_model(
    axes: Axes, table: DoseTable, schedule: str, places: Places, shift: float, color: str
) -> None:
    """Draw exact doses and intervals; places without a dose stay empty."""
    label: str | None = table.source.title
    for place, (scenario, fraction) in enumerate(places):
        answer = table.find(scenario, schedule, fraction)
        if answer is None or answer.found.exact is None:
            continue
        at, exact = place + shift, answer.found.exact
        axes.plot([at], [exact], "o", color=color, markersize=5, label=label)
        label = None
        if answer.low is not None and answer.high is not None:
            high = answer.high if math.isfinite(answer.high) else OPEN * exact
            axes.plot([at, at], [answer.low, high], color=color)


def _draw_published(axes: Axes, schedule: str, places: Places) -> None:
    rows = published().set_index(["scenario", "schedule", "fraction"])["dose"]
    label: str | None = "published (Team PNU, four models)"
    for place, (scenario, fraction) in enumerate(places):
        doses = rows[rows.index == (scenario, schedule, fraction)]
        axes.plot([place] * len(doses), doses, "_", color=GREY, markersize=14, label=label)
        label = None
