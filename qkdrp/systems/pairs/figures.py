"""Figures of one run: losses and spreads by epoch, length scale, predicted against measured."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from qkdrp.common.files import atomic
from qkdrp.systems.pairs.fit_task import PREDICTION_SD
from qkdrp.systems.pairs.length_scale import HALF, LengthScale
from qkdrp.systems.pairs.spread import ANGLE_SD, BEYOND_PI, DRUG_SD, LINE_SD
from qkdrp.training.drawing import side_by_side

BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "#8c8c8c"
"""Of Okabe and Ito: told apart by every reader."""

LEARNING_CURVE, SPREAD, PREDICTIONS = "learning_curve", "spread", "predictions"
"""Names of the figures' files, without ending."""


def draw_figures(
    folder: Path,
    title: str,
    history: pd.DataFrame,
    predictions: pd.DataFrame,
    best_epoch: int | None,
    length_scale: float | None = None,
) -> None:
    """Draw the learning curve, the spread of angles, and predicted against measured.

    Args:
        folder: Where the figures go; made if missing.
        title: Above each.
        history: One row per epoch; no curves are drawn where there is none.
        predictions: One row per pair.
        best_epoch: The epoch whose weights the model has; None where that is not known.
        length_scale: Of the model's circuit, radians; None where there is none.
    """
    folder.mkdir(exist_ok=True)
    figures = {PREDICTIONS: predictions_figure(predictions)}
    if len(history) and best_epoch is not None:
        figures[LEARNING_CURVE] = learning_curve(history, best_epoch)
        figures[SPREAD] = spread_figure(history, length_scale)
    for name, figure in figures.items():
        figure.suptitle(title, fontsize=11, parse_math=False)
        with atomic(folder / f"{name}.png") as temporary:
            figure.savefig(temporary, dpi=150, format="png")


def learning_curve(history: pd.DataFrame, best_epoch: int) -> Figure:
    """Draw losses, and the spread of validation predictions, by epoch."""
    figure, (losses, predictions) = side_by_side(2)
    losses.plot(history["epoch"], history["train_loss"], color=BLUE, label="training")
    losses.plot(history["epoch"], history["validation_loss"], color=ORANGE, label="validation")
    losses.set(ylabel="mean squared error", yscale="log")
    predictions.plot(history["epoch"], history[PREDICTION_SD], color=ORANGE)
    predictions.set(ylabel="standard deviation of predictions", ylim=(0, None))
    for axes in (losses, predictions):
        axes.axvline(best_epoch, color=GREY, linewidth=0.8, linestyle=":", label="best epoch")
        _epochs(axes)
    losses.legend(frameon=False)
    return figure


def spread_figure(history: pd.DataFrame, length_scale: float | None) -> Figure:
    """Draw the spread of embeddings beside a circuit's length scale, and the share beyond pi.

    Args:
        history: One row per epoch.
        length_scale: Radians; None for models without circuit.
    """
    figure, (spreads, beyond) = side_by_side(2)
    for name, label, color in (
        (ANGLE_SD, "all angles", BLUE),
        (LINE_SD, "embedding, between lines", ORANGE),
        (DRUG_SD, "embedding, between drugs", GREEN),
    ):
        spreads.plot(history["epoch"], history[name], color=color, label=label)
    if length_scale is not None:
        label = f"length scale, {length_scale:.2g} rad"
        spreads.axhline(length_scale, color=GREY, linewidth=0.8, linestyle="--", label=label)
    spreads.set(ylabel="standard deviation (rad)", yscale="log")
    spreads.legend(frameon=False, fontsize=8)
    beyond.plot(history["epoch"], history[BEYOND_PI], color=BLUE)
    beyond.set(ylabel="share of angles beyond pi", ylim=(-0.02, 1.02))
    for axes in (spreads, beyond):
        _epochs(axes)
    return figure


def length_scale_figure(standard: LengthScale, own: LengthScale | None) -> Figure:
    """Draw the correlation with the former output against how far angles moved.

    Args:
        standard: Over angles drawn from N(0, 1).
        own: Over angles of the model; None where they are not known.
    """
    figure, (axes,) = side_by_side(1)
    for scale, color, label in (
        (standard, BLUE, "angles of N(0, 1)"),
        (own, ORANGE, "angles of the test pairs"),
    ):
        if scale is not None:
            axes.plot(scale.moves, scale.correlations, "o-", color=color, label=label, markersize=4)
    axes.axhline(HALF, color=GREY, linewidth=0.8, linestyle=":")
    if standard.value is not None:
        axes.axvline(standard.value, color=GREY, linewidth=0.8, linestyle="--")
        axes.set_title(f"length scale {standard.value:.2g} rad", fontsize=9)
    axes.set(xscale="log", xlabel="all angles moved by (rad, rms)")
    axes.set(ylabel="correlation with the former output", ylim=(-0.1, 1.05))
    axes.legend(frameon=False, fontsize=8)
    return figure


def predictions_figure(predictions: pd.DataFrame) -> Figure:
    """Draw predicted against measured target of the test pairs."""
    figure, (axes,) = side_by_side(1)
    test = predictions[predictions["part"] == "test"]
    axes.scatter(test["label"], test["prediction"], s=8, color=BLUE, alpha=0.4, linewidths=0)
    middle = float(test["label"].mean()) if len(test) else 0.5
    axes.axline((middle, middle), slope=1, color=GREY, linewidth=0.8, linestyle=":")
    axes.set(xlabel="measured target", ylabel="predicted")
    axes.set_title(f"{len(test)} test pairs; dotted: predicted = measured", fontsize=9)
    return figure


def _epochs(axes: Axes) -> None:
    axes.set(xlabel="epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
