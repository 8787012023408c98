from pathlib import Path

import pytest

from qkdrp.common.settings import Settings
from qkdrp.experiments.ito.plan import ItoPlan
from qkdrp.experiments.ito.tasks import FoldTask
from qkdrp.experiments.study.task_results import TASKS, TaskStore
from qkdrp.experiments.study.tasks import run_task
from tests.experiments.conftest import study_config


class Own(Settings):
    depth: int = 1


class LaterFoldTask(FoldTask):
    """A task of a version that has two more settings."""

    own: Own = Own()
    crosstalk: float = 0.0


@pytest.fixture
def task(data: Path) -> FoldTask:
    return ItoPlan.open(study_config(data)).fold_tasks()[0]


def later(task: FoldTask, **changes: object) -> LaterFoldTask:
    return LaterFoldTask.make(**task.model_dump(), **changes)


def test_a_new_setting_changes_no_key(task: FoldTask) -> None:
    found = later(task)
    assert found.key == task.key
    assert found.first_key == task.first_key


@pytest.mark.parametrize("changes", [{"crosstalk": 0.1}, {"own": {"depth": 2}}])
def test_a_new_setting_that_is_used_makes_work_that_earlier_versions_never_did(
    task: FoldTask, changes: dict[str, object]
) -> None:
    found = later(task, **changes)
    assert found.key != task.key
    assert found.first_key is None


def test_the_kind_of_task_is_part_of_its_key(data: Path) -> None:
    plan = ItoPlan.open(study_config(data))
    fold = plan.fold_tasks()[0]
    final = plan.final_of(plan.configurations[0]).model_copy(update={"fit": fold.fit})
    same = fold.model_copy(update={"folds": 0})
    assert same.key != final.key


def test_a_result_of_another_default_is_none(task: FoldTask, tmp_path: Path) -> None:
    (tmp_path / TASKS).mkdir()
    store, result = TaskStore(tmp_path), run_task(task)
    store.put(later(task), result)
    assert store.get(later(task)) == result
    path = tmp_path / TASKS / f"{task.key}.json"
    path.write_text(path.read_text().replace('"crosstalk": 0.0', '"crosstalk": 0.5'))
    assert store.get(later(task)) is None
