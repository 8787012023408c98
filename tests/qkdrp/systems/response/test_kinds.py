from dataclasses import replace

import numpy as np
import pytest

from qkdrp.systems.response import kept_rows
from qkdrp.systems.response.data import Cohort
from qkdrp.systems.response.measures import Measure
from qkdrp.systems.response.predictions import predictions_of
from qkdrp.systems.response.preprocess import Preprocessor
from tests.qkdrp.conftest import make_cohort

AREA = Measure("area", "area", direction="higher", transform="logit")


@pytest.fixture
def of_kinds() -> Cohort:
    kinds = np.array([("lung", "skin", "blood")[index % 3] for index in range(60)])
    cohort = make_cohort()
    shift = np.array([{"lung": 0.0, "skin": 3.0, "blood": -2.0}[kind] for kind in kinds])
    return replace(cohort, kinds=kinds, ln_ic50=cohort.ln_ic50 + shift)


def test_a_residual_has_no_mean_of_its_kind(of_kinds: Cohort) -> None:
    preprocessor = Preprocessor.fit(of_kinds, True, 0.1)
    assert of_kinds.kinds is not None
    left = np.arctanh(preprocessor.label(of_kinds)) * preprocessor.labels.scale_
    for kind in ("lung", "skin", "blood"):
        assert left[of_kinds.kinds == kind].mean() == pytest.approx(0.0, abs=1e-9)


def test_means_are_those_of_training_rows_alone(of_kinds: Cohort) -> None:
    train = of_kinds.select(of_kinds.samples[:30])
    preprocessor = Preprocessor.fit(train, True, 0.1)
    before = preprocessor.label(of_kinds)
    held_out = np.arange(60) >= 30
    changed = replace(of_kinds, ln_ic50=of_kinds.ln_ic50 + 100.0 * held_out)
    np.testing.assert_array_equal(preprocessor.label(changed)[:30], before[:30])


def test_an_unknown_kind_has_the_overall_mean(of_kinds: Cohort) -> None:
    preprocessor = Preprocessor.fit(of_kinds, True, 0.1)
    strange = replace(of_kinds, kinds=np.full(60, "bone"))
    expected = np.tanh((of_kinds.ln_ic50 - of_kinds.ln_ic50.mean()) / preprocessor.labels.scale_)
    np.testing.assert_allclose(preprocessor.label(strange), expected, atol=1e-12)


@pytest.mark.parametrize("kind", ["plain", "residual", "area"])
def test_labels_mean_the_measured_values(of_kinds: Cohort, kind: str) -> None:
    cohort = of_kinds if kind == "residual" else replace(of_kinds, kinds=None)
    cohort = replace(cohort, measure=AREA) if kind == "area" else cohort
    preprocessor = Preprocessor.fit(cohort, True, 0.1)
    again = Preprocessor.from_state(preprocessor.state())
    label = again.label(cohort)
    np.testing.assert_array_equal(label, preprocessor.label(cohort))
    np.testing.assert_allclose(again.measured(cohort, label), cohort.measured, rtol=1e-9)


def test_a_label_that_the_tanh_never_reaches_has_no_value(of_kinds: Cohort) -> None:
    preprocessor = Preprocessor.fit(of_kinds, True, 0.1)
    values = np.full(60, 0.5)
    values[:2] = 1.0, -1.3
    found = preprocessor.measured(of_kinds, values)
    assert np.isnan(found[:2]).all()
    assert np.isfinite(found[2:]).all()


@pytest.mark.parametrize("kind", ["plain", "residual"])
def test_rows_are_kept_with_measure_and_kinds(of_kinds: Cohort, kind: str) -> None:
    cohort = replace(of_kinds, measure=AREA) if kind == "residual" else make_cohort()
    state = kept_rows.state_of(cohort, cohort.genes[:3])
    again = kept_rows.cohort_of(state)
    assert again.measure == cohort.measure
    assert (again.kinds is None) == (cohort.kinds is None)
    assert ("measure" in state.details["cohort"]) == (kind == "residual")
    np.testing.assert_array_equal(again.measured, cohort.measured)


def test_predictions_have_the_measure_in_the_users_unit(of_kinds: Cohort) -> None:
    cohort = replace(of_kinds, measure=AREA)
    preprocessor = Preprocessor.fit(cohort, True, 0.1)
    table = predictions_of(preprocessor, cohort, "test", preprocessor.label(cohort))
    np.testing.assert_allclose(table["area"], cohort.measured)
    np.testing.assert_allclose(table["predicted_area"], cohort.measured, rtol=1e-9)
    plain = predictions_of(
        Preprocessor.fit(make_cohort(), True, 0.1), make_cohort(), "test", np.zeros(60)
    )
    expected = ["sample", "part", "responder", "ln_ic50", "label", "prediction"]
    assert plain.columns.tolist() == [*expected, "predicted_ln_ic50"]
    np.testing.assert_allclose(plain["predicted_ln_ic50"], make_cohort().ln_ic50.mean())
