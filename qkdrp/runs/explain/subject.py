"""What is explained: a trained model with rows that it was not trained on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from qkdrp.common.errors import ConfigError, RunError
from qkdrp.runs.evaluate import Subject
from qkdrp.training.features import Features

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Progress = Callable[[int, int], None]
"""Called with how much is done, and how much there is."""

FEWEST_ROWS = 3
"""Rows that an importance is made of, for its interval."""


@dataclass(frozen=True, eq=False)
class Explained:
    """A model with the rows that its predictions are explained on.

    Args:
        model: Takes the inputs, the first dimension of each being the row.
        inputs: Tensors of shape (n_rows, ...).
        target: What was measured, shape (n_rows, ...).
        features: What the inputs are called.
        loss: The mean loss of a batch.

    Raises:
        ConfigError: If an input is not row by row.
        RunError: If there are fewer than three rows.
    """

    model: nn.Module
    inputs: tuple[torch.Tensor, ...]
    target: torch.Tensor
    features: Features
    loss: Loss

    def __post_init__(self) -> None:
        """Check that the rows can be told apart."""
        n_rows = len(self)
        if any(len(tensor) != n_rows for tensor in self.inputs):
            raise ConfigError(
                f"Found inputs of {[len(tensor) for tensor in self.inputs]} rows, expected "
                f"{n_rows} each: the system must give inputs row by row to be explained."
            )
        if n_rows < FEWEST_ROWS:
            raise RunError(
                f"Found {n_rows} held-out rows, expected at least {FEWEST_ROWS} to explain a model "
                "on; give --data with more."
            )

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.target)

    def row_losses(
        self, prediction: torch.Tensor, rows: torch.Tensor | slice = slice(None)
    ) -> torch.Tensor:
        """Return the loss of rows, shape (n_rows,): losses are means over the rows.

        Args:
            prediction: Of the rows.
            rows: Which rows they are.
        """
        target = self.target[rows]
        rowwise: torch.Tensor = torch.func.vmap(self.loss)(prediction[:, None], target[:, None])
        return rowwise


@dataclass(frozen=True)
class HeldOut:
    """Rows that a run was not trained on.

    Args:
        ids: Of the rows, shape (n_rows,).
        left_out: Rows of the data that are the run's own for training or validation.
        every: Ids of all such rows; ``ids`` may be some of them.
    """

    ids: NDArray[np.str_]
    left_out: int
    every: NDArray[np.str_]


def held_out(subject: Subject, most: int | None = None, seed: int = 0) -> HeldOut:
    """Return the rows of a subject's data that its run was not trained on.

    Those of the test part where they are there; otherwise all that are of no other part.

    Args:
        subject: A run with data.
        most: Rows at most, drawn at random; None for all.
        seed: Of the draw.

    Raises:
        RunError: If there are none.
    """
    split = subject.run.split
    own = set(split.train.tolist()) | set(split.validation.tolist())
    found = subject.dataset.ids
    there = np.isin(split.test, found)
    ids = split.test if len(split.test) and there.all() else found[~np.isin(found, list(own))]
    if not len(ids):
        raise RunError(
            f"{subject.run.path}: found no rows that the run was not trained on; give --data with "
            "others."
        )
    every = ids
    if most is not None and most < len(every):
        places = np.random.default_rng(seed).choice(len(every), most, replace=False)
        ids = every[np.sort(places)]
    return HeldOut(ids, int(np.isin(found, list(own)).sum()), every)


def explained(subject: Subject, rows: HeldOut) -> Explained:
    """Return what is explained of a run.

    Args:
        subject: The run with its data.
        rows: Those to explain it on.

    Raises:
        QkdrpError: If the rows are too few, or do not fit the model.
    """
    run = subject.run
    as_tensors = run.system.rows(run.preprocessor, subject.dataset.select(rows.ids))
    features = run.system.features(run.preprocessor, as_tensors)
    loss = run.system.fit_task(run.config).loss
    if features.view is not None:
        model = features.view.model(run.model)
        return Explained(model, features.view.inputs, as_tensors.target, features, loss)
    inputs, target = as_tensors.batch(slice(None))
    return Explained(run.model, inputs, target, features, loss)
