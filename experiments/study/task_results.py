"""The folder of a study: its settings, and the result of each finished task."""

import json
from pathlib import Path
from typing import Any

from qkdrp.common.errors import ConfigError, StudyError
from qkdrp.common.files import write_json
from qkdrp.common.provenance import versions
from qkdrp.experiments.study.config import StudyConfig
from qkdrp.experiments.study.tasks import Result, Task, parse_result
from qkdrp.runs.new_folder import claim_folder

STUDY, TASKS = "study.json", "tasks"
"""Names in the folder."""


class TaskStore:
    """Results of tasks, one file each; written by the driver alone.

    Args:
        path: The folder of the study.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, task: Task, result: Result) -> None:
        """Keep the result of a task; the file is there whole or not at all."""
        content = {"task": task.model_dump(), "result": result.model_dump(mode="json")}
        write_json(self._file(task), content)

    def get(self, task: Task) -> Result | None:
        """Return the result of a task, or None if it is not finished.

        Raises:
            StudyError: If the file is damaged.
        """
        path = self._file(task)
        try:
            content = json.loads(path.read_text())
            return parse_result(task, content["result"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, ConfigError) as error:
            raise StudyError(f"{path}: is damaged; delete it and resume.") from error

    def _file(self, task: Task) -> Path:
        return self.path / TASKS / f"{task.key}.json"


def open_store(
    config: StudyConfig, digests: dict[str, str], wanted: Path | None, default: Path, resume: bool
) -> TaskStore:
    """Return the store of a new study, or of one that is to be resumed.

    Args:
        config: The settings.
        digests: Of the cohorts, by drug.
        wanted: What the user asked for.
        default: Where nothing was asked for.
        resume: Whether the wanted folder holds the study already.

    Raises:
        StudyError: If the folder to resume holds no study, or another one.
        RunError: If a new study's folder holds something already.
    """
    content = {
        "config": json.loads(config.model_dump_json()),
        "data": digests,
        "versions": versions(),
    }
    if not resume:
        path = claim_folder(wanted, default)
        (path / TASKS).mkdir()
        write_json(path / STUDY, content)
        return TaskStore(path)
    if wanted is None:
        raise StudyError("--resume: found no --output, expected the folder of the study.")
    _check_same(wanted / STUDY, content)
    return TaskStore(wanted)


def _check_same(path: Path, content: dict[str, dict[str, Any]]) -> None:
    """Refuse to go on with other settings, data or versions."""
    try:
        there, here = _flat(json.loads(path.read_text())), _flat(content)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise StudyError(
            f"{path}: missing or damaged; leave out --resume to begin a study."
        ) from error
    other = sorted(name for name in here | there if here.get(name) != there.get(name))
    if other:
        name = other[0]
        raise StudyError(
            f"{path}: is of another study, {name} is {there.get(name)} there and "
            f"{here.get(name)} here (differing: {', '.join(other)}); repeat the command that began "
            "it, or choose another --output."
        )


def _flat(content: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        f"{section}.{name}": value
        for section, values in content.items()
        for name, value in values.items()
    }
