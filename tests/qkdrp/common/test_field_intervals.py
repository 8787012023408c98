from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import average_precision_score

from qkdrp.common.field_intervals import aupr_interval, kendall_interval, r2_interval
from qkdrp.common.intervals import Interval

TRIALS, LEAST = 300, 0.915
"""With 300 trials, a share of 0.95 is below 0.915 in less than one case of a hundred."""


def share_held(draw: Callable[[np.random.Generator], Interval | None], true: float) -> float:
    rng = np.random.default_rng(0)
    found = [draw(rng) for _ in range(TRIALS)]
    return float(np.mean([each is not None and each[0] <= true <= each[1] for each in found]))


def pair(rng: np.random.Generator, rho: float, n: int = 65) -> tuple[np.ndarray, np.ndarray]:
    x, other = rng.normal(size=(2, n))
    return x, rho * x + (1 - rho**2) ** 0.5 * other


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_kendall_holds_for_normal_values(rho: float) -> None:
    tau = 2 / np.pi * np.arcsin(rho)
    assert share_held(lambda rng: kendall_interval(*pair(rng, rho)), tau) > LEAST


def test_r2_holds_for_normal_values() -> None:
    def draw(rng: np.random.Generator) -> Interval | None:
        x, y = pair(rng, 0.6)
        return r2_interval(y, 0.6 * x)

    assert share_held(draw, 0.36) > LEAST


def test_aupr_holds_with_eight_responders() -> None:
    shift, responder = 1.0, np.arange(83) < 8
    many = np.random.default_rng(1).normal(size=200_000)
    truth = np.arange(len(many)) < len(many) * 8 // 83
    true = float(average_precision_score(truth, many + shift * truth))

    def draw(rng: np.random.Generator) -> Interval:
        values = rng.normal(size=83) + shift * responder
        return aupr_interval(float(average_precision_score(responder, values)), responder)

    assert share_held(draw, true) > LEAST


def test_tau_is_inside_its_interval_with_ties(rng: np.random.Generator) -> None:
    x, y = rng.integers(0, 4, (2, 30)).astype(float)
    low, high = kendall_interval(x, y) or (1.0, -1.0)
    assert -1 <= low < stats.kendalltau(x, y).statistic < high <= 1


def test_few_samples_have_no_interval() -> None:
    values = np.arange(4.0)
    assert kendall_interval(values, values) is None
    assert r2_interval(values[:2], values[:2] + 1) is None
    assert r2_interval(values, values) is None
