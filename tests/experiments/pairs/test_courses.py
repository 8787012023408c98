from collections.abc import Sequence

import pytest

from qkdrp.experiments.pairs.courses import (
    RISING,
    SWING,
    VALIDATION_MSE,
    collapsed,
    course_scores,
    levelled_off,
    no_better_than_the_mean,
)
from qkdrp.experiments.pairs.tasks import PairResult
from qkdrp.training.config import FitConfig


def result(
    validation: Sequence[float], test: Sequence[float | None] = (), spread: float = 0.05
) -> PairResult:
    """Return a training with some losses by epoch."""
    n = len(validation)
    course = {
        "validation_loss": tuple(validation),
        "test_mse": tuple(test) or tuple(validation),
        "prediction_sd": (spread,) * n,
    }
    best = 1 + min(range(n), key=validation.__getitem__)
    return PairResult.make(
        scores={},
        predictions=(),
        n_train=1,
        n_validation=1,
        best_epoch=best,
        course=course,
        seconds=0,
    )


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([4, 3, 2, 1, 1.5, 1.5, 1.5], True),  # stopped by its patience
        ([8, 7, 6, 5, 4, 3, 2, 1], False),  # the limit of epochs cut it off
        ([8, 4, 2, 1, 1, 1, 1, 0.99], True),  # reached the limit on level ground
        ([8, 4, 2, 1, 1, 1, 1, 0.97], False),
    ],
)
def test_a_training_has_levelled_off(losses: list[float], expected: bool) -> None:
    assert levelled_off(result(losses), FitConfig(epochs=8, patience=3)) is expected


def test_without_patience_only_the_curve_tells() -> None:
    assert not levelled_off(result([4, 3, 2, 1]), FitConfig(epochs=4, patience=0))


def test_steadiness_tells_a_monotone_curve_from_a_volatile_one() -> None:
    steady = course_scores(result([0.9**n for n in range(12)]))
    assert steady[SWING] == pytest.approx(0, abs=1e-12)
    assert steady[RISING] == 0
    wild = course_scores(result([0.9**n * (1 + 0.5 * (n % 2)) for n in range(12)]))
    assert wild[SWING] > 0.3
    assert wild[RISING] == pytest.approx(6 / 11)
    assert steady[VALIDATION_MSE] == pytest.approx(0.9**11)


def test_epochs_in_which_nobody_looked_are_left_out() -> None:
    found = course_scores(result([4, 3, 2, 1] * 2, [8, None, 4, None, 2, None, 1, None]))
    assert found[RISING] == 0


@pytest.mark.parametrize(
    ("r2", "expected"), [(0.5, False), (0.01, True), (-1.0, True), (None, False)]
)
def test_a_network_that_is_no_better_than_the_mean_is_noticed(
    r2: float | None, expected: bool
) -> None:
    found = result([1, 1]).model_copy(update={"scores": {"r2": r2}})
    assert no_better_than_the_mean(found) is expected


def test_a_collapsed_network_is_noticed() -> None:
    assert collapsed(result([1, 1], spread=1e-7))
    assert not collapsed(result([1, 1]))
