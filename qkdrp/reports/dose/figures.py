"""Figures of a dose: share against dose, curves at the dose, biomarker against concentration."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from qkdrp.systems.pkpd.dose.answer import DISCLAIMER
from qkdrp.systems.pkpd.dose.outcome import Outcome

BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "#8c8c8c"
"""Of Okabe and Ito: told apart by every reader."""

N_ARROWS = 3
"""Arrows along a loop."""


def share_curve(outcome: Outcome) -> Figure:
    """Draw the share of subjects that meet the criterion against the dose, answer marked."""
    figure, axes = _axes(outcome)
    answer, criterion = outcome.answer, outcome.question.criterion
    axes.plot(outcome.doses, outcome.shares, color=BLUE, marker="o", markersize=4, label="model")
    for each, color in ((answer, ORANGE), (outcome.lower, GREEN)):
        fraction = each.criterion.fraction
        axes.axhline(fraction, color=color, linewidth=0.8, linestyle="--")
        if each.found.exact is not None:
            label = f"{fraction:.0%}: {each.found.dose:g} mg (exactly {each.found.exact:.4g})"
            axes.plot([each.found.exact], [fraction], "D", color=color, label=label)
        if each.low is not None and each.high is not None and math.isfinite(each.low):
            right = min(each.high, outcome.doses[-1])
            high = f"{each.high:.3g}" if math.isfinite(each.high) else "open"
            axes.plot(
                [each.low, right], [fraction, fraction], color=color, linewidth=3, alpha=0.5,
                label=f"{fraction:.0%}: 90% interval {each.low:.3g} to {high} mg",
            )  # fmt: skip
    axes.set(
        xlabel=f"dose every {criterion.interval:g} h ({outcome.source.trial.units.amount})",
        ylabel=f"share with biomarker {criterion.direction} {criterion.target:g} throughout",
        ylim=(-0.02, 1.02),
        xlim=(0, outcome.doses[-1]),
    )
    axes.legend(loc="lower right", fontsize=8)
    return figure


def curves_at_dose(outcome: Outcome) -> Figure:
    """Draw concentration and biomarker over an interval at the dose, with the population's band."""
    figure = Figure(figsize=(7.2, 5.6), layout="constrained")
    _say_what_for(figure, outcome)
    above, below = figure.subplots(2, 1, sharex=True)
    units = outcome.source.trial.units
    criterion = outcome.question.criterion
    for axes, bands, typical, color, name in (
        (above, outcome.steady.concentration, outcome.typical.concentration, BLUE,
         f"concentration ({units.concentration})"),
        (below, outcome.steady.biomarker, outcome.typical.biomarker, GREEN,
         f"biomarker ({units.biomarker})"),
    ):  # fmt: skip
        times = outcome.steady.times.numpy()
        low, middle, high = bands.numpy()
        axes.fill_between(times, low, high, color=color, alpha=0.2, label="5% to 95% of subjects")
        axes.plot(times, middle, color=color, label="median")
        axes.plot(
            outcome.typical.times.numpy(), typical.numpy(), color=GREY, linestyle=":",
            label="typical subject",
        )  # fmt: skip
        axes.set(ylabel=name, ylim=(0, None))
    if outcome.question.cmax is not None:
        above.axhline(
            outcome.question.cmax, color=ORANGE, linestyle="--", label="limit of concentration"
        )
    below.axhline(criterion.target, color=ORANGE, linestyle="--", label="target")
    steady = criterion.window == "steady"
    since = "a dose, at steady state" if steady else "the interval begins, not at steady state"
    below.set(xlabel=f"hours after {since}", xlim=(0, criterion.interval))
    for axes in (above, below):
        axes.legend(loc="best", fontsize=8)
    above.set_title(_dose_title(outcome), fontsize=10)
    return figure


def hysteresis(outcome: Outcome) -> Figure:
    """Draw the biomarker against the concentration over an interval: delay opens a loop."""
    figure, axes = _axes(outcome)
    concentration = outcome.typical.concentration.numpy()
    biomarker = outcome.typical.biomarker.numpy()
    axes.plot(concentration, biomarker, color=BLUE, label="typical subject")
    n = len(concentration)
    for place in range(1, N_ARROWS + 1):
        at = min(place * n // (N_ARROWS + 1), n - 2)
        axes.annotate(
            "",
            xy=(concentration[at + 1], biomarker[at + 1]),
            xytext=(concentration[at], biomarker[at]),
            arrowprops={"arrowstyle": "->", "color": BLUE, "lw": 1.5},
        )
    axes.plot(concentration[:1], biomarker[:1], "o", color=ORANGE, label="at the dose")
    units = outcome.source.trial.units
    axes.set(
        xlabel=f"concentration ({units.concentration})", ylabel=f"biomarker ({units.biomarker})"
    )
    axes.legend(loc="best", fontsize=8)
    axes.set_title(_dose_title(outcome), fontsize=10)
    return figure


def trial_counts(outcome: Outcome) -> Figure:
    """Draw the trial's own counts of subjects against the model's prediction intervals."""
    figure, axes = _axes(outcome)
    for place, count in enumerate(outcome.counts):
        labels = ("model, 95%", "trial") if place == 0 else (None, None)
        axes.plot(
            [place, place], [count.low, count.high], color=BLUE, linewidth=6, alpha=0.3,
            marker="_", markersize=14, markeredgewidth=3, label=labels[0],
        )  # fmt: skip
        axes.plot([place], [count.observed], "o", color=ORANGE, label=labels[1])
    names = [f"{count.dose:g}\n(n = {count.n})" for count in outcome.counts]
    axes.set_xticks(range(len(names)), names)
    axes.set(
        xlabel=f"dose level ({outcome.source.trial.units.amount})",
        ylabel="subjects that met the criterion",
        ylim=(-0.5, None),
    )
    axes.legend(loc="best", fontsize=8)
    return figure


def _axes(outcome: Outcome) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7.2, 4.4), layout="constrained")
    _say_what_for(figure, outcome)
    return figure, figure.add_subplot()


def _say_what_for(figure: Figure, outcome: Outcome) -> None:
    words = DISCLAIMER + (" SYNTHETIC DATA." if outcome.source.trial.synthetic else "")
    figure.suptitle(words, x=0.99, ha="right", fontsize=7, color=GREY)


def _dose_title(outcome: Outcome) -> str:
    found = outcome.answer.found
    dose = found.searched if found.dose is None else found.dose
    words = f"{dose:g} mg every {outcome.question.criterion.interval:g} h"
    return words if found.reached else f"{words} (the greatest dose that was tried)"
