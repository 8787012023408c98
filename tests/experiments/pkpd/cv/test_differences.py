from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from qkdrp.experiments.pkpd.cv.answers import answers
from qkdrp.experiments.pkpd.cv.contenders import DOSE_TIME_MEAN, LINEAR, QUANTUM, Variant
from qkdrp.experiments.pkpd.cv.differences import DETECTABLE, differences_frame, swap_test
from qkdrp.experiments.pkpd.cv.pooled import ENDPOINTS, Pooled
from qkdrp.experiments.pkpd.cv.scores import scores_frame
from qkdrp.experiments.pkpd.cv.shown import Difference

N_SUBJECTS, N_TIMES = 36, 8


def made(sd: float, seed: int, more: float = 0.0, n_seeds: int = 1, told: bool = False) -> Pooled:
    """Return made-up predictions; errors of all models share a part that the subject decides."""
    subject = np.repeat(np.arange(N_SUBJECTS), 2 * N_TIMES)
    rows = pd.DataFrame(
        {
            "subject": subject.astype(str),
            "endpoint": np.tile(np.repeat(list(ENDPOINTS.values()), N_TIMES), N_SUBJECTS),
            "time": np.tile(np.arange(N_TIMES, dtype=float), 2 * N_SUBJECTS),
            "dose": np.choose(subject % 3, [1.0, 3.0, 10.0]),
            "measured": 5.0,
            "scale": 2.0,
            "fold": subject // 3,
        }
    )
    shared = np.random.default_rng(0).normal(0, 0.8 - 0.3 * told, N_SUBJECTS)[subject]
    own = np.random.default_rng(seed).normal(0, sd, (len(rows), n_seeds))
    return Pooled(rows, 5.0 + (1 + more) * shared[:, np.newaxis] + own)


def test_a_randomisation_test_is_even_handed() -> None:
    left, right = made(0.1, 1), made(0.1, 2, more=0.1)
    p = swap_test(left.squares, right.squares, left.groups)
    assert p == swap_test(right.squares, left.squares, left.groups)
    assert p < 0.001
    assert swap_test(left.squares, left.squares, left.groups) == 1.0


def test_a_randomisation_test_holds_its_level() -> None:
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(20), 5)
    found = [
        swap_test(rng.chisquare(1, (100, 1)), rng.chisquare(1, (100, 1)), groups) < 0.1
        for _ in range(200)
    ]
    assert 0.04 < np.mean(found) < 0.17


def test_a_difference_has_an_interval_on_the_same_subjects() -> None:
    """Errors that both models share do not widen it."""
    found = {Variant(LINEAR): made(0.1, 2), Variant(QUANTUM): made(0.1, 1, n_seeds=3)}
    row = differences_frame(found).iloc[0]
    assert (row["left"], row["right"], row["n_seeds"]) == (QUANTUM, LINEAR, 3)
    alone = scores_frame(found)
    width = float((alone["high"] - alone["low"]).iloc[0])
    assert row["low"] <= 0 <= row["high"]
    assert row["high"] - row["low"] < 0.2 * width
    assert row["detectable"] == pytest.approx(DETECTABLE * row["se"])
    assert pytest.approx(2.80, abs=0.01) == DETECTABLE
    assert min(row["p"], row["p_folds"]) > 0.05


def sentences(found: Mapping[Variant, Pooled], aims: bool = False) -> list[str]:
    return list(answers(scores_frame(found), differences_frame(found), aims=aims))


def test_level_heads_are_called_level_with_what_could_have_been_seen() -> None:
    found = {Variant(LINEAR): made(0.1, 2), Variant(QUANTUM): made(0.1, 1)}
    (line,) = (
        each for each in sentences(found) if each.startswith("Quantum head") and "PK" in each
    )
    assert "level within the paired interval: no effect of the circuit is established" in line
    assert "The smallest difference that 36 subjects would have shown" in line


@pytest.mark.parametrize(("more", "words"), [(0.1, "makes it worse"), (-0.1, "makes it better")])
def test_a_head_that_differs_is_called_so(more: float, words: str) -> None:
    found = {Variant(LINEAR): made(0.1, 2), Variant(QUANTUM): made(0.1, 1, more=more)}
    line = next(each for each in sentences(found) if each.startswith("Quantum head"))
    assert f"the circuit {words}. " in line


def test_a_model_behind_the_mean_of_dose_and_time_is_called_worse() -> None:
    found = {
        Variant(LINEAR): made(0.1, 2, more=-0.3),
        Variant("mlp"): made(0.1, 4, more=0.3),
        Variant(DOSE_TIME_MEAN): made(0.1, 3),
    }
    (line,) = (each for each in sentences(found) if each.startswith("PK, the mean"))
    assert "Network is worse than that" in line
    assert "Grey box" not in line
    del found[Variant("mlp")]
    assert any("no model is worse than that" in each for each in sentences(found))


def test_aims_are_met_or_missed() -> None:
    found = {
        Variant(QUANTUM): made(0.01, 2),
        Variant(QUANTUM, told=True): made(0.01, 2, told=True),
    }
    told = [each for each in sentences(found, aims=True) if each.startswith("Aim of")]
    assert len(told) == 3
    assert "MISSED" in told[0]
    assert "met" in told[2]
    assert not any(each.startswith("Aim of") for each in sentences(found))
    changes = next(each for each in sentences(found) if "changes the PD RMSE" in each)
    assert "Grey box, quantum head 0." in changes


def test_a_difference_is_the_same_from_both_sides() -> None:
    models = {Variant(LINEAR): made(0.1, 2), Variant(QUANTUM): made(0.1, 1, more=0.1)}
    pair = Variant(QUANTUM), Variant(LINEAR)
    one, other = (
        Difference.of(differences_frame(dict(each)), "PK", *pair)
        for each in (models.items(), list(models.items())[::-1])
    )
    assert one is not None
    assert other is not None
    assert one.established == 1
    assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))
    assert one.left > one.right
    assert (one.left, one.p) == (other.left, other.p)


def test_a_difference_that_the_study_does_not_have() -> None:
    table = differences_frame({Variant(LINEAR): made(0.1, 2), Variant(QUANTUM): made(0.1, 1)})
    assert Difference.of(table, "PK", Variant(QUANTUM), Variant("mlp")) is None
    found = Difference.of(table, "PK", Variant(QUANTUM), Variant(LINEAR))
    assert found is not None
    assert found.established == 0


def test_two_subjects_tell_nothing() -> None:
    few = [made(0.1, seed) for seed in (1, 2)]
    cut = [Pooled(each.rows[:32], each.predicted[:32]) for each in few]
    table = differences_frame({Variant(LINEAR): cut[0], Variant(QUANTUM): cut[1]})
    assert table[["low", "high", "p", "p_folds", "q"]].isna().all(axis=None)
    assert np.isfinite(table["difference"]).all()
