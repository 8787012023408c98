"""Checkpoints of a study: files in its folder from which killed trainings go on."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from qkdrp.backends import Backend
from qkdrp.common.files import remove
from qkdrp.common.random_state import HasRandomState
from qkdrp.training.checkpoint import EVERY, Checkpoint
from qkdrp.training.state import TrainingState

CHECKPOINTS = "checkpoints"
"""Folder of the files; only there while a training of some length is under way."""


class LateCheckpoint(Checkpoint):
    """A checkpoint that is first written after its interval: shorter trainings write nothing."""

    def after_epoch(self, state: TrainingState) -> None:
        """Write a checkpoint if one is due."""
        self.after_batch(state)

    def save(self, state: TrainingState) -> None:
        """Write a checkpoint, and make its folder before; the training goes on without either."""
        with suppress(OSError):
            self.path.parent.mkdir(exist_ok=True)  # fails where the study itself is out of reach
        super().save(state)


class SavedTraining:
    """The checkpoint of one task, wherever the task runs.

    Args:
        path: The file; None where nothing is saved.
        key: Of the task, so that the file of another is refused.
        every: Seconds between two checkpoints.
    """

    def __init__(self, path: Path | None, key: str, every: float) -> None:
        self.path, self.key, self.every = path, key, every
        self._opened: Checkpoint | None = None

    def checkpoint(self, backend: Backend) -> Checkpoint | None:
        """Return what saves the training, for the fit loop; None where nothing is saved.

        Args:
            backend: On which the model is trained; the state of its random generator is saved, too.
        """
        if self.path is None:
            return None
        draws = {"backend": backend} if isinstance(backend, HasRandomState) else {}
        identity = {"task": self.key}
        self._opened = LateCheckpoint(self.path, lambda: identity, self.every, draws)
        return self._opened

    @property
    def seconds_before(self) -> float:
        """Seconds of training before this process went on; 0 for a fresh training."""
        return self._opened.seconds_before if self._opened is not None else 0.0

    def delete(self) -> None:
        """Delete the file, if there is one, and what a killed process left of it."""
        if self.path is not None:
            with suppress(OSError):
                remove(self.path)


@dataclass(frozen=True)
class Checkpoints:
    """Where the trainings of a study are saved; sent to workers with each task.

    Args:
        folder: Of the study, absolute; None to save nothing.
        every: Seconds between two checkpoints of a training; 0 for one after every batch.
    """

    folder: Path | None = None
    every: float = EVERY

    def of(self, key: str) -> SavedTraining:
        """Return the checkpoint of a task; none where the folder cannot be reached from here."""
        reached = self.folder is not None and self.folder.is_dir()
        path = self.folder / CHECKPOINTS / f"{key}.safetensors" if self.folder and reached else None
        return SavedTraining(path, key, self.every)

    def clear(self) -> None:
        """Delete the folder of the files, if no file is left in it."""
        if self.folder is not None:
            with suppress(OSError):
                (self.folder / CHECKPOINTS).rmdir()


NOTHING_SAVED = Checkpoints()
"""For tasks that run outside a study."""
