"""Heat maps of scores over a and r, and the figure of the best a and r."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import Normalize
from matplotlib.figure import Figure as Drawing
from numpy.typing import NDArray

from qkdrp.experiments.noise.cells import DEVICE, NONE
from qkdrp.experiments.noise.changes import mean_frame
from qkdrp.experiments.noise.labels import (
    SCORE_NAMES,
    Row,
    angle,
    circuit_name,
    shots_name,
    training_name,
)
from qkdrp.experiments.noise.optimum import SIGNS
from qkdrp.experiments.noise.table import LEVEL, MODEL
from qkdrp.experiments.study.panels import COLORS, MARKERS, panels
from qkdrp.reports.page import Figure

READING_MAP = (
    "Each small map is one level of noise: columns are the scale of the noise, rows the number of "
    "shots. Colour and number are the mean {score} over {runs} held-out folds, the same colours in "
    "all maps; the star marks the best of the points that were measured, hatched ones were not. "
    "Differences between neighbours are mostly smaller than the spread between folds: see the "
    "optimum's intervals before reading anything into a star."
)

READING_OPTIMUM = (
    "The best a among all a at the reference r, and the best r among all r at the reference a, by "
    "mean {score}, for each level of noise. Bars are 95% intervals over folds and seeds: "
    "long bars mean that the folds do not tell which value is best."
)


def map_figures(table: pd.DataFrame, folds: int, score: str = "auc") -> Iterator[Figure]:
    """Yield heat maps over a and r, a figure for each model, training and part of the noise.

    Args:
        table: What :func:`~qkdrp.experiments.noise.table.noise_frame` returned.
        folds: Number of folds of one repeat.
        score: Which score is shown.
    """
    simulated = table[table["parts"] != DEVICE]
    means = mean_frame(simulated, score, folds)
    for _, group in means.groupby([*MODEL, "source"], dropna=False, sort=False):
        if len(group[["a", "r"]].drop_duplicates()) < 2:
            continue
        for part in [each for each in group["parts"].unique() if each != NONE] or [NONE]:
            shown = group[group["parts"].isin([part, NONE])]
            row = shown.iloc[0]
            title = (
                f"{SCORE_NAMES[score]} over a and r: {row['drug']}, {circuit_name(row)}, trained "
                f"{training_name(row)}, {part} of {row['source']}"
            )
            reading = READING_MAP.format(score=SCORE_NAMES[score], runs=int(shown["n_runs"].max()))
            yield Figure.of(title, reading, _maps(shown, SIGNS[score]))


def _maps(shown: pd.DataFrame, sign: float) -> Drawing:
    a_values, r_values = (np.sort(shown[name].unique()) for name in ("a", "r"))
    scales, shots = (np.sort(shown[name].unique()) for name in ("scale", "shots"))
    figure, axes = panels(
        len(shots), len(scales), 0.6 + 0.42 * len(a_values), 0.8 + 0.26 * len(r_values)
    )
    bounds = Normalize(shown["value"].min(), shown["value"].max())
    for axis, (number, scale) in zip(axes, product(shots, scales), strict=True):
        here = shown[(shown["shots"] == number) & (shown["scale"] == scale)]
        image = _map(axis, here, a_values, r_values, bounds, sign)
    for axis, scale in zip(axes, scales, strict=False):
        axis.set_title(f"scale {scale:g}", fontsize=8)
    for axis, number in zip(axes[:: len(scales)], shots, strict=True):
        axis.set_ylabel(f"{shots_name(int(number))}\nr", fontsize=7)
    for axis in axes[-len(scales) :]:
        axis.set_xlabel("a", fontsize=7)
    bar = figure.colorbar(image, ax=axes, shrink=0.6, pad=0.01)
    bar.ax.tick_params(labelsize=6)
    return figure


def _map(
    axis: Axes,
    here: pd.DataFrame,
    a_values: NDArray[Any],
    r_values: NDArray[Any],
    bounds: Normalize,
    sign: float,
) -> QuadMesh:
    """Draw the scores of one level over a and r."""
    grid = np.full((len(r_values), len(a_values)), np.nan)
    for row in here.itertuples():
        place = np.flatnonzero(r_values == row.r), np.flatnonzero(a_values == row.a)
        grid[place] = row.value
    axis.set_facecolor("#f2f2f2")
    axis.patch.set(hatch="////", edgecolor="#d0d0d0")
    image = axis.pcolormesh(grid, norm=bounds, cmap="viridis" if sign > 0 else "viridis_r")
    _write(axis, grid, bounds, sign)
    axis.set_xticks(np.arange(len(a_values)) + 0.5, [f"{a:g}" for a in a_values], fontsize=6)
    axis.set_yticks(np.arange(len(r_values)) + 0.5, [angle(r) for r in r_values], fontsize=6)
    return image


def _write(axis: Axes, grid: np.ndarray, bounds: Normalize, sign: float) -> None:
    """Write numbers into a map, and a star after the best."""
    if np.isnan(grid).all():
        return
    best = np.unravel_index(np.nanargmax(sign * grid), grid.shape)
    for (row, column), value in np.ndenumerate(grid):
        if np.isnan(value):
            continue
        bright = sign * (bounds(value) - 0.5) > 0.1
        color = "black" if bright else "white"
        axis.text(
            column + 0.5, row + 0.5, f"{value:.2f}".lstrip("0"), ha="center", va="center",
            fontsize=5.5, color=color,
        )  # fmt: skip
        if (row, column) == best:
            axis.plot(
                column + 0.84, row + 0.74, "*", color="#d55e00", markersize=8,
                markeredgecolor="black", markeredgewidth=0.6,
            )  # fmt: skip


def optimum_figure(optimum: pd.DataFrame, score: str = "auc") -> Figure | None:
    """Draw the best a and r against the level of noise; None where there is nothing to choose.

    Args:
        optimum: What :func:`~qkdrp.experiments.noise.optimum.optimum_frame` returned.
        score: By which score.
    """
    shown = optimum[(optimum["score"] == score) & (optimum["parts"] != DEVICE)]
    shown = shown[shown["axis"] != "both"]
    drugs = list(dict.fromkeys(shown["drug"]))
    if not drugs:
        return None
    levels = shown.drop_duplicates(LEVEL)[LEVEL].sort_values(["source", "shots", "scale", "parts"])
    figure, axes = panels(len(drugs), 2, 1.8 + 0.26 * len(levels), 3.2)
    for axis, (drug, name) in zip(axes, product(drugs, ("a", "r")), strict=True):
        _draw_best(axis, shown[(shown["drug"] == drug) & (shown["axis"] == name)], name, levels)
        axis.set_title(f"{drug}: best {name}", fontsize=9)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", frameon=False, fontsize=7)
    title = f"Best a and r by {SCORE_NAMES[score]} at each level of noise"
    return Figure.of(title, READING_OPTIMUM.format(score=SCORE_NAMES[score]), figure)


def _draw_best(axis: Axes, rows: pd.DataFrame, name: str, levels: pd.DataFrame) -> None:
    """Draw the best values of a or r of one drug against the level of noise.

    Args:
        axis: Where to.
        rows: Of the table of optima.
        name: a or r.
        levels: All levels, in order.
    """
    unit = np.pi if name == "r" else 1.0
    order = {tuple(level): place for place, level in enumerate(levels.itertuples(index=False))}
    several = len(set(levels["source"])) > 1
    groups = [group for _, group in rows.groupby(MODEL, dropna=False, sort=False)]
    for index, group in enumerate(groups):
        x = np.array([order[tuple(level)] for level in group[LEVEL].itertuples(index=False)])
        value, low, high = (group[key] / unit for key in (name, f"{name}_low", f"{name}_high"))
        axis.errorbar(
            x + 0.18 * (index - (len(groups) - 1) / 2), value,
            yerr=[value - low, high - value], fmt=MARKERS[index], color=COLORS[index],
            capsize=2, markersize=4, elinewidth=1,
            label=f"{circuit_name(group.iloc[0])}, trained {training_name(group.iloc[0])}",
        )  # fmt: skip
    axis.set_yscale("log")
    values = rows[[name, f"{name}_low", f"{name}_high"]].to_numpy() / unit
    ticks = sorted(set(values[~np.isnan(values)]))
    axis.set_yticks(ticks, [f"{tick:g}" for tick in ticks], fontsize=7)
    axis.minorticks_off()
    axis.margins(y=0.08)
    names = [_level(level, several) for level in levels.to_dict("records")]
    axis.set_xticks(range(len(order)), names, rotation=60, ha="right", fontsize=6)
    axis.set_ylabel("best a" if name == "a" else "best r / pi")


def _level(level: Row, several: bool) -> str:
    shots = level["shots"] or "inf"
    part = "" if level["parts"] in ("all", NONE) else f" {level['parts']}"
    return f"{level['source']} " * several + f"x{level['scale']:g}{part}, {shots}"
