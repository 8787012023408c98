"""One training of any system on rows that are given, as tasks of studies conduct it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from torch import nn

from qkdrp.common.seeds import derive_seed
from qkdrp.experiments.study.saved_training import SavedTraining
from qkdrp.runs.open_backend import open_backend
from qkdrp.training.dataset import Dataset
from qkdrp.training.epoch import Epoch, Fit
from qkdrp.training.loop import fit_model, predict
from qkdrp.training.run_config import RunConfig
from qkdrp.training.system import AnySystem, Values
from qkdrp.training.task import FitTask

Observe: TypeAlias = Callable[[nn.Module, FitTask], FitTask]
"""Takes a fresh model and the task of its system; returns the task with scores of its own."""


def _as_it_is(_: nn.Module, task: FitTask) -> FitTask:
    return task


def _ignore(*_: object) -> None:
    """Take no notice."""


@dataclass(frozen=True)
class Training:
    """What a training needs, rows aside.

    Args:
        system: Builds the model.
        config: What is trained, and how.
        preprocessor: Fitted on the training rows.
        seed: Of weights and batches.
        saved: Gives the fit loop its checkpoint.
    """

    system: AnySystem
    config: RunConfig
    preprocessor: Any
    seed: int
    saved: SavedTraining

    def train(
        self,
        train: Dataset,
        watched: Dataset | None,
        scored: Dataset,
        observe: Observe = _as_it_is,
        on_epoch: Callable[[Epoch], None] = _ignore,
        after: Callable[[nn.Module, Fit], None] = _ignore,
    ) -> tuple[Values, Fit]:
        """Train; return predictions of the scored rows, and the course of the training.

        Args:
            train: Rows to fit.
            watched: Rows that tell when to stop; None for none.
            scored: Rows to predict.
            observe: Adds scores to the history.
            on_epoch: As for :func:`~qkdrp.training.loop.fit_model`.
            after: Called with the trained model and its course while its backend is open.

        Raises:
            QkdrpError: If the training diverges, or its checkpoint is of another.
        """
        system, config, fitted = self.system, self.config, self.preprocessor
        with open_backend(config.backend, config.backend_options, self.seed) as backend:
            model = system.build(config, fitted, backend, derive_seed(self.seed, "weights"))
            fit = fit_model(
                model,
                system.rows(fitted, train),
                None if watched is None else system.rows(fitted, watched),
                config.fit,
                derive_seed(self.seed, "shuffle"),
                task=observe(model, system.fit_task(config)),
                on_epoch=on_epoch,
                checkpoint=self.saved.checkpoint(backend),
            )
            inputs, _ = system.rows(fitted, scored).batch(slice(None))
            values = predict(model, *inputs)
            after(model, fit)
        return values.double().numpy(), fit
