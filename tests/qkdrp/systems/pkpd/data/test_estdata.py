"""The embedded trial: counts that the organisers' table has, and its origin."""

from hashlib import sha256

import numpy as np
import pytest

from qkdrp.systems.pkpd.data.load import EMBEDDED_FILE, load_trial
from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION, Trial

PD_TIMES = [0, 1, 2, 4, 8, 12, 24, 36, 48, 72, 168, 336, 480, 481, 482, 484, 488, 492, 504, 552,
            600, 672, 840, 1008, 1176]  # fmt: skip


def values(trial: Trial, endpoint: str) -> np.ndarray:
    return np.concatenate([each.observations[endpoint].values for each in trial.subjects])


def test_the_file_is_the_published_one() -> None:
    digest = "100f88299a07863869c9179fc0c3c8a42653321189aa0cc1878adc5b086732ce"
    assert sha256(EMBEDDED_FILE.read_bytes()).hexdigest() == digest
    origin = EMBEDDED_FILE.with_suffix(".md").read_text()
    assert digest in origin
    assert "CC0-1.0" in origin


def test_counts(estdata: Trial) -> None:
    assert len(estdata) == 48
    assert estdata.covariates == ("BW", "COMED")
    assert estdata.ids.tolist() == [str(number) for number in range(1, 49)]
    assert sum(len(each.doses) for each in estdata.subjects) == 756
    assert estdata.n_observations(CONCENTRATION) == 864
    assert estdata.n_observations(BIOMARKER) == 1200
    assert estdata.dose_levels().tolist() == [0] * 12 + [1] * 12 + [3] * 12 + [10] * 12
    for subject in estdata.subjects:
        assert subject.observations[BIOMARKER].times.tolist() == PD_TIMES
        treated = subject.dose_level > 0
        expected = PD_TIMES[1:] if treated else []
        assert subject.observations[CONCENTRATION].times.tolist() == expected
        assert subject.doses.times.tolist() == ([24 * day for day in range(21)] if treated else [])
        assert (subject.doses.amounts == subject.dose_level).all()
    assert estdata.notes == ()
    assert estdata.synthetic


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [(CONCENTRATION, (2.130, 2.638, 0.002, 14.874)), (BIOMARKER, (6.674, 3.226, 1.010, 18.809))],
)
def test_distributions(
    estdata: Trial, endpoint: str, expected: tuple[float, float, float, float]
) -> None:
    found = values(estdata, endpoint)
    numbers = (found.mean(), found.std(ddof=1), found.min(), found.max())
    assert numbers == pytest.approx(expected, abs=6e-4)


def test_covariates_by_dose(estdata: Trial) -> None:
    weights, given = estdata.covariate("BW"), estdata.covariate("COMED")
    assert weights.mean() == pytest.approx(73.60, abs=5e-3)
    assert weights.std(ddof=1) == pytest.approx(15.74, abs=5e-3)
    assert (weights.min(), weights.max()) == (51, 100)
    levels = estdata.dose_levels()
    means = [weights[levels == dose].mean() for dose in (0, 1, 3, 10)]
    assert means == pytest.approx([76.33, 76.17, 66.25, 75.67], abs=6e-3)
    assert [given[levels == dose].sum() for dose in (0, 1, 3, 10)] == [7, 6, 6, 5]


def test_who_is_suppressed_on_the_last_day_of_dosing(estdata: Trial) -> None:
    below = dict.fromkeys((0.0, 1.0, 3.0, 10.0), 0)
    largest = {}
    for subject in estdata.subjects:
        observed = subject.observations[BIOMARKER]
        last_day = observed.values[(observed.times >= 480) & (observed.times <= 504)]
        assert len(last_day) == 7
        below[subject.dose_level] += bool((last_day < 3.3).all())
        largest[subject.id] = last_day.max()
    assert list(below.values()) == [0, 0, 6, 11]
    assert largest["46"] == pytest.approx(3.646, abs=5e-4)


def test_it_loads_the_same_twice_and_as_a_file(estdata: Trial) -> None:
    assert load_trial().digest() == estdata.digest()
    assert load_trial(str(EMBEDDED_FILE)).digest() == estdata.digest()
    assert estdata.select(estdata.ids[:5]).digest() != estdata.digest()
