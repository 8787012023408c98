"""What a training keeps in its run folder while it goes on, and how it goes on from that."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from qkdrp.backends import Backend
from qkdrp.runs.cross_validation import (
    CrossValidated,
    Listeners,
    OpenBackend,
    cross_validate,
    stage_of,
    trained_for,
)
from qkdrp.runs.finished_folds import FOLDS, FinishedFolds
from qkdrp.runs.prepare import Prepared
from qkdrp.runs.resume import identity_of, run_checkpoint
from qkdrp.training.checkpoint import Checkpoint

ALL_ROWS = ""
"""Stage of the last training, or the only one; folds have names of their own."""


@dataclass(frozen=True, eq=False)
class SavedTraining:
    """What a training keeps in its run folder while it goes on.

    Args:
        prepared: What is trained.
        path: The run folder.
        every: Seconds between two checkpoints.
        on_error: Called when something cannot be written meanwhile.
    """

    prepared: Prepared
    path: Path
    every: float
    on_error: Callable[[OSError], None]
    _checkpoints: dict[str, Checkpoint] = field(default_factory=dict, init=False)

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What decides the numbers of the training."""
        parts = self.prepared.split.parts()
        return identity_of(self.prepared.config, self.prepared.dataset.digest(), parts)

    @cached_property
    def finished(self) -> FinishedFolds:
        """Folds that are finished; a training without any has none."""
        identity = self.identity if self.prepared.config.final else {}
        return FinishedFolds(self.path / FOLDS, identity, self.on_error)

    def checkpoint(self, stage: str, backend: Backend) -> Checkpoint:
        """Return where a stage of the training is saved now and then."""
        if stage not in self._checkpoints:
            self._checkpoints[stage] = run_checkpoint(
                self.path, lambda: self.identity, backend, self.every, self.on_error, stage
            )
        return self._checkpoints[stage]

    @property
    def seconds_before(self) -> float:
        """Seconds of training before this process went on."""
        before = sum(each.seconds_before for each in self._checkpoints.values())
        return self.finished.seconds_before + before

    def with_epochs(
        self, open_for: OpenBackend, listeners: Listeners
    ) -> tuple[Prepared, CrossValidated | None]:
        """Return the training with its number of epochs, and the cross-validation that found it.

        Args:
            open_for: Opens a backend for each fold.
            listeners: Called meanwhile.
        """
        prepared, final = self.prepared, self.prepared.config.final
        if final is None:
            return prepared, None
        crossed = cross_validate(
            prepared, final, open_for, self.finished, self.checkpoint, listeners
        )
        listeners.on_stage(stage_of(prepared, "", 0, crossed.epochs))
        return trained_for(prepared, crossed.epochs), crossed
