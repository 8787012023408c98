"""The answers of the study in words: whether the best a and r move, and what noise does."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from qkdrp.experiments.comparisons import LEVEL as ESTABLISHED
from qkdrp.experiments.noise.device import DEVICE
from qkdrp.experiments.noise.names import (
    SCORE_NAMES,
    Row,
    angle,
    circuit_name,
    level_name,
    shots_name,
    training_name,
)
from qkdrp.experiments.noise.optimum import SIGNS
from qkdrp.experiments.noise.table import MODEL, POINT

UNKNOWN = "It cannot be told whether the best a and r move with noise"


def answer(moves: pd.DataFrame, score: str = "auc") -> str:
    """Return in one sentence whether the best a and r move with noise.

    Args:
        moves: What :func:`~qkdrp.experiments.noise.optimum.moves_frame` returned.
        score: By which score.
    """
    rows = moves[(moves["score"] == score) & (moves["parts"] != DEVICE)]
    name = SCORE_NAMES[score]
    if rows.empty:
        return f"{UNKNOWN}: that takes at least two points and three folds."
    sure = rows[(rows["q"] < ESTABLISHED) & (rows["gain"] > 0)]
    if len(sure):
        best = sure.iloc[int(np.argmax(sure["gain"]))]
        return (
            f"By {name}, the best a and r move with noise: in {len(sure)} of {len(rows)} "
            f"comparisons choosing them at the level of noise is established to be better than "
            f"keeping the noiseless choice, by {_interval(best)} at most ({best['drug']}, trained "
            f"{training_name(best)}, {level_name(best)}: {_point(best)} instead of "
            f"{_point(best, '_quiet')}, q = {best['q']:.2g})."
        )
    still = _same(rows) & np.isclose(rows["low"], 0.0) & np.isclose(rows["high"], 0.0)
    if still.all():
        return (
            f"By {name}, the best a and r do not move: the same are best at every level of noise "
            f"in all {len(rows)} comparisons, whichever fold is left out."
        )
    top = rows.iloc[int(np.argmax(rows["high"]))]
    return (
        f"{UNKNOWN}, by {name}: choosing them at the level of noise rather than without it gains "
        f"{rows['gain'].mean():+.3f} on average over {len(rows)} comparisons, none of them "
        f"established (smallest q = {rows['q'].min():.2g}); the largest gain that these folds "
        f"allow is {top['high']:.3f} ({top['drug']}, trained {training_name(top)}, "
        f"{level_name(top)})."
    )


def details(moves: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence for each model, training and score.

    Args:
        moves: What :func:`~qkdrp.experiments.noise.optimum.moves_frame` returned.
    """
    simulated = moves[moves["parts"] != DEVICE]
    for _, group in simulated.groupby(MODEL, dropna=False, sort=False):
        row = group.iloc[0]
        who = f"{row['drug']}, {circuit_name(row)}, trained {training_name(row)}"
        for score, rows in group.groupby("score", sort=False):
            sure = rows[(rows["q"] < ESTABLISHED) & (rows["gain"] > 0)]
            worse = rows[(rows["q"] < ESTABLISHED) & (rows["gain"] < 0)]
            best = rows.iloc[int(np.argmax(rows["gain"]))]
            other = int((~_same(rows)).sum())
            yield (
                f"{who}, by {SCORE_NAMES[str(score)]}: another point is best than without noise in "
                f"{other} of {len(rows)} comparisons; choosing anew is established to be better in "
                f"{len(sure)} and worse in {len(worse)}; largest gain {_interval(best)}, at "
                f"{level_name(best)}, axis {best['axis']}: {_point(best)} instead of "
                f"{_point(best, '_quiet')}, q = {best['q']:.2g}."
            )


def losses(changes: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence for each score: how many models noise or shots made worse, and how much.

    Args:
        changes: What :func:`~qkdrp.experiments.noise.changes.changes_frame` returned.
    """
    simulated = changes[changes["parts"] != DEVICE]
    for score, rows in simulated.groupby("score", sort=False):
        sign = SIGNS[str(score)]
        for shots, here in rows.groupby("shots"):
            worse = here[(here["q"] < ESTABLISHED) & (sign * here["change"] < 0)]
            better = here[(here["q"] < ESTABLISHED) & (sign * here["change"] > 0)]
            most = here.iloc[int(np.argmin(sign * here["change"]))]
            n_points = len(here[POINT].drop_duplicates())
            yield (
                f"{SCORE_NAMES[str(score)]}, {shots_name(int(str(shots)))}: of {len(here)} "
                f"combinations of model, training, {n_points} points of a and r, and level, "
                f"{len(worse)} are established to be worse than without noise and {len(better)} "
                f"better; the largest loss is {most['change']:+.3f} ({most['low']:+.3f}, "
                f"{most['high']:+.3f}): {most['drug']}, trained {training_name(most)}, "
                f"{_point(most)}, {level_name(most)}."
            )


def _same(rows: pd.DataFrame) -> "pd.Series[bool]":
    return (rows["a"] == rows["a_quiet"]) & (rows["r"] == rows["r_quiet"])


def _interval(row: Row) -> str:
    name = row["gain"]
    return f"{name:+.3f} (95% interval {row['low']:+.3f} to {row['high']:+.3f})"


def _point(row: Row, which: str = "") -> str:
    return f"a = {row[f'a{which}']:g}, r = {angle(row[f'r{which}'])}"
