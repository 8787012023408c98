"""Figures against the scale of the noise: scores, contrast, gradients, learned a and r."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from qkdrp.experiments.noise.cells import NONE
from qkdrp.experiments.noise.changes import mean_frame
from qkdrp.experiments.noise.config import ALL, NoiseConfig
from qkdrp.experiments.noise.labels import SCORE_NAMES, angle, shots_name, training_name
from qkdrp.experiments.noise.table import MODEL
from qkdrp.experiments.noise.trainings import EXACT
from qkdrp.experiments.study.panels import COLORS, MARKERS, panels
from qkdrp.reports.page import Figure

if TYPE_CHECKING:
    from collections.abc import Callable

READING_SCORES = (
    "Models of the reference a = {a:g} and r = {r}, one line for each training, one row for each "
    "number of shots. Bars are 95% intervals of the mean over folds (corrected for the training "
    "rows that folds share); they hold what folds differ by, so compare lines by the paired "
    "changes, not by these bars."
)

READING_CHANGES = (
    "How much a score differs from the noiseless evaluation of the same models, for all a at the "
    "reference r (left) and all r at the reference a (right); models trained exactly. Pairs share "
    "their model and rows, so these 95% intervals show what noise does, not what folds differ by."
)

READING_CONTRAST = (
    "Spread of the circuit's outputs over the held-out rows, before shots, as a share of what it "
    "is without noise. At 1 the circuit tells samples apart as well as without noise; at 0 it "
    "gives every sample the same value. Models trained exactly."
)

READING_GRADIENT = (
    "The length of the loss's gradient by the circuit's weights over its standard error with "
    "{shots} shots for each shifted circuit, {rows} training rows; dashed before training, solid "
    "after it. Below 1 (dotted) a step of training on a device would mostly follow shot noise. "
    "Mean and 95% interval over folds, models trained exactly."
)

READING_LEARNED = (
    "Where a and r ended after training that began at the dotted line, against the scale of the "
    "noise that training saw; scale 0 is exact training. Bars are 95% intervals over folds."
)

READING_PARTS = (
    "Each part of the noise by itself, for models of the reference a and r that were trained "
    "exactly: contrast of the outputs, and change of scores from the noiseless evaluation with "
    "infinitely many shots."
)


def scores_figure(table: pd.DataFrame, config: NoiseConfig, name: str) -> Figure | None:
    """Draw scores against the scale of the noise, a line for each training."""
    rows = at_reference(_of(table, ALL), config)
    if rows.empty:
        return None
    shots = sorted(rows["shots"].unique())
    figure, axes = panels(len(shots), len(SCORE_NAMES), 3.4, 2.7)
    for index, axis in enumerate(axes):
        score, number = list(SCORE_NAMES)[index % 3], shots[index // 3]
        means = mean_frame(rows[rows["shots"] == number], score, config.folds)
        for place, (_, group) in enumerate(means.groupby(MODEL, dropna=False, sort=False)):
            _line(axis, group, "scale", COLORS[place], MARKERS[place], place,
                  f"trained {training_name(group.iloc[0])}")  # fmt: skip
        axis.set(xlabel="scale of the noise", ylabel=SCORE_NAMES[score])
        axis.set_title(shots_name(int(number)), fontsize=8)
    _legend(figure, axes[0])
    reading = READING_SCORES.format(a=config.reference_a, r=angle(config.reference_r))
    return Figure.of(f"Scores against the scale of the noise: {name}", reading, figure)


def changes_figure(
    changes: pd.DataFrame, config: NoiseConfig, name: str, score: str = "auc"
) -> Figure | None:
    """Draw changes of a score against the scale of the noise, a line for each a and each r."""
    rows = _exactly(_of(changes[changes["score"] == score], ALL))
    if rows.empty:
        return None
    shots = sorted(rows["shots"].unique())
    figure, axes = panels(len(shots), 2, 4.6, 3.0)
    for index, axis in enumerate(axes):
        here = rows[rows["shots"] == shots[index // 2]].rename(columns={"change": "value"})
        _lines(axis, here, ("a", "r")[index % 2], config)
        axis.axhline(0.0, color=COLORS[7], linewidth=0.8, linestyle=":")
        axis.set(xlabel="scale of the noise", ylabel=f"change of {SCORE_NAMES[score]}")
        axis.set_title(shots_name(int(shots[index // 2])), fontsize=8)
        axis.legend(frameon=False, fontsize=6, ncols=2)
    title = f"Change of {SCORE_NAMES[score]} with the scale of the noise: {name}"
    return Figure.of(title, READING_CHANGES, figure)


def contrast_figure(table: pd.DataFrame, config: NoiseConfig, name: str) -> Figure | None:
    """Draw the contrast of the outputs against the scale of the noise, for each a and each r."""
    rows = _exactly(_of(table[table["shots"] == 0], ALL))
    if rows.empty:
        return None
    means = mean_frame(rows, "contrast", config.folds)
    figure, axes = panels(1, 2, 4.6, 3.2)
    for axis, key in zip(axes, ("a", "r"), strict=True):
        _lines(axis, means, key, config)
        axis.set(xlabel="scale of the noise", ylabel="contrast", ylim=(0, 1.05))
        axis.legend(frameon=False, fontsize=7, ncols=2)
    return Figure.of(f"Contrast of the circuit's outputs: {name}", READING_CONTRAST, figure)


def gradient_figure(table: pd.DataFrame, config: NoiseConfig, name: str) -> Figure | None:
    """Draw the gradient's signal to noise against a and against r, a line for each scale."""
    rows = _exactly(_of(table, ALL))
    rows = rows[(rows["shots"] > 0) & rows["snr_final"].notna()]
    if rows.empty:
        return None
    shots = int(rows["shots"].min())
    rows = rows[rows["shots"] == shots]
    figure, axes = panels(1, 2, 4.6, 3.4)
    for axis, key in zip(axes, ("a", "r"), strict=True):
        _draw_gradients(axis, rows, key, config)
    axes[0].legend(frameon=False, fontsize=7)
    reading = READING_GRADIENT.format(shots=f"{shots:,}", rows=config.gradient_rows)
    return Figure.of(f"Gradient of the loss against shot noise: {name}", reading, figure)


def _draw_gradients(axis: Axes, rows: pd.DataFrame, key: str, config: NoiseConfig) -> None:
    """Draw signal to noise against a or r, a line for each scale, before and after training."""
    unit, drawn = np.pi if key == "r" else 1.0, [1.0]
    scales = sorted(rows["scale"].unique())
    for when, style in (("initial", "--"), ("final", "-")):
        means = _along(mean_frame(rows, f"snr_{when}", config.folds), key, config)
        for place, scale in enumerate(scales):
            here = means[means["scale"] == scale].sort_values(key)
            color = _shade(place, len(scales))
            drawn += here["value"].tolist()
            label = f"scale {scale:g}" if when == "final" else None
            if when == "final":
                axis.fill_between(
                    here[key] / unit, np.maximum(here["low"], 1e-3), here["high"],
                    color=color, alpha=0.12, linewidth=0,
                )  # fmt: skip
            axis.plot(here[key] / unit, here["value"], style, color=color, marker=".", label=label)
    axis.axhline(1.0, color=COLORS[7], linewidth=0.8, linestyle=":")
    axis.set(xscale="log", yscale="log", ylabel="gradient: signal to noise")
    axis.set_ylim(0.3 * min(1.0, *drawn), 4 * max(1.0, *drawn))  # bands of few folds are wide
    axis.set_xlabel("a" if key == "a" else "r / pi")
    ticks = sorted(rows[key].unique() / unit)
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks], fontsize=7)
    axis.minorticks_off()


def learned_figure(learned: pd.DataFrame) -> Figure | None:
    """Draw where a and r ended against the scale of the noise that training saw."""
    if learned.empty:
        return None
    figure, axes = panels(1, 2, 4.6, 3.4)
    for axis, name, unit in zip(axes, ("a", "r"), (1.0, np.pi), strict=True):
        for place, (drug, group) in enumerate(learned.groupby("drug", sort=False)):
            shown = group.rename(columns={f"{name}_end": "value", f"{name}_low": "low",
                                          f"{name}_high": "high"})  # fmt: skip
            shown = shown.assign(**{key: shown[key] / unit for key in ("value", "low", "high")})
            _line(axis, shown, "train_scale", COLORS[place], MARKERS[place], place, str(drug))
        axis.axhline(learned[name].iloc[0] / unit, color=COLORS[7], linewidth=0.8, linestyle=":")
        axis.set(xlabel="scale of the noise in training")
        axis.set_ylabel("learned a" if name == "a" else "learned r / pi")
        axis.ticklabel_format(useOffset=False)
    axes[0].legend(frameon=False, fontsize=8)
    return Figure.of("Learned a and r against the noise of training", READING_LEARNED, figure)


def parts_figure(
    table: pd.DataFrame, changes: pd.DataFrame, config: NoiseConfig, name: str
) -> Figure | None:
    """Draw what each part of the noise does by itself; None where one was measured only."""
    parts = list(config.parts)
    if len(parts) < 2:
        return None
    rows = _exactly(table[table["shots"] == 0])
    contrast = mean_frame(at_reference(rows, config), "contrast", config.folds)
    moved = _exactly(changes[changes["shots"] == 0])
    moved = at_reference(moved, config).rename(columns={"change": "value"})
    figure, axes = panels(1, 1 + len(SCORE_NAMES), 3.2, 3.0)
    frames = [contrast, *(moved[moved["score"] == score] for score in SCORE_NAMES)]
    labels = ["contrast", *(f"change of {name}" for name in SCORE_NAMES.values())]
    for axis, frame, label in zip(axes, frames, labels, strict=True):
        for place, part in enumerate(parts):
            group = frame[frame["parts"] == part]
            _line(axis, group, "scale", COLORS[place], MARKERS[place], place, part)
        axis.set(xlabel="scale of the noise", ylabel=label)
    _legend(figure, axes[0])
    return Figure.of(f"Parts of the noise: {name}", READING_PARTS, figure)


def at_reference(rows: pd.DataFrame, config: NoiseConfig) -> pd.DataFrame:
    """Return the rows of models with the reference a and r that do not learn them."""
    here = np.isclose(rows["a"].astype(float), config.reference_a)
    here &= np.isclose(rows["r"].astype(float), config.reference_r)
    return rows[here & ~rows["model"].map(config.learns).astype(bool)]


def _of(rows: pd.DataFrame, part: str) -> pd.DataFrame:
    """Return the rows with one part of the noise or none."""
    return rows[rows["parts"].isin([part, NONE])]


def _exactly(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of models with fixed a and r that were trained exactly."""
    learn = rows["model"].map(NoiseConfig.learns).astype(bool)
    return rows[(rows["training"] == EXACT) & ~learn & rows["a"].notna()]


def _along(rows: pd.DataFrame, name: str, config: NoiseConfig) -> pd.DataFrame:
    """Return the rows along one axis of the cross."""
    other, reference = ("r", config.reference_r) if name == "a" else ("a", config.reference_a)
    return rows[np.isclose(rows[other].astype(float), reference)]


def _lines(axis: Axes, rows: pd.DataFrame, name: str, config: NoiseConfig) -> None:
    """Draw a line against the scale for each value of a or r."""
    along = _along(rows, name, config)
    values = sorted(along[name].unique())
    show: Callable[[float], str] = angle if name == "r" else "{:g}".format
    for place, value in enumerate(values):
        group = along[along[name] == value]
        color, label = _shade(place, len(values)), f"{name} = {show(value)}"
        marker = MARKERS[place % len(MARKERS)]
        aside = 3 * (place / len(values) - 0.5)
        _line(axis, group, "scale", color, marker, aside, label)


def _line(
    axis: Axes, group: pd.DataFrame, x: str, color: object, marker: str, place: float, label: str
) -> None:
    """Draw values with intervals, a little to the side of others."""
    group = group.sort_values(x)
    spread = max(float(group[x].max()) if len(group) else 0.0, 1.0)
    low, high = (np.nan_to_num(np.abs(group["value"] - group[key])) for key in ("low", "high"))
    axis.set_xlim(-0.06 * spread, 1.06 * spread)
    axis.errorbar(
        group[x] + 0.012 * spread * place, group["value"], yerr=[low, high], marker=marker,
        color=color, capsize=2, markersize=4, linewidth=1.1, elinewidth=0.7, label=label,
    )  # fmt: skip


def _shade(place: int, count: int) -> tuple[float, ...]:
    """Return a colour of an ordered scale."""
    return tuple(colormaps["viridis"](0.9 * place / max(count - 1, 1)))


def _legend(figure: Drawing, axis: Axes) -> None:
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=8)
