import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from qkdrp.common.intervals import (
    POSITIVE,
    REAL_LINE,
    auc_interval,
    differences,
    mean_interval,
    mse_interval,
    pearson_interval,
    placements,
    spearman_interval,
    wilson,
)
from qkdrp.systems.response.scores import responder_auc

CLASSES = st.tuples(st.integers(1, 30), st.integers(1, 60), st.integers(0, 2**32 - 1))
Draw = Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]


def classes(m: int, n: int, seed: int, digits: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """Return two classes, with ties where values have few digits."""
    rng = np.random.default_rng(seed)
    return rng.normal(0.5, size=m).round(digits), rng.normal(size=n).round(digits)


def wider(area: float, ratio: float) -> Draw:
    """Return 8 responders that are wider than 75 others."""
    shift = stats.norm.ppf(area) * math.sqrt(1 + ratio**2)
    return lambda rng: (shift + ratio * rng.normal(size=8), rng.normal(size=75))


def two_groups(area: float) -> Draw:
    """Return 8 responders in two groups far apart."""

    def excess(centre: float) -> float:
        return stats.norm.cdf([(centre + 3) / 1.118, (centre - 3) / 1.118]).mean() - area

    centre = optimize.brentq(excess, -9, 9)

    def draw(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        return centre + rng.choice([-3, 3], 8) + rng.normal(0, 0.5, 8), rng.normal(size=75)

    return draw


@given(CLASSES, st.integers(0, 9))
def test_the_mean_placement_is_the_auc(sizes: tuple[int, int, int], digits: int) -> None:
    higher, lower = classes(*sizes, digits)
    above, below = placements(higher, lower)
    by_hand = [((x > lower) + 0.5 * (x == lower)).mean() for x in higher]
    np.testing.assert_allclose(above, by_hand, atol=1e-12)
    responder = np.arange(len(higher) + len(lower)) < len(higher)
    auc = responder_auc(responder, -np.concatenate([higher, lower]))
    assert above.mean() == pytest.approx(auc)
    assert below.mean() == pytest.approx(auc)


@given(CLASSES, st.integers(0, 9))
def test_the_auc_interval_holds_the_auc_and_stays_inside(
    sizes: tuple[int, int, int], digits: int
) -> None:
    higher, lower = classes(*sizes, digits)
    low, high = auc_interval(higher, lower)
    auc = placements(higher, lower)[0].mean()
    assert 0.0 <= low <= auc + 1e-12
    assert auc - 1e-12 <= high <= 1.0
    assert high > low
    assert auc_interval(-higher, -lower) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@pytest.mark.parametrize("side", [1, -1])
def test_the_auc_interval_has_a_width_at_the_ends(side: int) -> None:
    low, high = auc_interval(side * (10 + np.arange(8.0)), side * np.arange(-75.0, 0.0))
    assert 0.1 < high - low < 0.5


def test_the_auc_interval_narrows_with_more_samples() -> None:
    found = [auc_interval(*classes(8 * factor, 75 * factor, 1)) for factor in (1, 16, 256)]
    widths = [high - low for low, high in found]
    assert widths[0] > 2.5 * widths[1] > 9 * widths[2]


def test_with_many_samples_it_is_delongs() -> None:
    higher, lower = classes(3000, 5000, 2)
    above, below = placements(higher, lower)
    error = math.sqrt(above.var(ddof=1) / 3000 + below.var(ddof=1) / 5000)
    low, high = auc_interval(higher, lower)
    assert (high - low) / 2 == pytest.approx(1.96 * error, rel=0.01)


@pytest.mark.parametrize(
    "draw_of",
    [
        pytest.param(lambda: (0.6, wider(0.6, 1)), id="equal"),
        pytest.param(lambda: (0.9, wider(0.9, 1)), id="equal-high"),
        pytest.param(lambda: (0.7, wider(0.7, 3)), id="wide"),
        pytest.param(lambda: (0.5, two_groups(0.5)), id="groups"),
        pytest.param(lambda: (0.7, two_groups(0.7)), id="groups-high"),
    ],
)
def test_the_auc_interval_covers_what_it_promises(
    draw_of: Callable[[], tuple[float, Draw]], rng: np.random.Generator
) -> None:
    # Newcombe's method covers 0.82 of "wide" and 0.70 of "groups".
    area, draw = draw_of()
    found = [auc_interval(*draw(rng)) for _ in range(600)]
    assert np.mean([low <= area <= high for low, high in found]) > 0.9


def test_wilson_by_hand() -> None:
    low, high = wilson(0.3, 20, 1.96)
    for end in (low, high):
        assert abs(0.3 - end) == pytest.approx(1.96 * math.sqrt(end * (1 - end) / 20))


@pytest.mark.parametrize(
    ("draw", "true", "least"),
    [
        (lambda rng: rng.normal(size=65), 1.0, 0.925),
        (lambda rng: rng.standard_t(5, 65), 5 / 3, 0.88),  # Student's covers 0.84
        (lambda rng: np.clip(0.3 * rng.standard_t(3, 65), -2, 2), 0.2118, 0.895),  # 0.865
    ],
    ids=["normal", "t5", "bounded"],
)
def test_the_mse_interval_covers_what_it_promises(
    draw: Callable[[np.random.Generator], np.ndarray],
    true: float,
    least: float,
    rng: np.random.Generator,
) -> None:
    found = [mse_interval(draw(rng) ** 2) for _ in range(3000)]
    assert np.mean([low <= true <= high for low, high in found]) > least  # type: ignore[misc]


def test_the_mse_interval_is_students_where_errors_are_symmetric() -> None:
    errors = np.array([0.1, 0.2, 0.4, 0.6, 0.8, 0.9])
    interval = stats.ttest_1samp(errors, 0.0).confidence_interval()
    assert mse_interval(errors) == pytest.approx((interval.low, interval.high))


@given(st.lists(st.floats(0, 4), min_size=3, max_size=40))
def test_the_mse_interval_holds_the_mse_and_is_never_negative(values: list[float]) -> None:
    errors = np.array(values)
    found = mse_interval(errors)
    if found is None:
        assert np.ptp(errors) <= 1e-9 * errors.max()
    else:
        assert 0.0 <= found[0] <= errors.mean() * (1 + 1e-9)
        assert errors.mean() <= found[1] * (1 + 1e-9)


@pytest.mark.parametrize("values", [[0.3, 0.4], [0.3, 0.3, 0.3, 0.3]])
def test_too_little_has_no_interval(values: list[float]) -> None:
    assert mse_interval(np.array(values)) is None
    assert mean_interval(np.array(values), REAL_LINE) is None


def test_a_mean_interval_is_students_inside_its_range() -> None:
    values = np.array([0.2, 0.9, 0.95])
    low, high = stats.t.interval(0.95, 2, values.mean(), stats.sem(values))
    assert mean_interval(values, REAL_LINE) == pytest.approx((low, high))
    assert mean_interval(values, (0.0, 1.0)) == (0.0, 1.0)


def test_ranges_of_differences() -> None:
    assert differences((-1.0, 1.0)) == (-2.0, 2.0)
    assert differences(POSITIVE) == REAL_LINE


@pytest.mark.parametrize("interval", [pearson_interval, spearman_interval])
@given(st.integers(4, 100), st.floats(-1, 1), st.integers(0, 2**32 - 1), st.integers(0, 9))
def test_the_interval_of_a_correlation_holds_it(
    interval: Callable[..., tuple[float, float]], n: int, rho: float, seed: int, digits: int
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    y = (rho * x + math.sqrt(1 - rho**2) * rng.normal(size=n)).round(digits)
    if np.ptp(y) == 0:
        return
    method = stats.pearsonr if interval is pearson_interval else stats.spearmanr
    low, high = interval(x, y)
    assert -1 <= low <= method(x, y).statistic + 1e-9
    assert method(x, y).statistic - 1e-9 <= high <= 1


def test_intervals_of_normal_pairs_are_fishers(rng: np.random.Generator) -> None:
    x, rest = rng.normal(size=(2, 20_000))
    y = 0.5 * x + math.sqrt(0.75) * rest
    expected = stats.pearsonr(x, y).confidence_interval()
    np.testing.assert_allclose(pearson_interval(x, y), expected, atol=1e-3)
    found = stats.spearmanr(x, y).statistic
    margin = stats.norm.ppf(0.975) * np.sqrt((1 + found**2 / 2) / 20_000)
    ends = np.tanh([np.arctanh(found) - margin, np.arctanh(found) + margin])
    np.testing.assert_allclose(spearman_interval(x, y), ends, atol=1e-3)


@pytest.mark.parametrize("interval", [pearson_interval, spearman_interval])
def test_the_interval_of_a_correlation_covers_pairs_that_are_not_normal(
    interval: Callable[..., tuple[float, float]], rng: np.random.Generator
) -> None:
    # Noise that grows with the value: Fisher's covers 0.75, Bonett and Wright's 0.90.
    pairs = [(x, np.abs(x) * rng.normal(size=121)) for x in rng.normal(size=(600, 121))]
    held = [low <= 0.0 <= high for low, high in (interval(*pair) for pair in pairs)]
    assert np.mean(held) > 0.91
