"""The folder of a study: made, or checked against ``study.json`` before it is resumed."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from qkdrp.common.errors import StudyError
from qkdrp.common.files import write_json
from qkdrp.common.provenance import versions
from qkdrp.common.settings import Settings
from qkdrp.experiments.study.task_results import TASKS, TaskStore
from qkdrp.runs.new_folder import claim_folder

STUDY = "study.json"
"""File of the settings."""


def open_store(
    config: Settings,
    digests: Mapping[str, str],
    wanted: Path | None,
    default: Path,
    resume: bool,
) -> TaskStore:
    """Return the store of a new study, or of one that is to be resumed.

    Args:
        config: The settings.
        digests: Of the data, by what they are called.
        wanted: What the user asked for.
        default: Where nothing was asked for.
        resume: Whether the wanted folder holds the study already.

    Raises:
        StudyError: If the folder to resume holds no study, or another one.
        RunError: If a new study's folder holds something already.
    """
    settings = json.loads(config.model_dump_json())
    content = {"config": settings, "data": dict(digests), "versions": versions()}
    if resume:
        if wanted is None:
            raise StudyError("--resume: found no --output, expected the folder of the study.")
        _check_same(wanted / STUDY, content, config)
        return TaskStore(wanted)
    path = claim_folder(wanted, default)
    (path / TASKS).mkdir()
    write_json(path / STUDY, content)
    return TaskStore(path)


def data_path_there(folder: Path, source: str) -> str:
    """Return how the study in a folder writes the path of its data, if it is the same path.

    Args:
        folder: Of the study.
        source: The path as it is written now, relative or absolute.

    Raises:
        StudyError: If the folder holds no study.
    """
    path = folder / STUDY
    try:
        there = str(json.loads(path.read_text())["config"]["data"]["source"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _no_study(path) from error
    return there if Path(there).resolve() == Path(source).resolve() else source


def _no_study(path: Path) -> StudyError:
    return StudyError(f"{path}: missing or damaged; leave out --resume to begin a study.")


def _check_same(path: Path, content: Mapping[str, Mapping[str, Any]], config: Settings) -> None:
    """Refuse to go on with other settings, data or versions."""
    try:
        stored: dict[str, Any] = json.loads(path.read_text())
        there = dict(_flat(stored | {"config": filled(stored["config"], config)}))
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise _no_study(path) from error
    here = dict(_flat({**content, "config": filled(content["config"], config)}))
    other = sorted(name for name in here | there if here.get(name) != there.get(name))
    if other:
        name = other[0]
        raise StudyError(
            f"{path}: is of another study, {name} is {there.get(name)} there and "
            f"{here.get(name)} here (differing: {', '.join(other)}); repeat the command that began "
            "it, or choose another --output."
        )


def filled(stored: Mapping[str, Any], config: BaseModel) -> dict[str, Any]:
    """Return stored settings with the default of each setting that they lack.

    Args:
        stored: Settings as JSON, of an earlier version perhaps.
        config: Settings of the same kind, for their defaults.
    """
    found = dict(stored)
    for name, setting in type(config).model_fields.items():
        value = getattr(config, name)
        if name not in found:
            if not setting.is_required():
                found[name] = to_jsonable_python(setting.get_default(call_default_factory=True))
        elif isinstance(value, BaseModel):
            found[name] = filled(found[name], value)
    return found


def _flat(content: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield the values of all sections; those of ``data`` in ``config`` one by one, too."""
    for section, values in content.items():
        for name, value in values.items():
            if isinstance(value, Mapping) and section == "config":
                yield from ((f"{section}.{name}.{inner}", each) for inner, each in value.items())
            else:
                yield f"{section}.{name}", value
