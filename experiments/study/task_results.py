"""Results of finished tasks: one file each in the folder of a study."""

import json
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from qkdrp.common.errors import ConfigError, StudyError
from qkdrp.common.files import write_json
from qkdrp.experiments.study.tasks import Result, Task, parse_result

TASKS = "tasks"
"""Folder of the results."""


class TaskStore:
    """Results of tasks, one file each; written by the driver alone.

    Args:
        path: The folder of the study.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def _keys(self) -> set[str]:
        """Keys of the results, as they are when first asked for."""
        return {file.stem for file in (self.path / TASKS).glob("*.json")}

    def put(self, task: Task, result: Result) -> str:
        """Keep the result of a task; the file is there whole or not at all. Return its key."""
        content = {"task": task.model_dump(), "result": result.model_dump(mode="json")}
        key = task.key
        write_json(self._file(key), content)
        self._keys.add(key)
        return key

    def get(self, task: Task) -> Result | None:
        """Return the result of a task, or None if it is not finished.

        It is looked for under the task's key, then under the key that the first version gave. A
        result of other settings is none: a default may have changed since.

        Raises:
            StudyError: If the file is damaged.
        """
        if not self._keys:
            return None  # keys take a millisecond each, and a study may have 50,000 tasks
        if (key := task.key) in self._keys:
            return _read(task, self._file(key))
        first = task.first_key
        if first is not None and first in self._keys:
            return _read(task, self._file(first))
        return None

    def _file(self, key: str) -> Path:
        return self.path / TASKS / f"{key}.json"


def _read(task: Task, path: Path) -> Result | None:
    """Return the result in a file; None if it is of a task with other settings."""
    try:
        content = json.loads(path.read_text())
        result = parse_result(task, content["result"])
        stored = type(task)(**content["task"])
    except (OSError, ValueError, KeyError, TypeError, ConfigError, ValidationError) as error:
        raise StudyError(f"{path}: is damaged; delete it and resume.") from error
    return result if stored.same_settings(task) else None
