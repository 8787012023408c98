import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from qkdrp.common.errors import ConfigError
from qkdrp.systems.pkpd.data.load import load_trial
from qkdrp.systems.pkpd.data.truths import TRUTHS
from qkdrp.systems.pkpd.dose.answer import Spread, find_dose
from qkdrp.systems.pkpd.dose.checks import (
    check_covariate,
    check_fractions,
    check_intervals,
    check_monotone,
)
from qkdrp.systems.pkpd.dose.criterion import Criterion, Responses
from qkdrp.systems.pkpd.dose.model import DoseSource
from qkdrp.systems.pkpd.dose.outcome import Outcome, Question, answer_question
from qkdrp.systems.pkpd.dose.population import Population
from qkdrp.systems.pkpd.dose.trial_check import level_counts

MODEL = TRUTHS["truth-a"]
WEAKER = replace(MODEL, natural={**MODEL.natural, "IC50": 0.7})
STRONGER = replace(MODEL, natural={**MODEL.natural, "IC50": 0.35})
WEEKLY = Criterion(7.0, 0.9, 168.0)


@pytest.fixture(scope="module")
def source() -> DoseSource:
    return DoseSource(MODEL, load_trial("truth-a"), (WEAKER, STRONGER, MODEL), "truth-a")


@pytest.fixture(scope="module")
def outcome(source: DoseSource) -> Outcome:
    words = ("bw=uniform:70,140", "comed=0")
    return answer_question(source, Question(WEEKLY, 5.0, words, 20.0, True, 1024))


def test_an_outcome_holds_dose_interval_and_shares(outcome: Outcome) -> None:
    answer = outcome.answer
    assert answer.low < answer.found.exact < answer.high
    assert outcome.lower.found.exact < answer.found.exact
    assert outcome.lower.criterion.fraction == 0.75
    assert (np.diff(outcome.shares) >= 0).all()
    assert outcome.shares[0] == 0
    assert 0 < outcome.above_cmax <= 1
    assert outcome.steady.concentration.shape == (3, len(outcome.steady.times))
    assert (outcome.steady.biomarker.diff(dim=0) >= 0).all()


def test_checks_of_a_true_model_pass_but_for_what_was_not_studied(outcome: Outcome) -> None:
    names = {check.name: check for check in outcome.checks}
    assert {"monotone", "fractions", "intervals", "covariate BW", "covariate COMED"} <= set(names)
    failed = {name for name, check in names.items() if not check.passed}
    assert failed == {"studied range", "studied population"}
    assert "every 24 h, not every 168 h" in names["studied range"].words
    assert len(outcome.counts) == 4


def test_the_record_is_plain(outcome: Outcome) -> None:
    record = json.loads(json.dumps(outcome.to_json(), allow_nan=False))
    assert {
        "dose",
        "dose_exact",
        "low",
        "high",
        "share",
        "population",
        "model",
        "criterion",
    } <= set(record)
    assert record["disclaimer"] == "For research, not for treatment."
    assert record["population"]["covariates"] == {"BW": "uniform:70,140", "COMED": "0"}
    assert record["refits"]["n"] == 3


def test_the_loading_dose_brings_steady_concentrations_at_once(outcome: Outcome) -> None:
    loading = outcome.loading
    assert loading.dose > outcome.answer.found.dose
    assert loading.doses[0] < loading.dose < loading.doses[1]
    assert 168 <= loading.hours[0] <= loading.hours[1] <= 20 * 168


def test_a_target_that_is_out_of_reach(source: DoseSource) -> None:
    none = replace(source, refits=(MODEL,))
    outcome = answer_question(none, Question(Criterion(1.0, 0.9, 24.0), 0.5, n_subjects=256))
    assert "not reached up to" in str(outcome.answer)
    record = outcome.to_json()
    assert record["dose"] is None
    assert record["high"] is None
    assert record["refits"]["not_reached"] == 1


def test_a_biomarker_that_rises() -> None:
    source = DoseSource(TRUTHS["truth-b"], load_trial("truth-b"))
    question = Question(Criterion(8.0, 0.75, 12.0, "above"), 0.1, n_subjects=1024)
    outcome = answer_question(source, question)
    daily = answer_question(
        source, replace(question, criterion=replace(question.criterion, interval=24.0))
    )
    assert outcome.answer.spread is None
    assert "no interval" in str(outcome.answer)
    assert daily.answer.found.exact >= 2 * outcome.answer.found.exact  # fluctuation costs
    assert {c.name: c.passed for c in outcome.checks}["intervals"]


def test_measurement_error_asks_for_more() -> None:
    population = Population.of_trial({"BW": np.array([50.0, 130.0])}, n_subjects=1024)
    model = TRUTHS["truth-b"]
    plain = Criterion(8.0, 0.9, 24.0, "above")
    noisy = find_dose(model, population, replace(plain, noise=True), 0.1)
    assert noisy.found.exact > find_dose(model, population, plain, 0.1).found.exact


def test_a_dose_of_nothing_has_the_share_of_the_baseline() -> None:
    population = Population.of_trial({"BW": np.array([50.0, 130.0])}, n_subjects=2048)
    model = TRUTHS["truth-b"]
    subjects = population.draw(model)
    responses = Responses(model, subjects, Criterion(4.0, 0.5, 24.0, "above"))
    expected = float((subjects.courses.parameters["R0"] > 4.0).double().mean())
    assert responses.share(0.0) == expected
    assert responses.share(1e-9) == pytest.approx(expected, abs=1e-3)


def test_the_trial_is_inside_what_its_own_truth_predicts(source: DoseSource) -> None:
    counts = level_counts(source, Criterion(7.0, 0.9, 24.0))
    assert [count.dose for count in counts] == [0.0, 4.0, 12.0, 40.0]
    assert all(count.n == 12 for count in counts)
    assert all(count.inside for count in counts)
    assert counts[0].observed == 0
    wrong = replace(source, model=replace(MODEL, natural={**MODEL.natural, "Imax": 0.3}))
    assert not all(count.inside for count in level_counts(wrong, Criterion(7.0, 0.9, 24.0)))


def test_the_embedded_trial_has_the_tabulated_counts() -> None:
    source = DoseSource(MODEL, load_trial(None))
    counts = level_counts(source, Criterion(3.3, 0.9, 24.0))
    assert [count.observed for count in counts] == [0, 0, 6, 11]


def test_checks_find_what_they_look_for() -> None:
    population = Population.of_trial(
        {"BW": np.array([50.0, 100.0]), "COMED": np.array([0.0, 1])}, n_subjects=64
    )
    daily = find_dose(MODEL, population, Criterion(7.0, 0.9, 24.0), 0.5)
    weekly = find_dose(MODEL, population, Criterion(7.0, 0.9, 168.0), 5.0)
    assert check_intervals(daily, weekly).passed
    few = replace(weekly, found=replace(weekly.found, exact=3 * daily.found.exact))
    assert not check_intervals(daily, few).passed
    assert not check_fractions(weekly, daily).passed
    falling = check_monotone([0.0, 1.0, 2.0], [0.0, 0.6, 0.5])
    assert not falling.passed
    assert "from 0.600 at 1 mg" in falling.words
    assert not check_covariate("COMED", daily, weekly, (2.0, 1.0)).passed
    assert check_covariate("COMED", daily, weekly, (1.0, 2.0)).passed


def test_checks_of_answers_without_a_dose_can_be_written() -> None:
    """An exact dose of one answer is numpy's, and infinity of the other is Python's."""
    population = Population.of_trial(
        {"BW": np.array([50.0, 100.0]), "COMED": np.array([0.0, 1])}, n_subjects=64
    )
    daily = find_dose(MODEL, population, Criterion(7.0, 0.9, 24.0), 0.5)
    found = replace(daily.found, exact=np.float64(daily.found.exact))
    reached = replace(daily, found=found)
    unreached = replace(daily, found=replace(found, exact=None))
    for check in (
        check_fractions(reached, unreached),
        check_intervals(reached, unreached),
        check_covariate("BW", unreached, unreached, (1.0, np.float64(2.0))),
    ):
        assert json.loads(json.dumps(check.passed)) is True


def test_intervals_of_refits_that_reach_no_dose_are_open() -> None:
    spread = Spread((1.0, 2.0, 3.0, math.inf))
    assert spread.low == 1.0
    assert math.isinf(spread.high)
    assert spread.n_unreached == 1
    assert Spread((1.0, 2.0, 3.0)).high == pytest.approx(2.9)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fraction": 1.0}, "fraction"),
        ({"fraction": 0.0}, "fraction"),
        ({"interval": 0.0}, "interval"),
        ({"target": -1.0}, "target"),
        ({"direction": "beside"}, "below or above"),
    ],
)
def test_criteria_that_cannot_be_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Criterion(**{"target": 7.0, "fraction": 0.9, "interval": 24.0} | settings)
    with pytest.raises(ConfigError, match="cmax"):
        Question(WEEKLY, 0.5, cmax=-1.0)


def test_worst_is_that_of_the_whole_interval() -> None:
    curves = torch.tensor([[1.0, 5.0, 2.0], [3.0, 3.0, 3.0]])
    below, above = (Criterion(4.0, 0.5, 24.0, direction) for direction in ("below", "above"))
    assert below.met(below.worst(curves)).tolist() == [False, True]
    assert above.met(above.worst(curves)).tolist() == [False, False]
