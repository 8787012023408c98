from dataclasses import replace

import numpy as np
import pytest
import torch

from qkdrp.common.errors import ConfigError
from qkdrp.systems.pkpd.data.load import load_trial
from qkdrp.systems.pkpd.data.truths import TRUTHS
from qkdrp.systems.pkpd.dose.answer import find_dose
from qkdrp.systems.pkpd.dose.criterion import Criterion
from qkdrp.systems.pkpd.dose.model import DoseSource
from qkdrp.systems.pkpd.dose.outcome import Question, answer_question
from qkdrp.systems.pkpd.dose.population import Population
from qkdrp.systems.pkpd.dose.search import Caps, capped_dose
from qkdrp.systems.pkpd.dose.shortcuts import PNU_CAPS, Shortcuts
from qkdrp.systems.pkpd.mechanism import Schedule

MODEL = TRUTHS["truth-a"]
OBSERVED = {"BW": np.linspace(50, 100, 10), "COMED": np.array([0.0, 1.0] * 5)}
DAILY = Criterion(7.0, 0.9, 24.0)


@pytest.fixture(scope="module")
def source() -> DoseSource:
    return DoseSource(MODEL, load_trial("truth-a"), (), "truth-a")


def test_a_closed_grid_gives_its_closest_dose() -> None:
    caps = Caps(0.5, 10.0, 0.5)
    found = capped_dose(lambda dose: dose / 20, 0.25, 0.5, caps)
    assert (found.dose, found.share_below, found.reached) == (5.0, 4.5 / 20, True)
    found = capped_dose(lambda dose: 0.1 + dose * (8 - dose) / 100, 0.9, 0.5, caps)
    assert (found.dose, found.closest, found.reached) == (4.0, True, False)
    assert capped_dose(lambda _: 1.0, 0.9, 0.5, caps).dose == 0.5
    assert len(PNU_CAPS[24.0].doses(0.5)) == 20
    assert PNU_CAPS[168.0].doses(5.0)[-1] == 70


def test_subjects_of_the_trial_are_there_once() -> None:
    population = Population.of_trial(OBSERVED, ("trial", "bw=uniform:70,140"))
    drawn = population.draw(MODEL)
    assert population.n_subjects == 10
    assert drawn.covariates["BW"] == pytest.approx(np.linspace(70, 140, 10))
    assert drawn.covariates["COMED"].tolist() == OBSERVED["COMED"].tolist()
    assert Population.of_trial(OBSERVED, ("trial", "comed=0")).n_subjects == 5
    assert str(population).startswith("trial BW=uniform:70,140")
    with pytest.raises(ConfigError, match="not both"):
        Population.of_trial(OBSERVED, ("trial", "empirical"))


def test_the_late_window_is_the_interval_after_the_last(source: DoseSource) -> None:
    subjects = source.model.subjects(source.observed())
    for interval, n_doses in ((24.0, 21), (168.0, 4)):
        late = subjects.interval(interval, late=True, refine=2).at(5.0)
        times = n_doses * interval + late.times
        same = subjects.courses(Schedule.regular(5.0, interval, n_doses), times)
        torch.testing.assert_close(late.biomarker, same.biomarker, rtol=1e-3, atol=0)
        assert float(late.times[-1]) == interval
        assert (late.concentration.diff() < 0).all()  # no dose falls into it


def test_each_shortcut_changes_the_dose_alone(source: DoseSource) -> None:
    asked = find_dose(MODEL, Population.of_trial(source.observed(), n_subjects=512), DAILY, 0.5)
    doses = {}
    for name, value in Shortcuts.pnu().taken.items():
        chosen = Shortcuts(**{name: value})
        assert chosen.taken == {name: value}
        if name == "pd_scaler":
            with pytest.raises(ConfigError, match="no scalers of features"):
                chosen.source(source)
            assert not chosen.of_model(MODEL).taken
            continue
        changed = chosen.source(source)
        words = chosen.words(("comed=share:0.5",) if name == "population" else ())
        population = Population.of_trial(source.observed(), words, n_subjects=512)
        criterion, caps = chosen.asked(DAILY), chosen.ends(24.0)
        doses[name] = find_dose(changed.model, population, criterion, 0.5, caps).found
    exact = asked.found.exact
    assert doses["criterion"].exact < exact
    assert doses["variability"].exact < exact
    assert doses["window"].exact != pytest.approx(exact, rel=1e-3)
    assert doses["population"].exact != pytest.approx(exact, rel=1e-3)
    assert (doses["caps"].dose, doses["caps"].closest) == (10.0, True)


def test_all_of_them_are_told_with_what_they_violate(source: DoseSource) -> None:
    chosen = Shortcuts.pnu().of_model(MODEL)
    asked = Question(replace(DAILY, target=6.0), shortcuts=chosen)
    outcome = answer_question(source, asked)
    answer, checks = outcome.answer, {each.name: each for each in outcome.checks}
    assert answer.population.n_subjects == len(source.trial)
    assert (answer.found.dose, answer.found.reached) == (10.0, False)
    assert not checks["reached"].passed
    assert "the closest to 0.9 of doses from 0.5 to 10 mg: not reached" in str(answer)
    record = outcome.to_json()
    assert record["shortcuts"] == chosen.taken
    assert record["closest_of_grid"]
    assert "a single moment of the interval" in record["criterion"]["throughout"]
    assert "after the last of 21 doses" in str(outcome.question.criterion)


def test_grids_are_those_of_two_schedules() -> None:
    with pytest.raises(ConfigError, match="24 and 168 h, not every 12 h"):
        Shortcuts.pnu().ends(12.0)
    assert Shortcuts().ends(12.0) is None
