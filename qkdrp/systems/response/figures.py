"""Figures of one run."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from qkdrp.common.files import atomic
from qkdrp.nn.hybrid import HybridModel
from qkdrp.systems.response.config import TrainConfig
from qkdrp.systems.response.data import Cohort
from qkdrp.systems.response.measures import LN_IC50
from qkdrp.systems.response.model_choice import recipe_of
from qkdrp.systems.response.preprocess import Preprocessor
from qkdrp.systems.response.rows import rows_of
from qkdrp.training.drawing import side_by_side
from qkdrp.training.scored import HELD_OUT
from qkdrp.training.trained import Trained

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#8c8c8c"
"""Of Okabe and Ito: told apart by every reader."""

SEEN = "training and validation"
"""What rows are called that are not for the test."""

EMBEDDED_SAMPLES = 100
"""Training samples whose embedding is shown, as in figure 3 of Ito et al. 2025."""


def draw_figures(
    folder: Path,
    trained: Trained[TrainConfig, Preprocessor],
    cohort: Cohort,
    history: pd.DataFrame,
    predictions: pd.DataFrame,
) -> None:
    """Draw the learning curve, predicted against measured, and the embedding.

    Args:
        folder: Where the figures go; made if missing.
        trained: The trained model.
        cohort: Its data; no embedding is drawn where they are without the training samples.
        history: One row per epoch; no learning curve is drawn where there is none.
        predictions: One row per sample.
    """
    folder.mkdir(exist_ok=True)
    title = f"{cohort.drug}, {trained.config.model.model}"
    if cohort.synthetic:
        title += " (SYNTHETIC DATA)"
    figures = {"predictions": predictions_figure(predictions, cohort.measure.title)}
    if set(trained.split.train[:EMBEDDED_SAMPLES]) <= set(cohort.samples):
        figures["embedding"] = embedding_figure(trained, cohort)
    if len(history) and trained.fit is not None:
        figures["learning_curve"] = learning_curve(history, trained.fit.best_epoch)
    for name, figure in figures.items():
        figure.suptitle(title, fontsize=11, parse_math=False)  # a drug may be called $x$
        with atomic(folder / f"{name}.png") as temporary:
            figure.savefig(temporary, dpi=150, format="png")


def learning_curve(history: pd.DataFrame, best_epoch: int) -> Figure:
    """Draw losses and validation AUC against the epoch, the best epoch marked.

    Without validation rows there is the training loss alone.
    """
    watched = bool(history["validation_loss"].notna().any())
    figure, (losses, *others) = side_by_side(2 if watched else 1)
    losses.plot(history["epoch"], history["train_loss"], color=BLUE, label="training")
    if watched:
        losses.plot(history["epoch"], history["validation_loss"], color=ORANGE, label="validation")
        _validation_auc(others[0], history, best_epoch)
    losses.set(ylabel="mean squared error")
    losses.legend(frameon=False)
    for axes in (losses, *others):
        axes.set(xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def _validation_auc(auc: Axes, history: pd.DataFrame, best_epoch: int) -> None:
    """Draw the validation AUC against the epoch, the best one marked."""
    auc.plot(history["epoch"], history["validation_auc"], color=ORANGE)
    auc.axhline(0.5, color=GREY, linewidth=0.8, linestyle=":")
    best = history[history["epoch"] == best_epoch]
    auc.plot(
        best["epoch"], best["validation_auc"], "o", color=ORANGE, label=f"best: epoch {best_epoch}"
    )
    auc.set(ylabel="validation AUC")
    auc.legend(frameon=False, loc="lower right")


def predictions_figure(predictions: pd.DataFrame, measure: str = LN_IC50.title) -> Figure:
    """Draw predicted against measured label: all parts faintly, the test rows by class.

    Where a cross-validation held rows out, these are drawn by class.

    Args:
        predictions: One row per sample.
        measure: What the axis calls what was measured.
    """
    figure, (axes,) = side_by_side(1)
    judged = "test"
    if (predictions["part"] == HELD_OUT).any():
        judged = HELD_OUT
    test = predictions["part"] == judged
    seen = "training" if (predictions["part"] == "train").all() or judged != "test" else SEEN
    responder = predictions["responder"].astype(bool)
    axes.axline(
        (0, 0), slope=1, color=GREY, linewidth=0.8, linestyle=":", label="predicted = measured"
    )
    for rows, label, color, size, marker, alpha in (
        (~test, seen, GREY, 8, "o", 0.25),
        (test & ~responder, f"{judged}, non-responder", BLUE, 22, "o", 1.0),
        (test & responder, f"{judged}, responder", ORANGE, 30, "^", 1.0),
    ):
        if not rows.any():
            continue
        axes.scatter(
            predictions.loc[rows, "label"],
            predictions.loc[rows, "prediction"],
            s=size,
            c=color,
            marker=marker,
            alpha=alpha,
            linewidths=0,
            label=label,
        )
    axes.set(xlabel=f"measured, tanh-normalised {measure}", ylabel="predicted", xlim=(-1.05, 1.05))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_locator(MaxNLocator(6))
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    return figure


def embedding_figure(trained: Trained[TrainConfig, Preprocessor], cohort: Cohort) -> Figure:
    """Draw the embedding of training samples before and after normalisation (paper's figure 3)."""
    shown = cohort.select(trained.split.train[:EMBEDDED_SAMPLES])
    genes = rows_of(trained.preprocessor, shown).inputs
    assert isinstance(trained.model, HybridModel)
    phi, angles = (values.numpy() for values in trained.model.embed(*genes))
    panels = [(phi, "embedding $\\phi$", BLUE)]
    if recipe_of(trained.config.model).quantum:
        panels.append((angles, "rotation angle $\\phi'$ (rad)", ORANGE))
    figure, axes = side_by_side(len(panels))
    for axis, (values, label, color) in zip(axes, panels, strict=True):
        axis.hist(values.ravel(), bins=50, color=color)
        axis.xaxis.set_major_locator(MaxNLocator(5))
        axis.set(xlabel=label, ylabel="values")
        axis.set_title(f"{len(shown)} training samples x {values.shape[1]} features", fontsize=9)
    return figure
