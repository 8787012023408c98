"""The answers of the study in words: whether the best a and r move, and what noise does."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from qkdrp.experiments.ito.comparisons import LEVEL as ESTABLISHED
from qkdrp.experiments.noise.cells import DEVICE
from qkdrp.experiments.noise.labels import (
    SCORE_NAMES,
    Row,
    angle,
    circuit_name,
    level_name,
    shots_name,
    training_name,
)
from qkdrp.experiments.noise.optimum import BOTH, NOISE, SHOTS, SIGNS
from qkdrp.experiments.noise.table import MODEL, POINT
from qkdrp.experiments.study.text import interval_text, p_equation

NEGLIGIBLE = 0.01
"""Gain in a score below which an optimum counts as staying, if no fold may hide more."""

CAUSES = {
    NOISE: "Noise, with {shots}",
    SHOTS: "Shots, without noise",
    BOTH: "Noise and shots together",
}
"""What may move the best a and r, in words."""


def answers(moves: pd.DataFrame, score: str = "auc") -> Iterator[str]:
    """Yield in a sentence for each cause whether it moves the best a and r.

    Args:
        moves: What :func:`~qkdrp.experiments.noise.optimum.moves_frame` returned.
        score: By which score.
    """
    simulated = moves[(moves["score"] == score) & (moves["parts"] != DEVICE)]
    if simulated["p"].isna().all():
        yield (
            "It cannot be told whether the best a and r move with noise: that takes at least two "
            "points and three folds."
        )
        return
    for cause, words in CAUSES.items():
        rows = simulated[simulated["cause"] == cause]
        apart = [rows] if cause != NOISE else [each for _, each in rows.groupby("shots")]
        for found in apart:
            if len(found):
                shots = shots_name(int(found["shots"].iloc[0]))
                yield f"{words.format(shots=shots)}: {_verdict(found, SCORE_NAMES[score])}"


def _verdict(rows: pd.DataFrame, name: str) -> str:
    sure = rows[(rows["q"] < ESTABLISHED) & (rows["gain"] > 0)]
    if len(sure):
        best = sure.iloc[int(np.argmax(sure["gain"]))]
        return (
            f"by {name}, the best a and r move. In {len(sure)} of {len(rows)} comparisons choosing "
            f"them there is established to be better than keeping the quieter choice, by "
            f"{_interval(best)} at most ({best['drug']}, trained {training_name(best)}, "
            f"{level_name(best)}: {_point(best)} instead of {_point(best, '_quiet')}, "
            f"{p_equation('q', best['q'])})."
        )
    most = _most(rows)
    if _same(rows).all() and most.max() < NEGLIGIBLE:
        return (
            f"by {name}, the best a and r do not move. The same are best in all {len(rows)} "
            f"comparisons, and choosing them there gains at most {most.max():.3f} (upper ends of "
            "95% intervals; 0 where every fold chooses the same)."
        )
    told = rows["high"].notna()
    if not told.any():
        return (
            f"by {name}, it cannot be told whether the best a and r move: the gains of choosing "
            f"them there, {rows['gain'].mean():+.3f} on average over {len(rows)} comparisons, are "
            "the same in every fold, which says nothing about their spread."
        )
    top = rows[told].iloc[int(np.argmax(rows.loc[told, "high"]))]
    return (
        f"by {name}, it cannot be told whether the best a and r move. Choosing them there rather "
        f"than keeping the quieter choice gains {rows['gain'].mean():+.3f} on average over "
        f"{len(rows)} comparisons, none of them established (smallest "
        f"{p_equation('q', rows['q'].min())}); the largest gain that these folds allow is "
        f"{top['high']:.3f} ({top['drug']}, trained "
        f"{training_name(top)}, {level_name(top)})."
    )


def details(moves: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence for each model, training, score and cause.

    Args:
        moves: What :func:`~qkdrp.experiments.noise.optimum.moves_frame` returned.
    """
    simulated = moves[moves["parts"] != DEVICE]
    for _, group in simulated.groupby(MODEL, dropna=False, sort=False):
        row = group.iloc[0]
        who = f"{row['drug']}, {circuit_name(row)}, trained {training_name(row)}"
        for score in SCORE_NAMES:
            of_score = group[group["score"] == score]
            told = [
                f"{cause} {_tally(of_score[of_score['cause'] == cause])}"
                for cause in CAUSES
                if (of_score["cause"] == cause).any()
            ]
            if told:
                yield f"{who}, by {SCORE_NAMES[score]}: {'; '.join(told)}."


def _tally(rows: pd.DataFrame) -> str:
    sure = rows["q"] < ESTABLISHED
    better, worse = (int((sure & (sign * rows["gain"] > 0)).sum()) for sign in (1, -1))
    best = rows.iloc[int(np.argmax(rows["gain"]))]
    return (
        f"moves the best point in {int((~_same(rows)).sum())} of {len(rows)} comparisons, "
        f"established as a gain in {better} and as a loss in {worse}; the largest gain on "
        f"left-out folds is {_interval(best)}, {p_equation('q', best['q'])}, at "
        f"{level_name(best)}, where all folds together choose {_point(best)}, and "
        f"{_point(best, '_quiet')} without that"
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
                f"better; the largest loss is {most['change']:+.3f}"
                f"{interval_text(most['low'], most['high'], '+.3f')}: {most['drug']}, trained "
                f"{training_name(most)}, "
                f"{_point(most)}, {level_name(most)}."
            )


def _same(rows: pd.DataFrame) -> "pd.Series[bool]":
    return (rows["a"] == rows["a_quiet"]) & (rows["r"] == rows["r_quiet"])


def _interval(row: Row) -> str:
    gain = f"{row['gain']:+.3f}"
    if np.isnan(row["low"]):
        return gain
    return f"{gain} (95% interval {row['low']:+.3f} to {row['high']:+.3f})"


def _most(rows: pd.DataFrame) -> "pd.Series[float]":
    """Return the largest gain that the folds allow: 0 where all choose the same point."""
    unchanged = (rows["gain"] == 0) & (rows["p"] == 1)
    return rows["high"].fillna(np.inf).where(~unchanged | rows["high"].notna(), 0.0)


def _point(row: Row, which: str = "") -> str:
    return f"a = {row[f'a{which}']:g}, r = {angle(row[f'r{which}'])}"
