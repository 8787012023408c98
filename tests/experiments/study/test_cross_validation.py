"""A cross-validation of a system that no study knows: folds, baselines, intervals, pairs."""

from pathlib import Path

import numpy as np
import pytest

from qkdrp.experiments.study.folds import draw_folds
from qkdrp.experiments.study.score_tables import means_frame, pairs_frame
from qkdrp.experiments.study.statistics import corrected_mean
from qkdrp.experiments.study.tasks import run_task
from qkdrp.experiments.study.training_task import TrainingResult, TrainingTask
from qkdrp.systems.registry import find_system
from tests.toy_system.installed import install
from tests.toy_system.system import ToyConfig

FOLDS, REPEATS = 3, 2


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ToyConfig:
    install(tmp_path / "site", monkeypatch)
    return ToyConfig.make(fit={"epochs": 4, "lr": 0.1}, backend="statevector", threads=1)


def test_folds_hold_every_row_outside_the_test_part_once(config: ToyConfig) -> None:
    system = find_system("toy")
    dataset = system.load(config.data)
    test = system.split(dataset, config).test
    folds = draw_folds(system, dataset, test, 0, FOLDS, 0)
    held_out = np.concatenate([ids for _, ids in folds])
    assert sorted(held_out) == sorted(set(dataset.ids) - set(test))
    assert all(not set(train) & {*ids, *test} for train, ids in folds)
    again = draw_folds(system, dataset, test, 0, FOLDS, 1)
    assert any(set(left[1]) != set(right[1]) for left, right in zip(folds, again, strict=True))


def test_models_and_baselines_meet_on_the_same_folds(config: ToyConfig) -> None:
    system = find_system("toy")
    dataset, scores = system.load(config.data), {}
    for name, baseline in (("toy", None), ("mean", "mean")):
        tasks = TrainingTask.on_folds(config, dataset, FOLDS, REPEATS, baseline)
        assert len({task.key for task in tasks}) == FOLDS * REPEATS
        results = {(task.repeat, task.fold): run_task(task) for task in tasks}
        assert all(isinstance(each, TrainingResult) for each in results.values())
        scores[name] = {
            place: each.scores  # type: ignore[attr-defined]  # checked above
            for place, each in results.items()
        }
    means = means_frame(system, scores, FOLDS).set_index("model")
    values = np.array([found["mse"] for found in scores["mean"].values()])
    expected = corrected_mean(values, FOLDS, system.score_rows[0].values)
    assert means.loc["mean", ["mean", "low", "high"]].tolist() == pytest.approx(
        [expected.value, expected.low, expected.high]
    )
    (pair,) = pairs_frame(system, scores, FOLDS, reference="mean").to_dict("records")
    assert (pair["reference"], pair["other"], pair["n_runs"]) == ("mean", "toy", FOLDS * REPEATS)
    assert pair["difference"] == pytest.approx(means.loc["mean", "mean"] - means.loc["toy", "mean"])
    assert pair["low"] < pair["difference"] < pair["high"]
    assert pair["q"] == pair["p"]


def test_the_reference_is_the_strongest_baseline_of_the_system(config: ToyConfig) -> None:
    system = find_system("toy")
    scores = {"toy": {(0, 0): {"mse": 1.0}}, "mean": {(0, 0): {"mse": None}}}
    assert pairs_frame(system, scores, FOLDS).empty  # it names none
    assert pairs_frame(system, scores, FOLDS, reference="mean").empty  # it has no score
    assert pairs_frame(find_system("response"), scores, FOLDS).empty


def test_keys_of_trainings_on_parts_are_what_they_were(config: ToyConfig) -> None:
    dataset = find_system("toy").load(config.data)
    settings = config.model_dump(mode="json", exclude_defaults=True)
    task = TrainingTask.of(config, dataset)
    assert task.model_dump(exclude_defaults=True) == {
        "system": "toy", "settings": settings, "digest": dataset.digest(),
    }  # fmt: skip
