import json
from pathlib import Path
from typing import Any

import pytest

from qkdrp.common.errors import RunError, StudyError
from qkdrp.common.provenance import versions
from qkdrp.experiments.ito.plan import ItoPlan
from qkdrp.experiments.study import study_folder
from qkdrp.experiments.study.study_folder import STUDY, open_store
from qkdrp.experiments.study.task_results import TASKS, TaskStore
from qkdrp.experiments.study.tasks import run_task
from tests.experiments.conftest import study_config
from tests.qkdrp.conftest import snapshot


def opened(data: Path, path: Path, *, resume: bool = False, **changes: Any) -> TaskStore:
    plan = ItoPlan.open(study_config(data, **changes))
    return open_store(plan.config, plan.digests, path, path, resume)


def test_results_are_kept_one_file_each(data: Path, tmp_path: Path) -> None:
    store = opened(data, tmp_path / "study")
    task = ItoPlan.open(study_config(data)).fold_tasks()[0]
    assert store.get(task) is None
    result = run_task(task)
    store.put(task, result)
    assert store.get(task) == result
    assert {path.name for path in (store.path / TASKS).iterdir()} == {f"{task.key}.json"}


def test_a_damaged_result_is_named(data: Path, tmp_path: Path) -> None:
    store = opened(data, tmp_path / "study")
    task = ItoPlan.open(study_config(data)).fold_tasks()[0]
    path = store.path / TASKS / f"{task.key}.json"
    for content in ("{", "[]", '{"result": {}}'):
        path.write_text(content)
        with pytest.raises(StudyError, match=f"{task.key}.json: is damaged; delete it"):
            store.get(task)


def test_a_new_study_takes_no_folder_with_something_in_it(data: Path, tmp_path: Path) -> None:
    opened(data, tmp_path / "study")
    with pytest.raises(RunError, match="already there"):
        opened(data, tmp_path / "study")


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"epochs": 3}, "config.epochs is 2 there and 3 here"),
        ({"seed": 1}, "config.seed"),
        ({"models": ("tanh",)}, "config.models"),
        ({"drugs": ("DrugB",)}, "config.drugs"),
    ],
)
def test_another_study_is_not_resumed(
    changes: dict[str, Any], name: str, data: Path, tmp_path: Path
) -> None:
    opened(data, tmp_path / "study")
    before = snapshot(tmp_path / "study")
    opened(data, tmp_path / "study", resume=True)
    with pytest.raises(StudyError, match=name):
        opened(data, tmp_path / "study", resume=True, **changes)
    assert snapshot(tmp_path / "study") == before


def test_other_versions_do_not_go_on_unseen(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(data, tmp_path / "study")
    monkeypatch.setattr(study_folder, "versions", lambda: versions() | {"torch": "0.1"})
    with pytest.raises(StudyError, match=r"versions\.torch is .* there and 0\.1 here"):
        opened(data, tmp_path / "study", resume=True)


def test_what_is_no_study_is_not_resumed(data: Path, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="missing or damaged"):
        opened(data, tmp_path / "study", resume=True)
    opened(data, tmp_path / "study")
    for content in ("{", "[1]", json.dumps({"config": 3})):
        (tmp_path / "study" / STUDY).write_text(content)
        with pytest.raises(StudyError, match="missing or damaged"):
            opened(data, tmp_path / "study", resume=True)


def test_resuming_needs_the_folder(data: Path, tmp_path: Path) -> None:
    plan = ItoPlan.open(study_config(data))
    with pytest.raises(StudyError, match="found no --output"):
        open_store(plan.config, plan.digests, None, tmp_path / "study", resume=True)
