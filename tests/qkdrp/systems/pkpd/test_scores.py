"""Scores of predictions whose errors are known."""

import numpy as np
import pandas as pd
import pytest

from qkdrp.common.group_bootstrap import grouped_interval
from qkdrp.systems.pkpd.baselines import BASELINES
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.padded import padded
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.data_settings import DataConfig
from qkdrp.systems.pkpd.model_settings import ModelConfig
from qkdrp.systems.pkpd.predictions import predictions_of
from qkdrp.systems.pkpd.preprocess import Preprocessor
from qkdrp.systems.pkpd.scores import score
from qkdrp.systems.pkpd.system import PkpdSystem

SYSTEM = PkpdSystem()


def fitted(train: Trial, target: str = "standard", **model: bool) -> Preprocessor:
    return Preprocessor.fit(train, PkpdConfig(model=ModelConfig(**model)), target)


@pytest.mark.parametrize(
    ("target", "log_target"), [("standard", False), ("standard", True), ("log", False)]
)
def test_what_is_learned_is_undone(estdata: Trial, target: str, log_target: bool) -> None:
    preprocessor = fitted(estdata, target, log_target=log_target)
    label = preprocessor.label(estdata).numpy()
    table = predictions_of(preprocessor, estdata, "test", label)
    assert len(table) == 2064
    assert table["prediction"].to_numpy() == pytest.approx(table["measured"].to_numpy())
    assert score(table)["pd_rmse"] == pytest.approx(0, abs=1e-9)
    if target == "standard":
        measured = ~np.isnan(label)
        for slots in (slice(0, 24), slice(24, None)):
            part = label[:, slots][measured[:, slots]]
            assert (part.mean(), part.std()) == pytest.approx((0, 1), abs=1e-9)


def test_known_errors(estdata: Trial) -> None:
    """Errors of 1 in concentrations and -2 in the biomarker; placebo counts nowhere."""
    preprocessor = fitted(estdata)
    table = predictions_of(preprocessor, estdata, "test", preprocessor.label(estdata).numpy())
    drug = table["endpoint"] == "concentration"
    table["prediction"] = table["measured"] + np.where(drug, 1.0, -2.0)
    table.loc[table["dose"] == 0, "prediction"] = 1e6
    found = score(table)
    assert (found["n"], found["n_subjects"], found["n_pk"], found["n_pd"]) == (1764, 36, 864, 900)
    assert found["pk_rmse"] == found["pk_mae"] == pytest.approx(1.0)
    assert found["pk_rmse_scaled"] == pytest.approx(1 / 2.658)
    assert found["pd_rmse_scaled"] == found["pd_rmse_by_subject"] == pytest.approx(2 / 3.257)
    measured = table.loc[drug, "measured"]
    assert found["pk_r2"] == pytest.approx(1 - 1 / measured.var(ddof=0))
    assert found["pk_rmse_ci"] == pytest.approx((1.0, 1.0))
    assert [each["dose"] for each in found["by_dose"]] == [1, 3, 10]
    assert all(each["pd_rmse_scaled"] == pytest.approx(2 / 3.257) for each in found["by_dose"])


def test_rows_without_a_value_or_a_prediction_do_not_count(estdata: Trial) -> None:
    preprocessor = fitted(estdata)
    table = predictions_of(preprocessor, estdata, "test", preprocessor.label(estdata).numpy())
    table.loc[table["subject"] == "13", "measured"] = np.nan
    table.loc[table["subject"] == "14", "prediction"] = np.nan
    assert score(table)["n_subjects"] == 34
    none = score(table[table["dose"] == 0])
    assert (none["n"], none["pk_rmse_scaled"], none["by_dose"]) == (0, None, [])


def test_individual_predictions_have_a_column(estdata: Trial) -> None:
    preprocessor = fitted(estdata, "log")
    label = preprocessor.label(estdata).numpy()
    table = predictions_of(preprocessor, estdata, "test", np.stack([label, label + 1], axis=2))
    assert table["ipred"].to_numpy() == pytest.approx(np.e * table["prediction"].to_numpy())


def test_intervals_are_over_subjects() -> None:
    """Many observations of a subject that err alike tell as much as one."""
    rng = np.random.default_rng(1)
    means = rng.normal(size=12)
    one = grouped_interval(means[:, np.newaxis], np.arange(12), lambda found: found[:, 0])
    many = grouped_interval(
        np.repeat(means, 30)[:, np.newaxis], np.repeat(np.arange(12), 30), lambda found: found[:, 0]
    )
    assert many == pytest.approx(one)
    assert grouped_interval(means[:2, np.newaxis], np.arange(2), lambda found: found[:, 0]) is None


def test_kept_subjects_are_the_same(estdata: Trial) -> None:
    part = estdata.select(["46", "3", "20"])
    assert SYSTEM.kept(SYSTEM.keep(fitted(estdata), part)).digest() == part.digest()


def test_a_preprocessor_is_made_again_from_its_state(estdata: Trial) -> None:
    preprocessor = fitted(estdata, baseline=True, per_kg=True)
    again = SYSTEM.preprocessor_from(preprocessor.state())
    for mine, other in zip(
        SYSTEM.rows(preprocessor, estdata).inputs, SYSTEM.rows(again, estdata).inputs, strict=True
    ):
        assert mine.equal(other)
    assert again.scales == preprocessor.scales
    assert preprocessor.feature_names("biomarker")[-1] == "PD0"
    assert "PD0" not in preprocessor.feature_names("concentration")


def test_baselines_on_all_folds(estdata: Trial) -> None:
    """The mean of dose and time has known errors under each aggregation."""
    tables: dict[str, list[pd.DataFrame]] = {"dose_time_mean": [], "ridge": []}
    for fold in range(12):
        config = PkpdConfig(data=DataConfig(fold=fold), model=ModelConfig(baseline=True))
        split = SYSTEM.split(estdata, config)
        train, test = estdata.select(split.train), estdata.select(split.test)
        preprocessor = SYSTEM.fit_preprocessor(train, config)
        for name, of_folds in tables.items():
            values = BASELINES[name](preprocessor, train, np.float64).predict(test)
            of_folds.append(SYSTEM.predictions(preprocessor, test, "test", values))
    mean, ridge = (score(pd.concat(each, ignore_index=True)) for each in tables.values())
    assert mean["pk_rmse_scaled"] == pytest.approx(0.417, abs=6e-4)
    assert mean["pk_rmse_by_subject"] == pytest.approx(0.311, abs=6e-4)
    assert mean["pd_rmse_scaled"] == pytest.approx(0.53, abs=5e-3)
    assert ridge["pd_rmse_scaled"] == pytest.approx(0.339, abs=5e-3)
    assert mean["n"] == ridge["n"] == 1764


@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_predicts_every_slot(estdata: Trial, name: str) -> None:
    few = estdata.select(["1", "2", "13", "14", "25", "26", "37", "38"])
    preprocessor = fitted(few, "log")
    values = BASELINES[name](preprocessor, few, np.float64).predict(few)
    assert values.shape == (8, sum(padded(few).n_slots))
    assert np.isfinite(values).all()
