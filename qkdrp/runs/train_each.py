"""One training for each of what a source offers, such as its drugs; runs in one parent folder."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from qkdrp.common.errors import ConfigError, QkdrpError, RunError
from qkdrp.common.files import write_csv, write_json, write_text
from qkdrp.common.names import choose_one_of
from qkdrp.runs.folder import METRICS, default_parent, read_config, read_metrics
from qkdrp.runs.new_folder import NewFolder
from qkdrp.runs.prepare import Prepared, prepare, prepare_resumed, with_whole_path
from qkdrp.runs.resume import clear_unfinished
from qkdrp.runs.run_path import CONFIG, SETTINGS
from qkdrp.runs.summary import INTERRUPTED
from qkdrp.runs.table_of_runs import markdown_of, table_of
from qkdrp.runs.train import train
from qkdrp.systems.registry import find_system
from qkdrp.training.checkpoint import CHECKPOINT
from qkdrp.training.run_config import RunConfig
from qkdrp.training.system import AnySystem

ALL = "all"
"""Stands for everything that a source offers."""

SCORES, SCORES_TEXT = "scores.csv", "scores.md"
"""Tables of a parent folder."""


class State(StrEnum):
    """What became of a training."""

    TRAINED = "trained"
    KEPT = "kept"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True)
class Outcome:
    """What became of the training on one target.

    Args:
        target: The target.
        state: What became of it.
        path: The run folder.
        metrics: Its ``metrics.json``; empty where the training failed.
        problem: Why it failed.
    """

    target: str
    state: State
    path: Path
    metrics: Mapping[str, Any]
    problem: str = ""


@dataclass(frozen=True, eq=False)
class Trainings:
    """Trainings on several targets, with the same settings, in a parent folder.

    Args:
        system: Whose trainings they are.
        config: The settings of all; what they learn from is not narrowed to a target.
        targets: Run folders by target, in their order.
        path: The parent folder.
    """

    system: AnySystem
    config: RunConfig
    targets: Mapping[str, Path]
    path: Path


TrainOne = Callable[[Prepared, Path, bool], Mapping[str, Any]]
"""Trains into a run folder, or goes on there; returns the content of ``metrics.json``."""


def train_silently(prepared: Prepared, path: Path, resumed: bool) -> Mapping[str, Any]:
    """Train and tell nobody."""
    return train(prepared, path, resumed=resumed)[1]


def choose_targets(config: RunConfig, names: Sequence[str]) -> list[str]:
    """Return targets of a source after checking them.

    Args:
        config: The settings.
        names: Names of targets, or :data:`ALL` alone.

    Raises:
        ConfigError: If the source offers nothing to choose from, or not that, or none is named.
        DataError: If the source cannot be read.
    """
    known = find_system(config.system).describe(config.data.source)
    if not known:
        raise ConfigError(f"{config.data.source}: learned from as a whole, there is no choice.")
    if list(names) == [ALL]:
        return known
    for name in names:
        if name not in known:
            raise ConfigError(
                f"{name!r} is not in {config.data.source}: {choose_one_of(name, [ALL, *known])}"
            )
    if not names:
        raise ConfigError(f"Found no name, expected some of {', '.join(known)}, or {ALL}.")
    return list(dict.fromkeys(names))


def claim_trainings(config: RunConfig, targets: Sequence[str], output: Path | None) -> Trainings:
    """Return trainings in a new parent folder, or in that of the same command before.

    Args:
        config: The settings of all.
        targets: What to train on.
        output: The parent folder; a time-stamped one below ``runs/`` where left out.

    Raises:
        RunError: If the folder holds something else, or runs of other settings.
    """
    system, config = find_system(config.system), with_whole_path(config)
    for target in targets:
        system.check(system.focus(config, target))
    wanted = json.loads(json.dumps({"system": config.system} | config.model_dump()))
    if output is not None and (output / SETTINGS).is_file():
        _refuse_others(output / SETTINGS, wanted)
    else:
        output = NewFolder.claim(output, default_parent(config)).path
        write_json(output / SETTINGS, wanted)
    folders = (output / name for name in _folder_names(targets))
    return Trainings(system, config, dict(zip(targets, folders, strict=True)), output)


def _refuse_others(path: Path, wanted: Mapping[str, Any]) -> None:
    try:
        found = json.loads(path.read_text())
        different = sorted(
            name for name in {*found, *wanted} if found.get(name) != wanted.get(name)
        )
    except (OSError, TypeError, ValueError) as error:
        raise RunError(f"{path}: missing or damaged; give --output a new folder.") from error
    if different:
        raise RunError(
            f"{path.parent}: holds runs of other settings (different: {', '.join(different)}); "
            "give the same ones, or --output a new folder."
        )


def _folder_names(targets: Sequence[str]) -> Iterator[str]:
    """Yield a folder name for each target, each once."""
    taken = set[str]()
    for target in targets:
        name = re.sub(r"[^\w.-]+", "_", target.lower()).strip(".") or "run"
        while name in taken:
            name += "_"
        taken.add(name)
        yield name


def train_each(
    trainings: Trainings,
    train_one: TrainOne = train_silently,
    on_target: Callable[[str, int], None] = lambda _target, _number: None,
    on_outcome: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Train on each target, one after another; one that fails does not stop the others.

    Finished runs are kept as they are, stopped ones go on. The table of scores is written after
    each. A training that the user interrupts is the last one.

    Args:
        trainings: What to train.
        train_one: Trains on one target.
        on_target: Called before each that is trained, with its number, from 1.
        on_outcome: Called after each.

    Raises:
        KeyboardInterrupt: On Ctrl-C before the first epoch of a training ends.
    """
    outcomes = list[Outcome]()
    for number, (target, path) in enumerate(trainings.targets.items(), start=1):
        outcome = _finished(trainings, target, path)
        if outcome is None:
            on_target(target, number)
            outcome = _train(trainings, target, path, train_one)
        outcomes.append(outcome)
        write_scores(trainings, outcomes)
        on_outcome(outcome)
        if outcome.state is State.INTERRUPTED:
            break
    return outcomes


def _finished(trainings: Trainings, target: str, path: Path) -> Outcome | None:
    """Return a run that is finished; None for one that is to be trained."""
    try:
        if not (path / METRICS).is_file():
            return None
        metrics = read_metrics(path)
        if metrics.get("status") == INTERRUPTED:
            return None
        if read_config(path) != trainings.system.focus(trainings.config, target):
            problem = f"{path}: holds a run of other settings; move it away."
            return Outcome(target, State.FAILED, path, {}, problem)
    except QkdrpError as error:
        return Outcome(target, State.FAILED, path, {}, str(error))
    return Outcome(target, State.KEPT, path, metrics)


def _train(trainings: Trainings, target: str, path: Path, train_one: TrainOne) -> Outcome:
    """Train on a target; whatever goes wrong is told of the outcome."""
    try:
        resumed = (path / CHECKPOINT).is_file()
        if resumed:
            prepared = prepare_resumed(path)
        else:
            if (path / CONFIG).is_file():  # killed before its first checkpoint
                clear_unfinished(path)
            prepared = prepare(trainings.system.focus(trainings.config, target))
        metrics = train_one(prepared, path, resumed)
    except QkdrpError as error:
        return Outcome(target, State.FAILED, path, {}, str(error))
    except Exception as error:  # noqa: BLE001  # whatever it is, the others count, too
        problem = f"{type(error).__name__}: {error}"
        return Outcome(target, State.FAILED, path, {}, problem)
    stopped = metrics["status"] == INTERRUPTED
    return Outcome(target, State.INTERRUPTED if stopped else State.TRAINED, path, metrics)


def write_scores(trainings: Trainings, outcomes: Sequence[Outcome]) -> None:
    """Write the scores of all runs so far as tables, CSV and Markdown."""
    problems = {each.target: each.problem for each in outcomes if each.problem}
    runs = {each.target: (each.path.name, each.metrics) for each in outcomes}
    write_csv(trainings.path / SCORES, table_of(trainings.system, runs, problems))
    write_text(trainings.path / SCORES_TEXT, markdown_of(trainings.system, runs, problems))
