"""A system that no study knows runs in a study of a few lines, wherever tasks run."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from qkdrp.common.errors import DataError
from qkdrp.common.settings import Settings
from qkdrp.experiments.study.conduct import Work, conduct
from qkdrp.experiments.study.outcomes import Findings, attempt
from qkdrp.experiments.study.plan import Phase, Plan
from qkdrp.experiments.study.tasks import run_task
from qkdrp.experiments.study.training_task import TrainingResult, TrainingTask
from qkdrp.runs.train import train
from qkdrp.systems.registry import find_system
from tests.toy_system.installed import install
from tests.toy_system.system import ToyConfig

SEEDS = (0, 1, 2)


class SeedsConfig(Settings):
    """A study that trains the same model from several seeds."""

    model: ToyConfig
    seeds: tuple[int, ...]


class SeedsPlan(Plan):
    def __init__(self, config: SeedsConfig) -> None:
        dataset = find_system(config.model.system).load(config.model.data)
        super().__init__("seeds", config, {"toy": dataset.digest()})
        self.tasks = [
            TrainingTask.of(config.model.model_copy(update={"seed": seed}), dataset)
            for seed in config.seeds
        ]

    def phases(self, findings: Findings) -> Iterator[Phase]:
        yield Phase("trainings", self.tasks)


class SeedsReport:
    def __init__(self, plan: SeedsPlan) -> None:
        self.plan = plan

    def write(self, findings: Findings, path: Path) -> Mapping[str, pd.DataFrame]:
        rows = [found.scores for found in map(findings.of, self.plan.tasks)]  # type: ignore[union-attr]  # all are done
        table = pd.DataFrame(rows)
        table.to_csv(path / "scores.csv", index=False)
        return {"scores": table}

    def show(
        self, console: Console, findings: Findings, tables: Mapping[str, pd.DataFrame]
    ) -> None:
        console.print(f"mean squared error {tables['scores']['mse'].mean():.3f}")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ToyConfig:
    install(tmp_path / "site", monkeypatch)
    fit = {"epochs": 4, "batch_size": 8, "lr": 0.05}
    return ToyConfig.make(fit=fit, backend="statevector", threads=1)


@pytest.fixture
def plan(config: ToyConfig) -> SeedsPlan:
    return SeedsPlan(SeedsConfig.make(model=config, seeds=SEEDS))


def test_a_task_comes_to_what_the_train_verb_does(config: ToyConfig, tmp_path: Path) -> None:
    dataset = find_system("toy").load(config.data)
    result = run_task(TrainingTask.of(config, dataset))
    assert isinstance(result, TrainingResult)
    _, metrics = train(config, tmp_path / "run")
    assert result.scores["mse"] == pytest.approx(metrics["test"]["mse"], abs=1e-12)
    assert result.best_epoch == metrics["best_epoch"]
    assert result.n_train == metrics["n_train"]


@pytest.mark.parametrize("work", [{"workers": 2}, {"scheduler": "local:2"}], ids=str)
def test_a_study_of_it_runs_on_workers_and_on_a_cluster(
    work: dict[str, Any], plan: SeedsPlan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if "scheduler" in work:
        pytest.importorskip("distributed")
    output = tmp_path / "study"
    assert conduct(plan, SeedsReport(plan), Work(**work, output=output))
    assert "mean squared error" in capsys.readouterr().out
    table = pd.read_csv(output / "scores.csv")
    expected = [attempt(task).result for task in plan.tasks]
    assert all(isinstance(each, TrainingResult) for each in expected)
    assert table["mse"].tolist() == pytest.approx(
        [each.scores["mse"] for each in expected],  # type: ignore[union-attr]
        abs=1e-12,
    )
    assert table["mse"].nunique() == len(SEEDS)
    again = Work(output=output, resume=True, workers=1)
    assert conduct(plan, SeedsReport(plan), again)
    assert "3 of them done already" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"digest": "of other data"}, "are not those that the study began with"),
        ({"scored": "holdout"}, "found no part 'holdout', choose from train, validation, test"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], words: str, plan: SeedsPlan) -> None:
    task = plan.tasks[0].model_copy(update=changes)
    with pytest.raises(DataError, match=words):
        run_task(task)


def test_parts_and_settings_tell_tasks_apart(config: ToyConfig) -> None:
    dataset = find_system("toy").load(config.data)
    tasks = [
        TrainingTask.of(config, dataset),
        TrainingTask.of(config, dataset, scored="validation", watched=""),
        TrainingTask.of(config, dataset, train=("train", "validation"), watched=""),
        TrainingTask.of(config.model_copy(update={"seed": 1}), dataset),
    ]
    assert len({task.key for task in tasks}) == len(tasks)
    assert TrainingTask.of(config.model_copy(update={"threads": 0}), dataset).key == tasks[0].key
    together = run_task(tasks[2])
    assert isinstance(together, TrainingResult)
    assert together.n_train == 50
