"""Trainings of studies that are killed go on from their checkpoints, with the same numbers."""

from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from qkdrp.common.files import atomic
from qkdrp.experiments.ito.plan import ItoPlan
from qkdrp.experiments.noise.config import NoiseConfig
from qkdrp.experiments.noise.plan import NoisePlan
from qkdrp.experiments.noise.trainings import EXACT
from qkdrp.experiments.study.driver import run_study
from qkdrp.experiments.study.outcomes import attempt
from qkdrp.experiments.study.runners import LocalRunner
from qkdrp.experiments.study.saved_training import CHECKPOINTS, Checkpoints, LateCheckpoint
from qkdrp.experiments.study.study_folder import open_store
from qkdrp.experiments.study.tasks import Task, run_task
from qkdrp.experiments.study.training_task import TrainingTask
from qkdrp.systems.registry import find_system
from qkdrp.systems.response.config import TrainConfig
from qkdrp.training import loop
from tests.experiments.conftest import SMALL, study_config
from tests.experiments.ito.test_tasks import without_seconds

EPOCHS = 6


class Steps:
    """Counts the steps of trainings, and interrupts the one that goes beyond a limit."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken, self.limit = 0, 10**9
        self.step = loop.train_step
        monkeypatch.setattr(loop, "train_step", self)

    def __call__(self, *arguments: object) -> float:
        if self.taken == self.limit:
            raise KeyboardInterrupt
        self.taken += 1
        return self.step(*arguments)  # type: ignore[arg-type]

    def of(self, call: Callable[[], object], limit: int = 10**9) -> int:
        """Return the steps that a call takes."""
        self.taken, self.limit = 0, limit
        call()
        return self.taken


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    return Steps(monkeypatch)


def fold(data: Path) -> Task:
    return ItoPlan.open(study_config(data, epochs=EPOCHS)).fold_tasks()[0]


def final(data: Path) -> Task:
    plan = ItoPlan.open(study_config(data, epochs=EPOCHS))
    return plan.final_of(plan.configurations[0])


def noise_aware(data: Path) -> Task:
    few = {"models": ("moderated",), "a": (20.0,), "r": (1.0,), "noise": ("depolarizing:p2=0.01",)}
    config = NoiseConfig.make(data={"source": str(data)}, **{**SMALL, **few, "epochs": EPOCHS})
    plan = NoisePlan.open(config)
    return plan.task_of(next(each for each in plan.places if each.training.name != EXACT))


def of_a_system(data: Path) -> Task:
    config = TrainConfig.make(
        data={"source": str(data), "drug": "DrugA"},
        model={"n_qubits": 2, "n_encoding": 1},
        fit={"epochs": EPOCHS, "batch_size": 16},
        threads=1,
    )
    return TrainingTask.of(config, find_system("response").load(config.data))


@pytest.mark.parametrize("make", [fold, final, noise_aware, of_a_system])
def test_a_killed_training_goes_on_and_ends_with_the_same_numbers(
    make: Callable[[Path], Task], data: Path, tmp_path: Path, steps: Steps
) -> None:
    task, checkpoints = make(data), Checkpoints(tmp_path, every=0.0)
    found = []
    whole = steps.of(lambda: found.append(run_task(task)))
    before = whole // 2
    with pytest.raises(KeyboardInterrupt):
        steps.of(lambda: run_task(task, checkpoints), before)
    after = steps.of(lambda: found.append(run_task(task, checkpoints)))
    assert before > 0
    assert before + after == whole
    uninterrupted, resumed = found
    left, right = without_seconds(resumed), without_seconds(uninterrupted)
    for times in ("fit_seconds", "epoch_seconds"):
        for each in (left, right):
            each.pop(times, None)
    assert left == right


def test_a_training_shorter_than_the_interval_writes_nothing(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LateCheckpoint, "save", lambda *_: pytest.fail("a checkpoint was written"))
    assert attempt(fold(data), Checkpoints(tmp_path)).error == ""
    assert not list(tmp_path.iterdir())


def test_a_worker_that_does_not_reach_the_folder_does_without(data: Path, tmp_path: Path) -> None:
    assert attempt(fold(data), Checkpoints(tmp_path / "elsewhere", every=0.0)).error == ""
    assert not list(tmp_path.iterdir())


def test_a_damaged_checkpoint_costs_no_result(data: Path, tmp_path: Path) -> None:
    task = fold(data)
    (tmp_path / CHECKPOINTS).mkdir()
    checkpoints = Checkpoints(tmp_path)
    path = checkpoints.of(task.key).path
    assert path is not None
    path.write_bytes(b"no tensors")
    result = attempt(task, checkpoints).result
    assert result is not None
    assert not path.exists()
    assert without_seconds(result) == without_seconds(run_task(task))


def test_the_checkpoint_of_another_task_is_refused(
    data: Path, tmp_path: Path, steps: Steps
) -> None:
    task, checkpoints = fold(data), Checkpoints(tmp_path, every=0.0)
    with pytest.raises(KeyboardInterrupt):
        steps.of(lambda: run_task(task, checkpoints), 3)
    other = task.model_copy(update={"fold": 1})
    here, there = (checkpoints.of(each.key).path for each in (task, other))
    assert here is not None
    assert there is not None
    here.rename(there)
    whole = steps.of(lambda: run_task(other))
    assert steps.of(lambda: attempt(other, checkpoints)) == whole


def test_a_study_leaves_no_checkpoints_of_finished_tasks(data: Path, tmp_path: Path) -> None:
    config = study_config(data, models=("moderated",))
    plan, path = ItoPlan.open(config), tmp_path / "study"
    store = open_store(config, plan.digests, path, path, resume=False)
    left = Checkpoints(path).of(plan.fold_tasks()[0].key).path
    assert left is not None
    findings = run_study(plan, store, LocalRunner(1), Console(quiet=True), every=0.0)
    assert not findings.failed
    assert not (path / CHECKPOINTS).exists()
    left.parent.mkdir()
    left.touch()  # as if the driver had been killed just before it deleted the file
    with atomic(left) as half_written:
        pass
    half_written.touch()  # as if a worker had been killed while it wrote
    run_study(plan, store, LocalRunner(1), Console(quiet=True))
    assert not (path / CHECKPOINTS).exists()
