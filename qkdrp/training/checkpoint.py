"""Checkpoints: a file from which a training goes on after a crash, a kill or a time limit."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from qkdrp.backends.runtime.owner import Owner, this_process
from qkdrp.common.errors import RunError
from qkdrp.common.files import remove, write_bytes
from qkdrp.common.random_state import HasRandomState
from qkdrp.common.stop_signals import held_back
from qkdrp.training.state import Snapshot, TrainingState

CHECKPOINT = "checkpoint.safetensors"
"""Name of the file in a run folder."""

EVERY = 30.0
"""Seconds between two checkpoints."""

FORMAT = 1
"""Version of the file's layout."""

Identity = Mapping[str, Any]
"""What decides the numbers of a training, as JSON, by name."""


def _ignore(_: OSError) -> None:
    """Take no notice."""


class Checkpoint:
    """Saves the state of a training in one file, without pickles, whole or not at all.

    The first one is written after the first epoch, or after ``every`` seconds where that comes
    first. A resumed training ends with the same numbers as one that was never stopped, on the same
    machine with as many threads.

    Args:
        path: The file.
        identity: Gives what decides the numbers; a file of another training is refused. Called
            when it is first needed.
        every: Seconds between two checkpoints; 0 writes one after every batch.
        draws: What else draws random numbers while training, such as a noisy backend, by name.
        on_error: Called when a file cannot be written; the training goes on.
        stage: Which of several trainings it is, one after another with the same file; a file of
            another one is of no use any more.

    Attributes:
        seconds_before: Seconds of training before this process went on; 0 for a fresh one.
    """

    def __init__(
        self,
        path: Path,
        identity: Callable[[], Identity],
        every: float = EVERY,
        draws: Mapping[str, HasRandomState] | None = None,
        on_error: Callable[[OSError], None] = _ignore,
        stage: str = "",
    ) -> None:
        self.path, self.every, self.on_error = path, every, on_error
        self.stage = stage
        self.seconds_before = 0.0
        self._identity, self._draws = identity, dict(draws or {})
        self._last: float | None = None
        self._start = perf_counter()

    @cached_property
    def identity(self) -> Identity:
        """Settings, data and split that decide the numbers, as they read back from JSON."""
        found: Identity = json.loads(json.dumps(self._identity()))
        return found

    def resume(self, state: TrainingState) -> bool:
        """Bring a fresh training to where the file left it; return whether there is one.

        Raises:
            RunError: If the file is damaged, or of another training.
        """
        if not self.path.is_file():
            return False
        snapshot = _read(self.path)
        identity = snapshot.values.get("identity", {})
        if identity != self.identity:
            names = sorted(
                name
                for name in {*identity, *self.identity}
                if identity.get(name) != self.identity.get(name)
            )
            raise RunError(
                f"{self.path}: belongs to another training (different: {', '.join(names)}); "
                "restore what has changed, or train again."
            )
        if snapshot.values.get("stage", "") != self.stage:
            return False
        try:
            state.restore(snapshot)
            for name, source in self._draws.items():
                source.set_random_state(snapshot.values["draws"][name])
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise _damaged(self.path) from error
        self.seconds_before = state.seconds
        self.save(state)  # so that the file names the process that goes on
        return True

    def after_batch(self, state: TrainingState) -> None:
        """Write a checkpoint if one is due."""
        since = self._start if self._last is None else self._last
        if perf_counter() - since >= self.every:
            self.save(state)

    def after_epoch(self, state: TrainingState) -> None:
        """Write a checkpoint if one is due, or if there is none yet."""
        if self._last is None:
            self.save(state)
        else:
            self.after_batch(state)

    def save(self, state: TrainingState) -> None:
        """Write a checkpoint."""
        snapshot = state.snapshot()
        values = snapshot.values | {
            "format": FORMAT,
            "owner": asdict(this_process()),
            "identity": self.identity,
            "draws": {name: source.random_state() for name, source in self._draws.items()},
            "stage": self.stage,
        }
        tensors = {  # clones, since tied weights share memory, which the format refuses
            name: tensor.clone(memory_format=torch.contiguous_format)
            for name, tensor in snapshot.tensors.items()
        }
        try:
            with held_back():
                write_bytes(self.path, save(tensors, {"training": json.dumps(values)}))
        except OSError as error:
            self.on_error(error)
        self._last = perf_counter()

    def delete(self) -> None:
        """Delete the file, if there is one, and what a killed process left of it."""
        remove(self.path)


def owner_of(path: Path) -> Owner:
    """Return the process that wrote a checkpoint.

    Raises:
        RunError: If it cannot be read.
    """
    try:
        return Owner(**_read(path).values["owner"])
    except (KeyError, TypeError) as error:
        raise _damaged(path) from error


def _read(path: Path) -> Snapshot:
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
            values = json.loads(file.metadata()["training"])
    except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise _damaged(path) from error
    if values.get("format") != FORMAT:
        raise RunError(f"{path}: was written by another version of qkdrp; train again.")
    return Snapshot(tensors, values)


def _damaged(path: Path) -> RunError:
    return RunError(f"{path}: cannot be read as a checkpoint of this training; train again.")
