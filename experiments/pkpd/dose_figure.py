"""The figure of all doses: one panel for each schedule, published answers beside ours."""

import math
from collections.abc import Sequence

from matplotlib.figure import Figure

from qkdrp.experiments.pkpd.dose_table import DoseTable
from qkdrp.experiments.pkpd.published_doses import published
from qkdrp.systems.pkpd.dose.answer import DISCLAIMER

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Of Okabe and Ito: told apart by every reader."""

GREY = "#8c8c8c"


def draw_doses(tables: Sequence[DoseTable], with_published: bool) -> Figure:
    """Draw exact doses with their intervals by scenario and fraction, published ones in grey.

    Args:
        tables: Of one model each; all answer the same questions.
        with_published: Whether the published answers belong to these questions.
    """
    questions = tables[0].questions
    figure = Figure(figsize=(7.2, 3.6 * len(questions.schedules)), layout="constrained")
    figure.suptitle(DISCLAIMER, x=0.99, ha="right", fontsize=7, color=GREY)
    places = [(each.name, f) for each in questions.scenarios for f in questions.fractions]
    panels = figure.subplots(len(questions.schedules), 1, squeeze=False)[:, 0]
    for axes, schedule in zip(panels, questions.schedules, strict=True):
        for number, table in enumerate(tables):
            shift = (number + 1) / (len(tables) + 1) - 0.5
            color, named = COLORS[number % len(COLORS)], False
            for place, (scenario, fraction) in enumerate(places):
                answer = table.find(scenario, schedule.name, fraction)
                if answer is None or answer.found.exact is None:
                    continue
                at, exact = place + shift, answer.found.exact
                label = None if named else table.source.title
                axes.plot([at], [exact], "o", color=color, markersize=5, label=label)
                named = True
                if answer.low is not None and answer.high is not None:
                    high = answer.high if math.isfinite(answer.high) else 10 * exact
                    axes.plot([at, at], [answer.low, high], color=color)
        if with_published:
            rows = published()
            for place, (scenario, fraction) in enumerate(places):
                there = rows[
                    (rows["scenario"] == scenario)
                    & (rows["schedule"] == schedule.name)
                    & (rows["fraction"] == fraction)
                ]
                label = "published (Team PNU, four models)" if place == 0 else None
                axes.plot([place] * len(there), there["dose"], "_", color=GREY, markersize=14,
                          label=label)  # fmt: skip
        axes.set_xticks(range(len(places)), [f"{name}\n{f:.0%}" for name, f in places], fontsize=8)
        axes.set(ylabel=f"{schedule.name} dose (mg)", yscale="log", xlim=(-0.6, len(places) - 0.4))
        axes.legend(loc="best", fontsize=8)
    return figure
