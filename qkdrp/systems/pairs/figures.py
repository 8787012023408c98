"""Figures of one run: losses and spreads by epoch, and predicted against measured."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from qkdrp.common.files import atomic
from qkdrp.systems.pairs.spread import ANGLE_SD, DRUG_SD, LINE_SD

BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "#8c8c8c"
"""Of Okabe and Ito: told apart by every reader."""

LENGTH_SCALE = 0.1
"""Radians by which all angles of the paper's layer may move before its output is another one."""


def draw_figures(
    folder: Path,
    title: str,
    history: pd.DataFrame,
    predictions: pd.DataFrame,
    best_epoch: int | None,
) -> None:
    """Draw the learning curve with spreads, and predicted against measured.

    Args:
        folder: Where the figures go; made if missing.
        title: Above each.
        history: One row per epoch; no curves are drawn where there is none.
        predictions: One row per pair.
        best_epoch: The epoch whose weights the model has; None where that is not known.
    """
    folder.mkdir(exist_ok=True)
    figures = {"predictions": predictions_figure(predictions)}
    if len(history) and best_epoch is not None:
        figures["learning_curve"] = learning_curve(history, best_epoch)
    for name, figure in figures.items():
        figure.suptitle(title, fontsize=11, parse_math=False)
        with atomic(folder / f"{name}.png") as temporary:
            figure.savefig(temporary, dpi=150, format="png")


def learning_curve(history: pd.DataFrame, best_epoch: int) -> Figure:
    """Draw losses, and the spread of embeddings beside the layer's length scale, by epoch."""
    figure, (losses, spreads) = _panels(2)
    losses.plot(history["epoch"], history["train_loss"], color=BLUE, label="training")
    losses.plot(history["epoch"], history["validation_loss"], color=ORANGE, label="validation")
    losses.axvline(best_epoch, color=GREY, linewidth=0.8, linestyle=":", label="best epoch")
    losses.set(ylabel="mean squared error", yscale="log")
    losses.legend(frameon=False)
    for name, label, color in (
        (ANGLE_SD, "all angles", BLUE),
        (LINE_SD, "embedding, between lines", ORANGE),
        (DRUG_SD, "embedding, between drugs", GREEN),
    ):
        spreads.plot(history["epoch"], history[name], color=color, label=label)
    spreads.axhline(
        LENGTH_SCALE, color=GREY, linewidth=0.8, linestyle="--", label="length scale of the layer"
    )
    spreads.set(ylabel="standard deviation (rad)", yscale="log")
    spreads.legend(frameon=False, fontsize=8)
    for axes in (losses, spreads):
        axes.set(xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def predictions_figure(predictions: pd.DataFrame) -> Figure:
    """Draw predicted against measured target of the test pairs."""
    figure, (axes,) = _panels(1)
    test = predictions[predictions["part"] == "test"]
    axes.scatter(test["label"], test["prediction"], s=8, color=BLUE, alpha=0.4, linewidths=0)
    middle = float(test["label"].mean()) if len(test) else 0.5
    axes.axline((middle, middle), slope=1, color=GREY, linewidth=0.8, linestyle=":")
    axes.set(xlabel="measured target", ylabel="predicted")
    axes.set_title(f"{len(test)} test pairs; dotted: predicted = measured", fontsize=9)
    return figure


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(4.6 * count, 3.8), layout="constrained")
    axes = [figure.add_subplot(1, count, index + 1) for index in range(count)]
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes
