"""Resuming a training in its run folder: checkpoint, claim of the folder, and what stays in it."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qkdrp.backends import Backend
from qkdrp.common.errors import ConfigError, RunError
from qkdrp.common.files import remove_half_written
from qkdrp.common.random_state import HasRandomState
from qkdrp.common.settings import Settings
from qkdrp.runs.folder import FILES, METRICS, read_config, read_metrics
from qkdrp.runs.new_folder import NewFolder
from qkdrp.training.checkpoint import CHECKPOINT, Checkpoint, owner_of

Note = Callable[[str], None]


@dataclass(frozen=True)
class ResumedFolder(NewFolder):
    """The folder of a training that goes on; whatever happens, it can be resumed again."""

    def give_back(self, names: Iterable[str]) -> None:
        """Keep all files."""


def check_resumable(path: Path) -> None:
    """Check that a folder holds a training that can go on.

    Raises:
        RunError: If it is no run folder, the training is finished or still runs, or no checkpoint
            was written.
    """
    read_config(path)
    if (path / METRICS).is_file() and read_metrics(path).get("status") != "interrupted":
        raise RunError(f"{path}: the training is finished; there is nothing to resume.")
    if not (path / CHECKPOINT).is_file():
        raise RunError(
            f"{path}: {CHECKPOINT} is missing: the training ended before its first epoch did, or "
            "was written by an earlier version; train again."
        )
    owner = owner_of(path / CHECKPOINT)
    if owner.alive and not owner.here:
        raise RunError(f"{path}: is still being trained by {owner}; stop it first.")


def claim_run_folder(wanted: Path | str | None, default: Path, *, resumed: bool) -> NewFolder:
    """Return the folder of a training.

    Args:
        wanted: What the user asked for; the run folder of a training that is resumed.
        default: Where nothing was asked for.
        resumed: Whether a training goes on: then results of its interruption are deleted, and
            files that were half written when it was killed.

    Raises:
        RunError: If a folder for a new training holds something already.
    """
    wanted = None if wanted is None else Path(wanted)
    if wanted is None or not resumed:
        return NewFolder.claim(wanted, default)
    (wanted / METRICS).unlink(missing_ok=True)
    _delete_half_written(wanted)
    return ResumedFolder(wanted, ())


def clear_unfinished(path: Path) -> None:
    """Delete what a training left that was killed before its first checkpoint."""
    _delete_half_written(path)
    NewFolder(path, ()).give_back(FILES)


def _delete_half_written(path: Path) -> None:
    """Delete files that were half written when a training was killed."""
    for name in FILES:
        remove_half_written(path / name)


def run_checkpoint(
    path: Path,
    identity: Callable[[], Mapping[str, Any]],
    backend: Backend,
    every: float,
    on_error: Callable[[OSError], None],
    stage: str = "",
) -> Checkpoint:
    """Return the checkpoint of a training in its run folder.

    Args:
        path: The run folder.
        identity: Gives what decides the numbers, see :func:`identity_of`.
        backend: What the model is trained on.
        every: Seconds between two checkpoints.
        on_error: Called when none can be written.
        stage: Which of several trainings it is, one after another.
    """
    draws = {"backend": backend} if isinstance(backend, HasRandomState) else {}
    return Checkpoint(path / CHECKPOINT, identity, every, draws, on_error, stage)


def identity_of(
    config: Settings, data_sha256: str, parts: Mapping[str, NDArray[np.str_]]
) -> dict[str, Any]:
    """Return settings and digests of data and split, which decide the numbers, as JSON.

    Args:
        config: The settings.
        data_sha256: Digest of the data.
        parts: Row ids of each part of the split.
    """
    ids = json.dumps({name: part.tolist() for name, part in parts.items()})
    digests = {"data": data_sha256, "split": sha256(ids.encode()).hexdigest()}
    return config.model_dump() | {f"{name}_sha256": digest for name, digest in digests.items()}


def leave_failed(folder: NewFolder, error: BaseException, on_note: Note) -> None:
    """Give a folder back after a training failed, unless it can go on from a checkpoint.

    Args:
        folder: The folder.
        error: Why it failed; a training that diverges would do so again.
        on_note: Called with how it goes on.
    """
    if isinstance(error, ConfigError) or not (folder.path / CHECKPOINT).is_file():
        folder.give_back(FILES)
    else:
        on_note(_how_to_resume(folder.path))


def leave_saved(checkpoint: Checkpoint, on_note: Note, *, interrupted: bool) -> None:
    """Delete the checkpoint of a finished training; that of an interrupted one stays."""
    if not interrupted:
        checkpoint.delete()
    elif checkpoint.path.is_file():
        on_note(_how_to_resume(checkpoint.path.parent))


def _how_to_resume(path: Path) -> str:
    return f"the training can go on: qkdrp train --resume {path}"
