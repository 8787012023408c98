"""Figures: the curves of a trial by dose, its covariates, and predictions of a run."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from qkdrp.common.files import atomic
from qkdrp.systems.pkpd.data.trial import ENDPOINTS, Trial
from qkdrp.systems.pkpd.log_axes import log_axes
from qkdrp.systems.pkpd.predictions import DOSE, INDIVIDUAL, LIMIT, MEASURED, PREDICTION
from qkdrp.training.drawing import side_by_side

COLOURS = ("#8c8c8c", "#0072b2", "#009e73", "#d55e00", "#cc79a7", "#e69f00", "#56b4e9")
"""Of Okabe and Ito, one for each dose level; the first is grey."""

PANEL = 4.2, 3.4
"""Width and height of axes, inches."""

BLUE, ORANGE, GREY = COLOURS[1], COLOURS[3], COLOURS[0]

MOST_COURSES = 12
"""Test subjects whose courses are drawn."""


def draw_trial(folder: Path, trial: Trial) -> None:
    """Draw the curves of all subjects by dose level, and the distributions of covariates.

    Args:
        folder: Where the figures go; made if missing.
        trial: The trial.
    """
    title = trial.provenance + (" (SYNTHETIC DATA)" if trial.synthetic else "")
    figures = {name: _curves(trial, name) for name in ENDPOINTS}
    figures["covariates"] = _covariates(trial)
    _write(folder, title, figures)


def draw_figures(
    folder: Path,
    title: str,
    trial: Trial,
    history: pd.DataFrame,
    predictions: pd.DataFrame,
    best_epoch: int | None,
) -> None:
    """Draw the learning curve, predicted against measured, residuals, and courses of test subjects.

    Args:
        folder: Where the figures go; made if missing.
        title: Above each.
        trial: All subjects.
        history: One row per epoch; no curve is drawn where there is none.
        predictions: One row per observation.
        best_epoch: The epoch whose weights the model has; None where that is not known.
    """
    test = predictions[predictions["part"].isin(["test", "held out"])]
    figures: dict[str, Figure] = {}
    if len(test):
        figures |= {"predictions": _against_measured(test, trial), "courses": _courses(test, trial)}
    if len(history) and best_epoch is not None:
        figures["learning_curve"] = _learning_curve(history, best_epoch)
    _write(folder, title, figures)


def _write(folder: Path, title: str, figures: dict[str, Figure]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        figure.suptitle(title, fontsize=10, parse_math=False)
        with atomic(folder / f"{name}.png") as temporary:
            figure.savefig(temporary, dpi=150, format="png")


def _curves(trial: Trial, endpoint: str) -> Figure:
    """Draw an endpoint over time, a panel for each dose level: subjects thin, geometric mean bold.

    The last day of dosing is drawn once more below, where sampling is dense.
    """
    levels = [
        level
        for level in np.unique(trial.dose_levels())
        if any(len(each.observations[endpoint]) for each in _group(trial, level).subjects)
    ]
    figure = Figure(figsize=(3.2 * max(len(levels), 1), 3.4), layout="constrained")
    shared: Axes | None = None
    for place, level in enumerate(levels):
        axes = figure.add_subplot(1, len(levels), place + 1, sharey=shared)
        shared = shared or axes
        group = _group(trial, level)
        for subject in group.subjects:
            observed = subject.observations[endpoint]
            axes.plot(observed.times / 24, observed.values, color=GREY, linewidth=0.6, alpha=0.7)
            low = observed.below
            axes.plot(observed.times[low] / 24, observed.limit[low], "v", color=GREY, markersize=3)
        times, means = _geometric_means(group, endpoint)
        axes.plot(times / 24, means, color=_colour(place, levels), linewidth=1.8)
        axes.set_title(f"{_dose_name(level, trial)}, {len(group)} subjects", fontsize=9)
        axes.set(xlabel="days")
        if place == 0:
            axes.set_ylabel(f"{endpoint} ({_unit(trial, endpoint)})")
        axes.spines[["top", "right"]].set_visible(False)
    for axes in figure.axes:
        log_axes(axes, "y")
    return figure


def _covariates(trial: Trial) -> Figure:
    """Draw how many subjects have each dose, and each value of the covariates, by dose level."""
    levels = trial.dose_levels()
    panels = {f"dose ({trial.units.amount})": levels}
    panels |= {name: trial.covariate(name) for name in trial.covariates}
    figure, axes_of = side_by_side(len(panels), *PANEL)
    for axes, (name, values) in zip(axes_of, panels.items(), strict=True):
        _distribution(axes, values, levels, trial)
        axes.set(xlabel=name, ylabel="subjects")
    figure.legend(*axes_of[0].get_legend_handles_labels(), loc="outside right upper", frameon=False)
    return figure


def _distribution(axes: Axes, values: np.ndarray, levels: np.ndarray, trial: Trial) -> None:
    """Draw how many subjects have each value: bars for few values, else a histogram."""
    present = list(np.unique(levels))
    groups = [values[levels == level] for level in present]
    labels = [_dose_name(level, trial) for level in present]
    colours = [_colour(place, present) for place in range(len(present))]
    distinct = np.unique(values)
    if len(distinct) > len(COLOURS):
        axes.hist(groups, bins=10, stacked=True, color=colours, label=labels)
        return
    ticks, bottom = [f"{each:g}" for each in distinct], np.zeros(len(distinct))
    for group, label, colour in zip(groups, labels, colours, strict=True):
        heights = (group[:, np.newaxis] == distinct).sum(axis=0)
        axes.bar(ticks, heights, bottom=bottom, color=colour, label=label)
        bottom += heights


def _against_measured(test: pd.DataFrame, trial: Trial) -> Figure:
    """Draw predicted against measured values, and the logarithm of their ratio over time."""
    figure = Figure(figsize=(9.2, 7.2), layout="constrained")
    levels = sorted(test[DOSE].unique())
    for row, endpoint in enumerate(ENDPOINTS):
        part = test[(test["endpoint"] == endpoint) & test[MEASURED].notna()]
        against, over_time = (figure.add_subplot(2, 2, 2 * row + column) for column in (1, 2))
        for level in levels:
            rows = part[part[DOSE] == level]
            if rows.empty:
                continue
            label = _dose_name(level, trial)
            mark: dict[str, Any] = {"s": 12, "alpha": 0.7, "linewidths": 0, "label": label}
            colour = _colour(levels.index(level), levels)
            against.scatter(rows[PREDICTION], rows[MEASURED], color=colour, **mark)
            positive = rows[rows[PREDICTION] > 0]
            ratio = np.log(positive[MEASURED] / positive[PREDICTION])
            over_time.scatter(positive["time"] / 24, ratio, color=colour, **mark)
        if len(part):
            ends = [float(part[MEASURED].min()), float(part[MEASURED].max())]
            against.plot(ends, ends, color=GREY, linewidth=0.8, linestyle=":")
        unit = _unit(trial, endpoint)
        against.set(xlabel=f"predicted {endpoint} ({unit})",
                    ylabel=f"measured ({unit})")  # fmt: skip
        over_time.axhline(0, color=GREY, linewidth=0.8, linestyle=":")
        over_time.set(xlabel="days", ylabel="ln (measured / predicted)")
        for axes in (against, over_time):
            axes.spines[["top", "right"]].set_visible(False)
        log_axes(against, "x", "y")
        against.legend(frameon=False, fontsize=8)
    return figure


def _courses(test: pd.DataFrame, trial: Trial) -> Figure:
    """Draw measured and predicted courses of test subjects, one column for each."""
    subjects = list(test.drop_duplicates("subject").sort_values(DOSE)["subject"])[:MOST_COURSES]
    figure = Figure(figsize=(2.9 * len(subjects), 5.6), layout="constrained")
    for place, (endpoint, subject) in enumerate(product(ENDPOINTS, subjects)):
        rows = test[test["subject"] == subject]
        axes = figure.add_subplot(2, len(subjects), place + 1)
        _course(axes, rows[rows["endpoint"] == endpoint])
        if place < len(subjects):
            dose = _dose_name(float(rows[DOSE].iloc[0]), trial)
            axes.set_title(f"subject {subject}, {dose}", fontsize=9)
        if subject == subjects[0]:
            axes.set_ylabel(f"{endpoint} ({_unit(trial, endpoint)})")
    figure.axes[0].legend(frameon=False, fontsize=8)
    return figure


def _course(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw one endpoint of one subject."""
    days = rows["time"] / 24
    axes.plot(days, rows[MEASURED], "o", color=GREY, markersize=3, label="measured")
    axes.plot(days, rows[LIMIT].where(rows[MEASURED].isna()), "v", color=GREY, markersize=3)
    axes.plot(days, rows[PREDICTION], color=BLUE, linewidth=1.2, label="predicted")
    if INDIVIDUAL in rows:
        axes.plot(days, rows[INDIVIDUAL], color=ORANGE, linewidth=1.2, label="individual")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set(xlabel="days")


def _learning_curve(history: pd.DataFrame, best_epoch: int) -> Figure:
    figure, (axes,) = side_by_side(1, *PANEL)
    axes.plot(history["epoch"], history["train_loss"], color=BLUE, label="training")
    axes.plot(history["epoch"], history["validation_loss"], color=ORANGE, label="validation")
    axes.axvline(best_epoch, color=GREY, linewidth=0.8, linestyle=":", label="epoch of the weights")
    axes.set(xlabel="epoch", ylabel="loss")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False)
    return figure


def _group(trial: Trial, level: float) -> Trial:
    return trial.select(trial.ids[trial.dose_levels() == level])


def _geometric_means(group: Trial, endpoint: str) -> tuple[np.ndarray, np.ndarray]:
    """Return times at which at least half of the subjects were measured, and their means."""
    observed = [each.observations[endpoint] for each in group.subjects]
    times = np.concatenate([each.times for each in observed])
    values = np.concatenate([each.values for each in observed])  # noqa: PD011  # no data frame
    there = ~np.isnan(values)
    at, place, counts = np.unique(times[there], return_inverse=True, return_counts=True)
    means = np.exp(np.bincount(place, np.log(values[there])) / counts)
    often = counts >= len(group) / 2
    return at[often], means[often]


def _unit(trial: Trial, endpoint: str) -> str:
    return trial.units.of(endpoint)


def _dose_name(level: float, trial: Trial) -> str:
    return f"{level:g} {trial.units.amount}" if level else "placebo"


def _colour(place: int, levels: Sequence[float]) -> str:
    """Return the colour of a dose level; grey is kept for placebo."""
    first = 0 if levels and levels[0] == 0 else 1
    return COLOURS[(place + first) % len(COLOURS)]
