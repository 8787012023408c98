import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import norm
from torch import nn

from qkdrp.common.errors import ConfigError
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.load import load_trial
from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION
from qkdrp.systems.pkpd.dose.answer import find_dose
from qkdrp.systems.pkpd.dose.criterion import Criterion
from qkdrp.systems.pkpd.dose.feature_ranges import FeatureRanges
from qkdrp.systems.pkpd.dose.held_out import Offsets
from qkdrp.systems.pkpd.dose.model import DoseSource
from qkdrp.systems.pkpd.dose.outcome import Question, answer_question
from qkdrp.systems.pkpd.dose.population import Population
from qkdrp.systems.pkpd.dose.regressor import RegressorDoses
from qkdrp.systems.pkpd.dose.shortcuts import Shortcuts
from qkdrp.systems.pkpd.find_model import find_model
from qkdrp.systems.pkpd.mechanism import Schedule
from qkdrp.systems.pkpd.preprocess import Preprocessor

TRIAL = load_trial("truth-b")
OFFSETS = Offsets(
    {CONCENTRATION: 0.0, BIOMARKER: 0.1},
    {CONCENTRATION: 0.3, BIOMARKER: 0.2},
    {CONCENTRATION: 0.1, BIOMARKER: 0.1},
    {CONCENTRATION: 6, BIOMARKER: 6},
)
Curve = Callable[[dict[str, torch.Tensor]], torch.Tensor]


@pytest.fixture(autouse=True)
def few_courses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Courses here do not depend on covariates, so that few of them do."""
    monkeypatch.setattr("qkdrp.systems.pkpd.dose.regressor.N_COURSES", 8)
    monkeypatch.setattr("qkdrp.systems.pkpd.dose.regressor.N_PROBED", 4)


class Known(nn.Module):
    """A network whose biomarker is a known function of its features; concentrations are 1 mg/L."""

    def __init__(self, preprocessor: Preprocessor, curve: Curve) -> None:
        super().__init__()
        self.of, self.curve = preprocessor, curve

    def forward(self, drug: torch.Tensor, marker: torch.Tensor, *_: torch.Tensor) -> torch.Tensor:
        scaling, names = self.of.features[BIOMARKER], self.of.feature_names(BIOMARKER)
        rows = marker.double() * torch.from_numpy(scaling.sd) + torch.from_numpy(scaling.mean)
        found = self.curve(dict(zip(names, rows.unbind(-1), strict=True)))
        scales = self.of.values  # noqa: PD011  # a mapping
        both = {CONCENTRATION: torch.ones(drug.shape[:2]).double(), BIOMARKER: found}
        return torch.cat(
            [
                (both[name] - float(scales[name].mean)) / float(scales[name].sd)
                for name in (CONCENTRATION, BIOMARKER)
            ],
            dim=1,
        )


def model_of(curve: Curve, *, baseline: bool = False) -> RegressorDoses:
    config = PkpdConfig.make(
        data={"source": "truth-b"}, model={"model": "mlp", "baseline": baseline}
    )
    known = Preprocessor.fit(TRIAL, config, "standard")
    ranges = FeatureRanges.of(known, TRIAL)
    return RegressorDoses("known", find_model("mlp"), known, Known(known, curve), ranges, OFFSETS)


def by_dose(features: dict[str, torch.Tensor]) -> torch.Tensor:
    return 10 * torch.exp(-0.3 * features["DOSE"])


POPULATION = Population.of_trial({"BW": np.array([50.0, 130.0])}, n_subjects=4096)
DAILY = Criterion(5.0, 0.9, 24.0)


def test_a_known_course_has_the_dose_of_its_closed_form() -> None:
    answer = find_dose(model_of(by_dose), POPULATION, DAILY, 0.5)
    exact = (math.log(10 / 5) + 0.1 + norm.ppf(0.9) * 0.2) / 0.3  # of log(5) = log R + offset
    assert answer.found.exact == pytest.approx(exact, rel=5e-3)
    assert answer.found.dose == math.ceil(exact / 0.5) * 0.5
    assert answer.support.settled
    assert "at steady state after 2 doses" in answer.support.steady


def test_features_outside_the_training_are_counted() -> None:
    answer = find_dose(model_of(by_dose), POPULATION, replace(DAILY, target=1e-3), 50.0)
    outside = answer.support.outside
    assert outside["DOSE"] == 1.0
    assert "TIME" not in outside  # two doses
    assert answer.extrapolates
    assert str(answer).endswith("extrapolates")
    assert "DOSE (100%)" in str(answer.support)
    assert answer.to_json()["support"]["features_outside_training"]["DOSE"] == 1.0


def test_a_course_that_never_repeats_is_said_so() -> None:
    model = model_of(lambda features: 20 - 0.005 * features["TIME"])
    answer = find_dose(model, POPULATION, DAILY, 0.5)
    assert not answer.support.settled
    assert "after 84 doses (84 days)" in answer.support.steady
    below = find_dose(model_of(lambda f: 5 - 0.005 * f["TIME"]), POPULATION, DAILY, 0.5)
    assert "below 0" in below.support.steady


def test_offsets_are_those_of_held_out_subjects() -> None:
    log = {"a": (0.1, 0.3), "b": (-0.2, 0.2)}
    rows = [
        {"subject": name, "endpoint": BIOMARKER, "part": "test", "measured": 2 * math.exp(each),
         "prediction": 2.0}
        for name, values in log.items()
        for each in values
    ]  # fmt: skip
    trained = {**rows[0], "part": "train", "measured": 100.0}
    negative = {**rows[0], "prediction": -1.0}
    found = Offsets.of(pd.DataFrame([*rows, trained, negative]))
    assert found.mean[BIOMARKER] == pytest.approx(0.1)
    assert found.deviation[BIOMARKER] == pytest.approx(0.2 / math.sqrt(2))
    assert found.within[BIOMARKER] == pytest.approx(math.sqrt((2 * 0.1**2 + 2 * 0.2**2) / 2))
    assert found.n_subjects == {CONCENTRATION: 0, BIOMARKER: 2}
    with pytest.raises(ConfigError, match="--variability none"):
        Offsets.of(pd.DataFrame(rows[:2]))


def test_the_baseline_reaches_the_network() -> None:
    model = model_of(lambda features: torch.exp(features["PD0"]), baseline=True)
    covariates = {"BW": np.array([60.0, 80.0]), "PD0": np.log([3.0, 5.0])}
    interval = model.without_variability().subjects(covariates).interval(24.0)
    expected = torch.tensor([[3.0], [5.0]]).double().expand(-1, 17)
    torch.testing.assert_close(interval.at(1.0).biomarker, expected, rtol=1e-5, atol=0)
    assert model.covariates == ("BW", "PD0")
    assert (interval.at(0.0).concentration == 0).all()


def test_courses_at_any_times_are_those_in_their_order() -> None:
    model = model_of(lambda features: 1 + features["TSLD"])
    subjects = model.without_variability().subjects({"BW": np.array([60.0, 80.0])})
    schedule = Schedule.padded([([0.0, 24.0], [1.0, 1.0]), ([], [])])
    times = torch.tensor([[30.0, 2.0, 0.0, 0.0], [5.0, 1.0, 3.0, 0.0]]).double()
    found = subjects.courses(schedule, times).biomarker
    expected = torch.tensor([[7.0, 3.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]]).double()
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_the_scaler_of_concentrations_changes_what_the_network_reads() -> None:
    model = model_of(by_dose)
    mixed = model.with_pk_scaler()
    drug, marker = (model.preprocessor.features[name] for name in (CONCENTRATION, BIOMARKER))
    place = model.preprocessor.feature_names(BIOMARKER).index("DOSE")
    read = (2.0 - drug.mean[place]) / drug.sd[place] * marker.sd[place] + marker.mean[place]
    one = mixed.without_variability().subjects({"BW": np.array([60.0])}).interval(24.0)
    assert float(one.at(2.0).biomarker[0, 0]) == pytest.approx(10 * math.exp(-0.3 * read), rel=1e-4)


def test_an_outcome_of_a_model_on_features_says_what_it_rests_on() -> None:
    source = DoseSource(model_of(by_dose), TRIAL, (), "known", "none of them")
    outcome = answer_question(source, Question(DAILY, 0.5, n_subjects=1024))
    checks = {each.name: each for each in outcome.checks}
    assert checks["steady state"].passed
    assert outcome.typical.biomarker[0] == pytest.approx(5 * 1.0, rel=0.3)
    assert "no interval: none of them" in str(outcome.answer)
    assert outcome.to_json()["model"]["omega"][BIOMARKER] == 0.2
    assert len(outcome.counts) == 4
    with pytest.raises(ConfigError, match="--loading"):
        answer_question(source, Question(DAILY, loading=True))
    taken = replace(Question(DAILY), shortcuts=Shortcuts.pnu())
    compat = answer_question(source, taken)
    assert compat.answer.population.n_subjects == len(TRIAL)
    assert compat.answer.found.dose <= 10
    assert set(compat.to_json()["shortcuts"]) == set(Shortcuts.pnu().taken)
