import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.experiments.pkpd.cv.contenders import DOSE_TIME_MEAN, Variant
from qkdrp.experiments.pkpd.cv.pooled import ENDPOINTS, pooled_variants
from qkdrp.experiments.pkpd.cv.report import CvReport
from qkdrp.experiments.pkpd.cv.scores import BY_SUBJECT, MAE, R2, RMSE, RMSE_SCALED
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.task_results import TaskStore
from qkdrp.systems.pkpd.scores import score
from tests.experiments.pkpd.cv.conftest import Finished

MEAN, RIDGE, NETWORK = Variant(DOSE_TIME_MEAN), Variant("ridge"), Variant("mlp")


def value(tables: pd.DataFrame, variant: Variant, endpoint: str, name: str) -> pd.Series:
    rows = tables[
        (tables["model"] == variant.name)
        & (tables["pd0"] == variant.told)
        & (tables["endpoint"] == endpoint)
        & (tables["score"] == name)
        & (tables["dose"] == "all")
    ]
    (row,) = (row for _, row in rows.iterrows())
    return row


def test_the_mean_of_dose_and_time_has_the_published_errors(finished: Finished) -> None:
    """Spec: PK 0.417 pooled, 0.311 as a mean over subjects; all 36 active subjects once."""
    scores = finished.tables["scores"]
    found = value(scores, MEAN, "PK", RMSE_SCALED)
    assert found["value"] == pytest.approx(0.417, abs=5e-4)
    assert found["n_subjects"] == 36
    assert value(scores, MEAN, "PK", BY_SUBJECT)["value"] == pytest.approx(0.311, abs=5e-4)
    assert value(scores, MEAN, "PD", RMSE_SCALED)["value"] == pytest.approx(0.528, abs=5e-4)


def test_the_baseline_value_helps_the_biomarker_alone(finished: Finished) -> None:
    scores, told = finished.tables["scores"], Variant("ridge", told=True)
    for endpoint, change in (("PK", 0.0), ("PD", -0.138)):
        errors = [value(scores, each, endpoint, RMSE_SCALED)["value"] for each in (told, RIDGE)]
        assert errors[0] - errors[1] == pytest.approx(change, abs=2e-3)


def test_scores_are_those_of_the_system_on_the_pooled_rows(finished: Finished) -> None:
    whole = finished.found[RIDGE]
    table = whole.rows.assign(prediction=whole.predicted[:, 0])
    expected = score(table)
    for endpoint, short in (("PK", "pk"), ("PD", "pd")):
        names = {RMSE_SCALED: "rmse_scaled", RMSE: "rmse", MAE: "mae", R2: "r2"}
        for name, key in {**names, BY_SUBJECT: "rmse_by_subject"}.items():
            row = value(finished.tables["scores"], RIDGE, endpoint, name)
            assert row["value"] == pytest.approx(expected[f"{short}_{key}"], rel=1e-9)
            ends = (row["low"], row["high"])
            assert ends == pytest.approx(expected[f"{short}_{key}_ci"], rel=1e-9)


def test_seeds_are_averaged_after_pooling(finished: Finished) -> None:
    part = finished.found[NETWORK].part("PD")
    by_seed = [np.sqrt(part.squares[:, n].mean()) for n in range(2)]
    row = value(finished.tables["scores"], NETWORK, "PD", RMSE_SCALED)
    assert row["n_seeds"] == 2
    assert row["value"] == pytest.approx(np.mean(by_seed))
    assert row["seed_sd"] == pytest.approx(np.std(by_seed, ddof=1))
    assert by_seed[0] != by_seed[1]


def test_the_report_calls_a_model_behind_the_mean_worse(finished: Finished) -> None:
    text = (finished.path / "report.md").read_text()
    assert "the mean of dose and time has 0.417: " in text
    assert "Network is worse than that" in text
    assert "SYNTHETIC" in text
    assert (finished.path / "figures" / "errors-by-model.png").stat().st_size > 5000
    assert (finished.path / "report.html").stat().st_size > 50_000
    for name in ("scores", "differences"):
        assert len(pd.read_csv(finished.path / f"{name}.csv")) > 0


def test_a_variant_without_all_folds_is_left_out_and_named(
    finished: Finished, tmp_path: Path
) -> None:
    lost = finished.plan.task(RIDGE, 3, 0, None).key
    fewer = finished.plan.task(NETWORK, 5, 1, None).key
    results = {key: each for key, each in finished.findings.results.items() if key != lost}
    del results[fewer]
    findings = Findings(results=results)
    found = pooled_variants(finished.plan, findings)
    assert RIDGE not in found
    assert found[NETWORK].n_seeds == 1
    CvReport(finished.plan).write(findings, tmp_path)
    text = (tmp_path / "report.md").read_text()
    assert "LEFT OUT, a fold is missing: Ridge\n" in text
    assert "Network 1 of 2" in text


def test_nothing_finished_is_told(finished: Finished, tmp_path: Path) -> None:
    CvReport(finished.plan).write(Findings(), tmp_path)
    assert "No model has all folds yet." in (tmp_path / "report.md").read_text()


def test_results_are_the_same_after_a_way_to_workers_and_files(finished: Finished) -> None:
    for variant in (MEAN, NETWORK):
        task = finished.plan.task(variant, 0, 0, None)
        assert pickle.loads(pickle.dumps(task)) == task
        stored = TaskStore(finished.path).get(task)
        assert stored is not None
        assert stored.model_dump(mode="json") == finished.findings.of(task).model_dump(mode="json")


def test_each_endpoint_has_rows_of_each_dose(finished: Finished) -> None:
    whole = finished.found[MEAN]
    assert whole.rows.groupby("fold")["subject"].nunique().tolist() == [3] * 12
    for endpoint in ENDPOINTS:
        doses = [len(whole.part(endpoint, dose).rows) for dose in (1.0, 3.0, 10.0)]
        assert sum(doses) == len(whole.part(endpoint).rows)
        assert min(doses) > 0
