import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from qkdrp.experiments.pairs.plan import PairPlan
from qkdrp.experiments.pairs.size_claims import errors_on, slope_by_seed
from qkdrp.experiments.pairs.tasks import PairResult
from qkdrp.experiments.study.saved_training import Checkpoints
from qkdrp.experiments.study.task_results import TaskStore
from qkdrp.experiments.study.tasks import run_task
from qkdrp.runs.train import train
from qkdrp.systems.registry import find_system
from qkdrp.training import loop
from tests.experiments.pairs.conftest import Finished, config_of


def test_a_task_comes_to_what_the_train_verb_does(sizes: Finished, tmp_path: Path) -> None:
    """Looking at the test by epoch changes no number of the training."""
    setup = next(s for s in sizes.plan.setups if s.model == "classical-affine")
    result = sizes.plan.results(setup, sizes.findings)[0]
    config = sizes.plan.run_config(setup, 0).model_copy(update={"threads": 1})
    _, metrics = train(config, tmp_path / "run")
    assert result.scores["mse"] == pytest.approx(metrics["test"]["mse"], rel=1e-5)
    assert result.best_epoch == metrics["best_epoch"]
    assert result.course["test_mse"][result.best_epoch - 1] == pytest.approx(
        result.scores["mse"], rel=1e-5
    )


def test_the_report_holds_tables_figures_and_sentences(sizes: Finished) -> None:
    text = (sizes.path / "report.md").read_text()
    assert "The paper: the hybrid network has a 15% lower test MSE" not in text  # no classical
    assert "so it has where the classical analogue ends with scale and offset" in text
    assert "the advantage grows as training data get fewer" in text
    assert "No verdict: stopped by the limit of epochs" in text
    assert re.search(r"under-trained: \d of 3 stopped by the limit of epochs", text)
    assert "SYNTHETIC" in text
    names = {file.stem for file in (sizes.path / "figures").iterdir()}
    assert {"curves-lpo-30-pairs", "spread-of-angles-lpo-60-pairs", "advantage-by-size"} <= names
    assert (sizes.path / "report.html").stat().st_size > 100_000
    for name in (
        "scores",
        "comparisons",
        "seeds",
        "trainings",
        "courses",
        "drugs",
        "advantages",
        "claims",
    ):
        assert len(pd.read_csv(sizes.path / f"{name}.csv")) > 0


def test_the_test_is_the_same_at_every_size_and_training_pairs_are_nested(sizes: Finished) -> None:
    small, large = (sizes.plan.at(place)[0] for place in sizes.plan.places())
    splits = [
        find_system("pairs").split(sizes.plan.pairs, sizes.plan.run_config(setup, 1))
        for setup in (small, large)
    ]
    assert set(splits[0].train) < set(splits[1].train)
    assert (splits[0].test == splits[1].test).all()


def test_errors_on_the_printed_test_sizes_are_of_some_of_the_same_pairs(sizes: Finished) -> None:
    setup = sizes.plan.setups[0]
    whole = errors_on(sizes.plan, sizes.findings, setup, 60)
    results = sizes.plan.results(setup, sizes.findings)
    assert whole == {n: result.scores["mse"] for n, result in results.items()}
    few = errors_on(sizes.plan, sizes.findings, setup, 10)
    assert few.keys() == whole.keys()
    assert all(few[n] != whole[n] for n in few)
    slopes = slope_by_seed(sizes.plan, sizes.findings, "classical-affine")
    assert len(slopes) == 3


def test_networks_in_pairs_are_there_once(sizes: Finished) -> None:
    rows = sizes.tables["comparisons"]
    both = [frozenset(pair) for pair in zip(rows["reference"], rows["other"], strict=True)]
    keys = list(zip(rows["size"], rows["score"], both, strict=True))
    assert len(set(keys)) == len(keys)
    assert {"hybrid", "additive_ridge"} == set(rows["reference"])  # there is no moderated


def test_the_table_of_drugs_adds_up_to_the_scores(sizes: Finished) -> None:
    drugs, scores = sizes.tables["drugs"], sizes.tables["scores"]
    for (size, model), own in drugs.groupby(["size", "model"]):
        rows = scores[(scores["size"] == size) & (scores["model"] == model)]
        mean = rows.loc[rows["score"] == "mse", "mean"].iloc[0]
        assert np.average(own["mse"], weights=own["n"]) == pytest.approx(mean, rel=1e-5)


def test_tasks_and_results_are_the_same_after_a_way_to_workers_and_files(sizes: Finished) -> None:
    for setup in sizes.plan.setups:
        task = sizes.plan.task(setup, 0)
        assert pickle.loads(pickle.dumps(task)) == task
        result = sizes.plan.results(setup, sizes.findings)[0]
        assert pickle.loads(pickle.dumps(result)) == result
        stored = TaskStore(sizes.path).get(task)
        assert stored is not None
        assert stored.model_dump(mode="json") == result.model_dump(mode="json")


def test_a_training_that_was_killed_goes_on_with_its_test_curve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The looks at the test fall on the same epochs as without the kill."""
    plan = PairPlan.open(config_of("pairs-size", epochs=2, min_steps=6))
    task = plan.task(plan.setups[0], 0)
    assert task.look_every == 3
    checkpoints, taken = Checkpoints(tmp_path, every=0.0), []
    step = loop.train_step

    def counted(*arguments: Any) -> float:
        if len(taken) == 4:
            raise KeyboardInterrupt
        taken.append(1)
        return step(*arguments)

    monkeypatch.setattr(loop, "train_step", counted)
    with pytest.raises(KeyboardInterrupt):
        run_task(task, checkpoints)
    monkeypatch.setattr(loop, "train_step", step)
    resumed, whole = run_task(task, checkpoints), run_task(task)
    assert isinstance(whole, PairResult)
    assert [each is not None for each in whole.course["test_mse"]] == [False, False, True] * 2
    assert resumed.model_copy(update={"seconds": 0}) == whole.model_copy(update={"seconds": 0})
