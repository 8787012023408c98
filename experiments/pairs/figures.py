"""Figures of studies of pairs: curves, errors by network and size, spread of angles, drugs."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from qkdrp.experiments.pairs.contenders import CLASSICAL, CONTENDERS, HYBRID, MODERATED
from qkdrp.experiments.pairs.differences import Tables, at
from qkdrp.experiments.pairs.observed import TEST_MSE
from qkdrp.experiments.pairs.setups import GIVEN, Place
from qkdrp.experiments.study.panels import COLORS, MARKERS, panels
from qkdrp.systems.pairs.length_scale import PUBLISHED_LAYER
from qkdrp.systems.pairs.spread import ANGLE_SD, DRUG_SD, LINE_SD

Drawn = tuple[str, str, Figure]
"""Title, how to read it, figure."""

CURVES_READING = (
    "Median over seeds; a training that has stopped keeps its last value. Bands, of few "
    "networks, reach from the smallest to the largest. The epoch is chosen by the validation loss; "
    "the test error is shown and never chosen by."
)
ERRORS_READING = "Mean over seeds with the 95% interval of the corrected resampled test; log scale."
SPREAD_READING = (
    "Median over seeds, by epoch, on the test pairs; a training that has stopped keeps its last "
    "value. The dashed line is the length scale of the "
    "published layer: when all angles move by as much, its output keeps a correlation of about "
    "0.5 with what it was. A line that leaves its panel at the bottom is of a branch that gives "
    "the same for all: it has died."
)
DRUGS_READING = (
    "Each point is a drug with 5 test pairs or more over all seeds; below the line, the network of "
    "the vertical axis has the smaller error."
)
SIZES_READING = (
    "Test MSE of another network minus that of the hybrid; above 0 the hybrid is better. 95% "
    "intervals over seeds; crosses are on the test sizes that the paper has."
)
STYLES = ("-", "--")
"""Lines of networks: the second where colours begin again."""

COMPARED_BY_DRUG = (CLASSICAL, MODERATED, "additive_ridge")
"""What the hybrid, or else the moderated hybrid, is compared with drug by drug."""

MOST_BANDS = 6
"""Networks up to which bands are drawn: those of more would cover one another."""

LEAST_PAIRS = 5
"""Test pairs that a drug needs to be drawn."""


def figures(tables: Tables, places: Sequence[Place]) -> Iterator[Drawn]:
    """Yield the figures of a study.

    Args:
        tables: Of the study.
        places: Where networks were compared.
    """
    for place in places:
        courses = at(tables["courses"], place)
        if courses.empty:
            continue
        yield f"Curves, {place.title}", CURVES_READING, _curves(courses)
        if place.data == GIVEN:
            yield f"Errors, {place.title}", ERRORS_READING, _errors(at(tables["scores"], place))
            yield f"Spread of angles, {place.title}", SPREAD_READING, _spreads(courses)
            drawn = _drugs(at(tables["drugs"], place))
            if drawn is not None:
                yield f"Drugs, {place.title}", DRUGS_READING, drawn
    if "advantages" in tables and len(tables["advantages"]):
        yield "Advantage by size", SIZES_READING, _advantages(tables["advantages"])


def _curves(courses: pd.DataFrame) -> Figure:
    """Draw validation loss and test error against epochs."""
    figure, axes = panels(1, 2, width=5.6)
    banded = courses["model"].nunique() <= MOST_BANDS
    for axis, column, label in (
        (axes[0], "validation_loss", "validation MSE"),
        (axes[1], TEST_MSE, "test MSE"),
    ):
        for number, (model, rows) in enumerate(courses.groupby("model", sort=False)):
            _curve(axis, rows, column, str(model), number, banded)
        axis.set(xlabel="epoch", ylabel=label, yscale="log")
        _plain_ticks(axis.yaxis)
    _beside(figure, axes[1])
    return figure


def _curve(
    axis: Axes, rows: pd.DataFrame, column: str, label: str, number: int, banded: bool
) -> None:
    wide = _by_seed(rows, column)
    color, style = _look(number)
    axis.plot(wide.index, wide.median(axis=1), color=color, linestyle=style, label=label, lw=1.2)
    if banded:
        ends = wide.min(axis=1), wide.max(axis=1)
        axis.fill_between(wide.index, *ends, color=color, alpha=0.1, linewidth=0)


def _by_seed(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return a value by epoch and seed; where there is none, the last one before."""
    return rows.pivot_table(index="epoch", columns="seed", values=column).ffill()


def _plain_ticks(axis: XAxis | YAxis) -> None:
    """Label a logarithmic axis at 1, 2 and 5 of each power of ten, as plain numbers."""
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    _plain_numbers(axis)
    axis.set_minor_formatter(NullFormatter())


def _plain_numbers(axis: XAxis | YAxis) -> None:
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _beside(figure: Figure, axis: Axes) -> None:
    """Name the lines of a panel beside the figure: a dozen of them would cover others."""
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", fontsize=8, frameon=False)


def _look(number: int) -> tuple[str, str]:
    """Return colour and line style of a network."""
    again, color = divmod(number, len(COLORS))
    return COLORS[color], STYLES[again % len(STYLES)]


def _errors(scores: pd.DataFrame) -> Figure:
    """Draw the error of each network and baseline with its interval."""
    rows = scores[scores["score"] == "mse"].iloc[::-1]
    figure, (axis,) = panels(1, 1, width=6.4, height=0.26 * len(rows) + 1.2)
    mean = rows["mean"].to_numpy(float)
    ends = np.abs(rows[["low", "high"]].to_numpy(float).T - mean)
    ends[0] = np.minimum(ends[0], 0.9 * mean)  # an end at 0 has no place on a log scale
    axis.errorbar(mean, range(len(rows)), xerr=ends, fmt="o", color=COLORS[0], markersize=4)
    axis.set_yticks(range(len(rows)), rows["model"].tolist(), fontsize=8)
    axis.set(xlabel="test MSE (95%)", xscale="log")
    _plain_ticks(axis.xaxis)
    axis.grid(axis="y", alpha=0.2)
    return figure


def _spreads(courses: pd.DataFrame) -> Figure:
    """Draw spreads of angles and embeddings against epochs, beside the layer's length scale."""
    figure, axes = panels(1, 3, width=4.2)
    for axis, column, label in (
        (axes[0], ANGLE_SD, "all angles"),
        (axes[1], LINE_SD, "embedding, between lines"),
        (axes[2], DRUG_SD, "embedding, between drugs"),
    ):
        for number, (model, rows) in enumerate(courses.groupby("model", sort=False)):
            middle = _by_seed(rows, column).median(axis=1)
            color, style = _look(number)
            axis.plot(middle.index, middle, color=color, linestyle=style, label=str(model))
        axis.axhline(PUBLISHED_LAYER, color="0.5", linestyle="--", linewidth=0.8)
        axis.set(xlabel="epoch", ylabel="standard deviation (rad)", yscale="log")
        axis.set_title(label, fontsize=9)
        _plain_ticks(axis.yaxis)
    _beside(figure, axes[0])
    return figure


def _drugs(drugs: pd.DataFrame) -> Figure | None:
    """Draw errors by drug of the hybrid against others; None where there is nothing to draw."""
    enough = drugs[drugs["n"] >= LEAST_PAIRS]
    wide = enough.pivot_table(index="drug", columns="model", values="mse")
    own = next((name for name in (HYBRID, MODERATED) if name in wide), None)
    others = [name for name in COMPARED_BY_DRUG if name in wide and name != own]
    if own is None or not others or len(wide) < 2:
        return None
    figure, axes = panels(1, len(others), width=4.0)
    for axis, other in zip(axes, others, strict=True):
        axis.scatter(wide[other], wide[own], s=10, color=COLORS[0], alpha=0.6, linewidths=0)
        ends = np.array([0.05, 20.0]) * float(wide[own].median())
        axis.set(xlabel=f"MSE of {other}", ylabel=f"MSE of {own}", xscale="log", yscale="log")
        axis.plot(ends, ends, color="0.7", linewidth=0.8)
        below = float((wide[own] < wide[other]).mean())
        axis.set_title(f"{len(wide)} drugs, {below:.0%} below the line", fontsize=9)
    return figure


def _advantages(table: pd.DataFrame) -> Figure:
    """Draw the advantage of the hybrid against the size: over networks, and over baselines."""
    network = table["other"].isin(list(CONTENDERS))
    parts = [part for part in (table[network], table[~network]) if len(part)]
    figure, axes = panels(1, len(parts), width=6.0)
    for axis, part in zip(axes, parts, strict=True):
        _advantages_over(axis, part)
    return figure


def _advantages_over(axis: Axes, table: pd.DataFrame) -> None:
    sizes = sorted(table["size"].unique())
    others = list(dict.fromkeys(table["other"]))
    step = 0.8 / (2 * len(others))
    for number, other in enumerate(others):
        for printed, marker in ((False, MARKERS[0]), (True, "x")):
            own = table[(table["other"] == other) & (table["printed"] == printed)]
            value = own["advantage"].to_numpy(float)
            ends = np.abs(own[["low", "high"]].to_numpy(float).T - value)
            place = np.array([sizes.index(size) for size in own["size"]])
            axis.errorbar(
                place - 0.4 + step * (2 * number + printed + 0.5), value, yerr=ends, fmt=marker,
                color=COLORS[number % len(COLORS)], markersize=4, linewidth=1,
                label=None if printed else f"{other} minus hybrid",
            )  # fmt: skip
    axis.axhline(0.0, color="0.7", linewidth=0.8)
    axis.set_xticks(range(len(sizes)), [f"{size:,}" for size in sizes])
    axis.set(xlabel="training pairs", ylabel="difference of test MSE (95%)")
    axis.set_yscale("symlog", linthresh=1e-4)
    _plain_numbers(axis.yaxis)
    axis.legend(fontsize=7, frameon=False, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0))
