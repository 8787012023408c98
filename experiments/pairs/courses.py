"""Courses of trainings: whether they levelled off, how steady they were, how far angles spread."""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from qkdrp.common.intervals import POSITIVE
from qkdrp.experiments.pairs.observed import TEST_MSE
from qkdrp.experiments.pairs.plan import PairPlan
from qkdrp.experiments.pairs.tasks import COURSE, PairResult
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.systems.pairs.fit_task import COLLAPSED, PREDICTION_SD
from qkdrp.systems.pairs.spread import SPREADS
from qkdrp.training.config import FitConfig
from qkdrp.training.score_row import ScoreRow

LAST, GAIN = 0.25, 0.02
"""A training that reached its last epoch has levelled off if the last quarter of its epochs brought
less than 2% of the validation loss."""

LEAST_R2 = 0.03
"""A network whose R2 on the test is not above has learned nothing that helps there."""

NO_BETTER = "no_better"
"""Column of ``seeds.csv``: whether a training's R2 is that small."""

RULE = (
    "A training has levelled off if it stopped because the validation loss had not improved for "
    "the epochs of its patience, or if the last quarter of its epochs improved the best validation "
    "loss by less than 2%. A network with a training that has not is under-trained, and no claim "
    "is drawn from it."
)
"""When a network counts as trained."""

SWING, RISING = "swing", "rising"
"""Names of the two numbers that tell how steady a training is."""

VALIDATION_MSE = "validation_mse"
"""Name of the validation loss of the best epoch, by which configurations are chosen."""

COURSE_SCORES = (
    ScoreRow("Validation MSE", VALIDATION_MSE, values=POSITIVE, higher_is_better=False),
    ScoreRow("Swing of the test error", SWING, values=POSITIVE, higher_is_better=False),
    ScoreRow("Share of epochs that raise it", RISING, values=(0.0, 1.0), higher_is_better=False),
)
"""Scores of a course, for tables and comparisons."""

STEADINESS_READING = (
    "Swing is the standard deviation of the relative change of the test MSE from one epoch to the "
    "next (of its logarithm), over the second half of the epochs; the share of epochs that raise "
    "the test MSE is 0 for a curve that falls monotonically."
)
"""What they mean."""


def levelled_off(result: PairResult, fit: FitConfig) -> bool:
    """Tell whether a training has levelled off, see :data:`RULE`.

    Args:
        result: Of a network.
        fit: How it was trained.
    """
    losses = np.array(result.course["validation_loss"], dtype=np.float64)
    if 0 < fit.patience <= len(losses) - result.best_epoch:
        return True
    before = losses[: max(1, math.floor(len(losses) * (1 - LAST)))].min()
    return bool(losses.min() > (1 - GAIN) * before)


def collapsed(result: PairResult) -> bool:
    """Tell whether a network predicts the same for every pair."""
    spread = result.course[PREDICTION_SD][result.best_epoch - 1]
    return spread is not None and spread <= COLLAPSED


def no_better_than_the_mean(result: PairResult) -> bool:
    """Tell whether a network predicts the test pairs hardly better than their mean would."""
    r2 = result.scores.get("r2")
    return r2 is not None and r2 <= LEAST_R2


def course_scores(result: PairResult) -> dict[str, float | None]:
    """Return the scores of a course; nothing for a baseline."""
    if not result.course:
        return {}
    best = result.course["validation_loss"][result.best_epoch - 1]
    return {VALIDATION_MSE: best, **steadiness(result)}


def steadiness(result: PairResult) -> dict[str, float | None]:
    """Return how far the test error goes up and down between epochs; nothing for short courses."""
    errors = np.array([e for e in result.course.get(TEST_MSE, ()) if e is not None])
    if len(errors) < 4:
        return {}
    changes = np.diff(np.log(errors))
    later = changes[len(changes) // 2 :]
    return {SWING: float(later.std(ddof=1)), RISING: float(np.mean(changes > 0))}


COLUMNS = [
    *("split", "size", "data", "model", "n_runs", "n_levelled_off", "n_collapsed"),
    *("n_no_better", "best_epoch", "epochs", "steps", *SPREADS, PREDICTION_SD),
]


EPOCHS = ["split", "size", "data", "model", "seed", "epoch", "step", *COURSE]
"""Columns of ``courses.csv``."""


def trainings_frame(plan: PairPlan, findings: Findings) -> pd.DataFrame:
    """Return one row for each place and network: how its trainings went, means over seeds.

    Spreads and the standard deviation of predictions are those of the best epoch.
    """
    rows = []
    for setup in plan.setups:
        found = [] if setup.baseline else list(plan.results(setup, findings).values())
        if not found:
            continue
        place, fit = setup.place, plan.run_config(setup, 0).fit
        epochs = [len(each.course["train_loss"]) for each in found]
        rows.append(
            {
                "split": place.split,
                "size": place.size,
                "data": place.data,
                "model": setup.variant,
                "n_runs": len(found),
                "n_levelled_off": sum(levelled_off(each, fit) for each in found),
                "n_collapsed": sum(map(collapsed, found)),
                "n_no_better": sum(map(no_better_than_the_mean, found)),
                "best_epoch": np.mean([each.best_epoch for each in found]),
                "epochs": np.mean(epochs),
                "steps": np.mean(epochs) * plan.config.steps(place.size),
                **{name: _at_best(found, name) for name in (*SPREADS, PREDICTION_SD)},
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def _at_best(found: list[PairResult], name: str) -> float:
    values = [each.course[name][each.best_epoch - 1] for each in found]
    return float(np.mean([value for value in values if value is not None] or [math.nan]))


def courses_frame(plan: PairPlan, findings: Findings) -> pd.DataFrame:
    """Return one row for each training and epoch: losses, test error and spreads."""
    return pd.DataFrame(_epochs(plan, findings), columns=EPOCHS)


def _epochs(plan: PairPlan, findings: Findings) -> Iterator[dict[str, object]]:
    for setup in plan.setups:
        if setup.baseline:
            continue
        place = setup.place
        key = {"split": place.split, "size": place.size, "data": place.data}
        for number, result in plan.results(setup, findings).items():
            names = list(result.course)
            for epoch, values in enumerate(zip(*result.course.values(), strict=True), start=1):
                yield {
                    **key,
                    "model": setup.variant,
                    "seed": plan.config.seed + number,
                    "epoch": epoch,
                    "step": epoch * plan.config.steps(place.size),
                    **dict(zip(names, values, strict=True)),
                }


def under_trained(trainings: pd.DataFrame) -> set[tuple[str, int, str, str]]:
    """Return the networks that are under-trained, as (split, size, data, model)."""
    rows = trainings[trainings["n_levelled_off"] < trainings["n_runs"]]
    return set(zip(rows["split"], rows["size"], rows["data"], rows["model"], strict=True))
