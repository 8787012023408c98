import math
from collections.abc import Iterator, Mapping
from itertools import product

import numpy as np
import pandas as pd
import pytest

from qkdrp.experiments.pairs.claims import answered, best_by_validation, verdict_on
from qkdrp.experiments.pairs.controls import control_claims, noise_ceiling
from qkdrp.experiments.pairs.differences import Difference, where_both_learn
from qkdrp.experiments.pairs.setups import EMBEDDED, SHUFFLED, Place

PLACE = Place("lpo", 5000)


def tables(
    place: Place = PLACE,
    untrained: str = "",
    no_better: Mapping[str, int] | None = None,
    **errors: float,
) -> dict[str, pd.DataFrame]:
    """Return tables in which networks have some errors, with narrow intervals."""
    key = {"split": place.split, "size": place.size, "data": place.data}
    failed = {name: (no_better or {}).get(name, 0) for name in errors}
    networks = [name for name in errors if name not in {"additive_ridge", "mean", "line_mean"}]
    rows = {
        "scores": [
            {"model": name, "score": "mse", "mean": error} for name, error in errors.items()
        ],
        "comparisons": list(compared(errors)),
        "seeds": [
            {"model": name, "seed": seed, "mse": error, "no_better": seed < failed[name]}
            for name, error in errors.items()
            for seed in range(5)
        ],
        "trainings": [
            {
                "model": name,
                "n_runs": 5,
                "n_levelled_off": 5 - (name == untrained),
                "n_no_better": failed[name],
            }
            for name in networks
        ],
        "courses": [
            {"model": name, "seed": 0, "validation_loss": errors[name]} for name in networks
        ],
    }
    return {name: pd.DataFrame([{**key, **row} for row in each]) for name, each in rows.items()}


def compared(errors: Mapping[str, float]) -> Iterator[dict[str, object]]:
    """Yield the hybrid, and the ridge, beside the others."""
    for reference, other in product(("hybrid", "additive_ridge"), errors):
        if reference in errors and other not in {reference, "hybrid"}:
            value = errors[reference] - errors[other]
            ends = {"low": value - 1e-5, "high": value + 1e-5, "p": 1e-3, "q": 2e-3}
            names = {"score": "mse", "reference": reference, "other": other}
            yield {**names, "difference": value, **ends, "n_runs": 5}


def test_a_difference_is_the_same_from_both_sides() -> None:
    found = tables(hybrid=0.002, classical=0.003)
    there = Difference.of(found, PLACE, "hybrid", "classical", "mse")
    back = Difference.of(found, PLACE, "classical", "hybrid", "mse")
    assert there is not None
    assert back is not None
    assert there.value == pytest.approx(-back.value)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    assert (there.established, back.established) == (-1, 1)
    assert there.relative() == "-33.3% (95% -33.7% to -33.0%)"
    assert Difference.of(found, PLACE, "hybrid", "dense", "mse") is None


def test_claims_get_a_verdict() -> None:
    agreed = list(answered(tables(hybrid=0.002, classical=0.003), [PLACE]))
    assert [(claim.source, claim.verdict) for claim in agreed] == [("paper", "Agrees")]
    reverse = list(answered(tables(hybrid=0.003, classical=0.002), [PLACE]))
    assert reverse[0].verdict == "Does not agree: the reverse holds"
    assert "0.003 against classical 0.002, +50.0%" in reverse[0].sentence()


@pytest.mark.parametrize(("share", "verdict"), [(0.0, "Agrees"), (0.4, "Does not agree")])
def test_a_curve_that_rises_now_and_then_is_not_monotone(share: float, verdict: str) -> None:
    found = tables(hybrid=0.002, classical=0.003)
    row = {"score": "rising", "mean": share, "low": share, "high": share, "n_runs": 5}
    rising = found["scores"][:1].assign(**row)
    found["scores"] = pd.concat([found["scores"], rising])
    claim = next(each for each in answered(found, [PLACE]) if "falls monotonically" in each.claim)
    assert claim.verdict == verdict
    assert f"rises in {share:.0%} of the epochs" in claim.found


def test_no_claim_is_drawn_from_an_under_trained_network() -> None:
    found = tables(hybrid=0.002, classical=0.003, untrained="classical")
    assert (
        next(answered(found, [PLACE])).verdict
        == "No verdict: stopped by the limit of epochs (classical)"
    )


def test_trainings_that_are_no_better_than_the_mean_are_told() -> None:
    neither = tables(hybrid=0.00465, frozen=0.00466, no_better={"hybrid": 5, "frozen": 5})
    assert next(answered(neither, [PLACE])).verdict == (
        "No verdict: neither predicts better than the mean"
    )
    one = tables(hybrid=0.0020, classical=0.0014, no_better={"hybrid": 2})
    told = "; 2 of 5 trainings of hybrid predict no better than the mean"
    assert next(answered(one, [PLACE])).verdict == (f"Does not agree: the reverse holds{told}")
    both = where_both_learn(one, PLACE, "hybrid", "classical")
    assert both == "where both are better than the mean (3 seeds): 0.002 against 0.0014, +42.9%"
    assert both in next(answered(one, [PLACE])).found
    one["comparisons"] = one["comparisons"].assign(score="swing")
    one["scores"] = pd.concat([one["scores"], one["scores"].assign(score="swing")])
    assert next(answered(one, [PLACE])).verdict == f"No verdict{told}"


def test_a_difference_without_interval_has_no_verdict() -> None:
    nothing = Difference(1, 2, -1, math.nan, math.nan, math.nan, math.nan, 2)
    assert verdict_on(nothing) == "No verdict: too few seeds"
    assert nothing.established == 0
    unsure = Difference(1, 2, -1, -3, 1, 0.3, 0.3, 5)
    assert verdict_on(unsure) == "Not established"


def test_the_best_network_is_chosen_by_validation_and_held_against_the_ridge() -> None:
    found = tables(hybrid=0.003, moderated=0.001, additive_ridge=0.002)
    assert best_by_validation(found, PLACE) == "moderated"
    last = list(answered(found, [PLACE]))[-1]
    assert "MSE of moderated" in last.found
    assert last.verdict == "Agrees"


def test_the_negative_control_fails_where_a_network_finds_what_is_not_there() -> None:
    place = Place("lpo", 5000, SHUFFLED)
    simple = {"mean": 0.0044, "line_mean": 0.0056, "additive_ridge": 0.0045}
    (passed,) = control_claims(tables(place, hybrid=0.0045, **simple), [place])
    assert passed.verdict == "Passed"
    (failed,) = control_claims(tables(place, hybrid=0.0040, **simple), [place])
    assert failed.verdict == "FAILED"


def test_the_positive_control_shows_the_noise_ceiling() -> None:
    place = Place("lpo", 5000, EMBEDDED)
    found = tables(place, hybrid=0.0006, additive_ridge=0.0009, untrained="hybrid")
    (claim,) = control_claims(found, [place])
    assert claim.verdict == "Passed"
    assert f"noise ceiling {noise_ceiling():.4g}" in claim.found
    assert 1e-4 < noise_ceiling() < 5e-4
    assert np.isfinite(noise_ceiling())
    (missed,) = control_claims(tables(place, hybrid=0.00089, additive_ridge=0.0009), [place])
    assert missed.verdict == "FAILED"
