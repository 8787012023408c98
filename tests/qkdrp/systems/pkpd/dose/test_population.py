import numpy as np
import pytest
import torch

from qkdrp.common.errors import ConfigError
from qkdrp.systems.pkpd.data.truths import TRUTHS
from qkdrp.systems.pkpd.dose.distributions import Distribution, Regression
from qkdrp.systems.pkpd.dose.population import Population

OBSERVED = {
    "BW": np.array([50.0, 60.0, 70.0, 80.0, 100.0, 100.0]),
    "COMED": np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0]),
}


@pytest.mark.parametrize(
    ("text", "mean", "deviation"),
    [
        ("uniform:70,140", 105, 70 / 12**0.5),
        ("normal:40,10", 40, 10),
        ("lognormal:70,0.2", 70 * np.exp(0.02), 70 * np.exp(0.02) * np.expm1(0.04) ** 0.5),
        ("share:0.3", 0.3, 0.21**0.5),
        ("among:1,2,6", 3, (14 / 3) ** 0.5),
        ("0", 0, 0),
        ("-2.5", -2.5, 0),
    ],
)
def test_moments_of_distributions(text: str, mean: float, deviation: float) -> None:
    points = (np.arange(20000) + 0.5) / 20000
    distribution = Distribution.parse(text)
    values = distribution.quantile(points)
    assert values.mean() == pytest.approx(mean, rel=1e-3, abs=1e-9)
    assert values.std() == pytest.approx(deviation, rel=2e-3, abs=1e-9)
    assert str(distribution) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("uniform:140,70", "first number must be below"),
        ("uniform:70", "1 numbers, expected uniform:low,high"),
        ("gamma:1,2", "gamma"),
        ("share:1.5", "between 0 and 1"),
        ("normal:40,0", "above 0"),
        ("normal:40,x", "expected a number or one of"),
        ("heavy", "expected a number or one of"),
        ("uniform:1,nan", "not finite"),
        ("", "expected a number or one of"),
    ],
)
def test_texts_that_are_no_distribution_are_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Distribution.parse(text)


def test_what_stands_for_measured_values() -> None:
    assert str(Distribution.like(np.array([50.0, 62.0, 71.0, 80.0, 100.0]))) == "uniform:50,100"
    assert str(Distribution.like(np.array([0.0, 1.0, 1.0, 1.0]))) == "share:0.75"
    assert str(Distribution.like(np.array([3.0, 3.0]))) == "3"
    assert str(Distribution.like(np.array([1.0, 2.0, 2.0, 1.0, 2.0, 2.0]))) == "among:1,2,2"


def test_the_default_population_is_like_the_trial() -> None:
    found = Population.of_trial(OBSERVED)
    assert str(found) == "BW=uniform:50,100 COMED=share:0.5"


def test_words_change_what_they_name() -> None:
    found = Population.of_trial(OBSERVED, ("bw=uniform:70,140", "comed=0"), n_subjects=100)
    assert str(found) == "BW=uniform:70,140 COMED=0"
    assert found.n_subjects == 128
    subjects = found.draw(TRUTHS["truth-a"])
    assert (subjects.covariates["COMED"] == 0).all()
    assert 70 <= subjects.covariates["BW"].min() < 72
    assert 138 < subjects.covariates["BW"].max() <= 140


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("weight=70",), "BW, COMED"),
        (("bw",), "NAME=VALUES"),
        (("bw=70", "BW=80"), "twice"),
    ],
)
def test_words_that_are_none_are_refused(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Population.of_trial(OBSERVED, words)


def test_empirical_subjects_are_those_of_the_trial() -> None:
    model = TRUTHS["truth-a"]
    drawn = Population.of_trial(OBSERVED, ("empirical",), n_subjects=256).draw(model).covariates
    pairs = set(zip(drawn["BW"], drawn["COMED"], strict=True))
    assert pairs == set(zip(OBSERVED["BW"], OBSERVED["COMED"], strict=True))
    words = ("empirical", "bw=uniform:70,140", "comed=1")
    mapped = Population.of_trial(OBSERVED, words, n_subjects=256).draw(model).covariates
    assert set(mapped["BW"]) == {84.0, 112.0, 140.0}  # 60, 80 and 100 kg, mapped
    with pytest.raises(ConfigError, match="no subject of the trial"):
        Population.of_trial(OBSERVED, ("empirical", "comed=2"), n_subjects=4).draw(model)


def test_moments_of_virtual_subjects() -> None:
    model = TRUTHS["truth-a"]
    subjects = Population.of_trial(OBSERVED, n_subjects=8192).draw(model)
    typical = model.structure.to_natural(model.log_parameters(subjects.covariates))
    for name, deviation in zip(model.structure.parameters, model.omega.tolist(), strict=True):
        eta = torch.log(subjects.courses.parameters[name] / typical[name])
        if name != "Imax":
            assert float(eta.mean()) == pytest.approx(0, abs=2e-3)
            assert float(eta.std()) == pytest.approx(deviation, rel=0.01, abs=1e-12)
    assert float(subjects.noise.std()) == pytest.approx(1, rel=0.01)
    assert subjects.covariates["COMED"].mean() == pytest.approx(0.5, abs=1e-3)


def test_scenarios_share_their_random_numbers() -> None:
    model = TRUTHS["truth-a"]
    one = Population.of_trial(OBSERVED, n_subjects=64).draw(model)
    other = Population.of_trial(OBSERVED, ("comed=0",), n_subjects=64).draw(model)
    torch.testing.assert_close(one.courses.parameters["CL"], other.courses.parameters["CL"])
    assert (one.covariates["BW"] == other.covariates["BW"]).all()


def test_a_covariate_that_the_population_lacks_is_named() -> None:
    with pytest.raises(ConfigError, match="comed=VALUES"):
        Population({"BW": Distribution("value", (70.0,))}, 4).draw(TRUTHS["truth-a"])
    with pytest.raises(ConfigError, match="above 0"):
        Population({"BW": Distribution("value", (-70.0,))}, 4).draw(TRUTHS["truth-b"])


def test_a_baseline_follows_the_covariates(rng: np.random.Generator) -> None:
    comed = np.tile([0.0, 1.0], 500)
    baseline = 2.0 - 0.3 * comed + 0.2 * rng.normal(size=1000)
    observed = {"COMED": comed, "PD0": baseline}
    found = Regression.fit(baseline, {"COMED": comed})
    assert found.slopes["COMED"] == pytest.approx(-0.3, abs=0.03)
    assert found.deviation == pytest.approx(0.2, rel=0.1)
    assert Population.of_trial(observed).baseline is not None
    assert Population.of_trial(observed, ("pd0=2",)).baseline is None
