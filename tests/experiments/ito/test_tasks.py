import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from qkdrp.common.errors import DataError
from qkdrp.experiments.ito import rows
from qkdrp.experiments.ito.folds import make_folds
from qkdrp.experiments.ito.plan import ItoPlan
from qkdrp.experiments.ito.rows import cohort_of
from qkdrp.experiments.ito.tasks import CohortTask, FinalResult, FoldResult
from qkdrp.experiments.study.folds import dataset_of
from qkdrp.experiments.study.statistics import corrected_mean
from qkdrp.experiments.study.tasks import Result, parse_result, run_task
from qkdrp.runs.train import prepare, train
from qkdrp.systems.response.baselines import BASELINES
from qkdrp.systems.response.config import TrainConfig
from qkdrp.systems.response.data import Cohort
from qkdrp.systems.response.preprocess import Preprocessor
from qkdrp.systems.response.scores import responder_auc
from qkdrp.training.threads import limit_threads
from tests.experiments.conftest import conduct_study, random_labels, study_config
from tests.qkdrp.conftest import DRUGS, read_json


def first_tasks(data: Path, **changes: object) -> tuple[CohortTask, CohortTask]:
    """Return a fold and the final task of the first model."""
    plan = ItoPlan.open(study_config(data, **changes))
    return plan.fold_tasks()[0], plan.final_of(plan.configurations[0])


def without_seconds(result: Result) -> object:
    content = result.model_dump()
    content.pop("seconds")
    for epoch in content.get("history", ()):
        epoch.pop("seconds")
    return content


def test_a_task_is_a_pure_function(data: Path) -> None:
    for task in first_tasks(data):
        assert without_seconds(run_task(task)) == without_seconds(run_task(task))


def test_threads_around_a_task_change_nothing(data: Path) -> None:
    task, _ = first_tasks(data)
    with limit_threads(1):
        expected = run_task(task)
    with limit_threads(2):
        assert without_seconds(run_task(task)) == without_seconds(expected)


def test_results_read_back_to_the_last_bit(data: Path) -> None:
    for task in first_tasks(data):
        result = run_task(task)
        assert parse_result(task, result.model_dump(mode="json")) == result


def test_every_setting_makes_another_task(data: Path) -> None:
    task, _ = first_tasks(data)
    changes = {
        "stage": "final", "digest": "0", "baseline": "ridge", "backend": "aer_exact", "seed": 1,
        "folds": 3, "repeat": 1, "fold": 1,
        "fit": task.fit.model_copy(update={"lr": 1e-5}),
        "model": task.model.model_copy(update={"a": 1.0}),
        "data": task.data.model_copy(update={"zscore": False}),
    }  # fmt: skip
    assert set(changes) == set(CohortTask.model_fields)
    keys = {task.model_copy(update={name: value}).key for name, value in changes.items()}
    assert len(keys | {task.key}) == len(changes) + 1


def test_the_place_of_the_data_makes_no_other_task(data: Path) -> None:
    task, _ = first_tasks(data)
    moved = task.data.model_copy(update={"source": "elsewhere"})
    assert task.model_copy(update={"data": moved}).key == task.key


def test_a_fold_reports_its_validation_auc(data: Path) -> None:
    task, _ = first_tasks(data, models=("ridge",))
    cohort = cohort_of(task.data)
    train_ids, validation_ids = make_folds(cohort, task.seed, False, task.folds, 0)[0]
    fold_train, fold_validation = cohort.select(train_ids), cohort.select(validation_ids)
    preprocessor = Preprocessor.fit(fold_train, zscore=True, variance_threshold=0.1)
    ridge = clone(BASELINES["ridge"])
    ridge.fit(preprocessor.genes(fold_train), preprocessor.label(fold_train))
    prediction = ridge.predict(preprocessor.genes(fold_validation))
    result = run_task(task)
    assert isinstance(result, FoldResult)
    assert result.curve == (responder_auc(fold_validation.responder, prediction),)
    assert (result.n_train, result.n_validation) == (len(train_ids), len(validation_ids))


def test_folds_train_all_epochs_and_finals_stop_early(data: Path) -> None:
    fold, final = first_tasks(data, epochs=30, patience=1, lr=(0.05,))
    result, last = run_task(fold), run_task(final)
    assert isinstance(result, FoldResult)
    assert isinstance(last, FinalResult)
    assert len(result.curve) == 30
    assert len(last.history) == last.best_epoch + 1 < 30


def test_the_final_training_is_that_of_the_train_command(data: Path, tmp_path: Path) -> None:
    _, final = first_tasks(data)
    settings = {name: getattr(final, name) for name in ("data", "model", "fit", "backend", "seed")}
    config = TrainConfig.make(**settings, threads=1)
    train(prepare(config), tmp_path / "run")
    expected = read_json(tmp_path / "run" / "metrics.json")
    result = run_task(final)
    assert isinstance(result, FinalResult)
    assert result.test.model_dump(mode="json") == expected["test"]
    assert result.best_epoch == expected["best_epoch"]


def test_other_data_are_noticed(data: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(data, tmp_path / "data")
    task, _ = first_tasks(folder)
    response = folder / "response.csv"
    response.write_text(response.read_text().replace("C001,DrugA,", "C001,DrugA,1"))
    dataset_of.cache_clear()
    rows.fold_rows.cache_clear()
    with pytest.raises(DataError, match="are not those that the study began with"):
        run_task(task)


def fitted_on(task: CohortTask, cohort: Cohort, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """Return what a model of a task would be trained on, for another cohort."""
    monkeypatch.setattr(rows, "cohort_of", lambda *_: cohort)
    rows.fold_rows.cache_clear()
    arguments = task.data, task.digest, task.seed, task.folds, task.repeat, task.fold
    (genes, label, _), _ = rows.fold_rows(*arguments)
    rows.fold_rows.cache_clear()
    return np.column_stack([genes, label])


def test_nothing_is_fitted_on_validation_or_test_rows(
    data: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, _ = first_tasks(data)
    cohort = cohort_of(task.data)
    expected = fitted_on(task, cohort, monkeypatch)
    train_ids, _ = make_folds(cohort, task.seed, False, task.folds, 0)[0]
    others = ~np.isin(cohort.samples, train_ids)
    expression = cohort.expression.copy()
    expression[others] = rng.normal(50.0, 9.0, expression[others].shape)
    # Labels make the strata, so they stay; what a model is fitted on must not see the rest.
    changed = replace(cohort, expression=expression)
    np.testing.assert_array_equal(fitted_on(task, changed, monkeypatch), expected)


def test_labels_of_other_rows_do_not_enter_the_normalised_label(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, _ = first_tasks(data)
    cohort = cohort_of(task.data)
    folds = make_folds(cohort, task.seed, False, task.folds, 0)
    monkeypatch.setattr(rows, "make_folds", lambda *_: folds)
    expected = fitted_on(task, cohort, monkeypatch)
    others = ~np.isin(cohort.samples, folds[0][0])
    changed = replace(cohort, ln_ic50=np.where(others, 9.0 + cohort.ln_ic50, cohort.ln_ic50))
    np.testing.assert_array_equal(fitted_on(task, changed, monkeypatch), expected)


def test_random_labels_have_an_auc_of_a_half(tmp_path: Path) -> None:
    values, finals = [], []
    for seed in range(6):
        folder = random_labels(tmp_path / f"data{seed}", 160, seed)
        config = study_config(
            folder, models=("moderated", "classic", "ridge"), epochs=4, folds=3, seed=seed
        )
        plan, _, findings = conduct_study(config, tmp_path / f"study{seed}")
        for found in plan.configurations:
            # The last epoch: the best one is chosen to be high.
            values.append(plan.curves(found, findings)[:, -1].mean())
            final = plan.final(found, findings)
            assert final is not None
            finals.append(final.test.auc)
    for aucs in (np.array(values), np.array(finals)):
        mean = corrected_mean(aucs.reshape(6, 3).mean(axis=1), 10**12, (0.0, 1.0))
        assert mean.low < 0.5 < mean.high
        assert mean.se < 0.1


def test_unrandomised_labels_are_learned_by_the_same_protocol(data: Path, tmp_path: Path) -> None:
    config = study_config(data, models=("classic", "ridge"), epochs=8, lr=(1e-2,))
    plan, _, findings = conduct_study(config, tmp_path / "study")
    assert all(plan.curves(c, findings).mean(axis=0).max() > 0.7 for c in plan.configurations)


def test_drugs_differ(data: Path) -> None:
    one, other = (first_tasks(data, drugs=(drug,))[0] for drug in DRUGS)
    assert one.digest != other.digest
