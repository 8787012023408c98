"""Cross-validation of a model that trains on all rows: its number of epochs and held-out rows."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, Protocol

import numpy as np
import pandas as pd

from qkdrp.backends import Backend
from qkdrp.common.fold_means import corrected_mean
from qkdrp.common.stop_signals import let_through
from qkdrp.runs.finished_folds import FinishedFolds
from qkdrp.runs.fit import fit_prepared
from qkdrp.runs.predict import score_table
from qkdrp.runs.prepare import Prepared
from qkdrp.training.checkpoint import Checkpoint
from qkdrp.training.config import FinalConfig
from qkdrp.training.epoch import Epoch
from qkdrp.training.folds import fold_seed
from qkdrp.training.loop import OnStep
from qkdrp.training.predict import predict_rows
from qkdrp.training.run_config import RunConfig
from qkdrp.training.scored import HELD_OUT
from qkdrp.training.split import Split
from qkdrp.training.system import AnySystem
from qkdrp.training.task import OnPreparing, untold

FOLD = "fold"
"""Column of predictions that tells which fold held a row out, from 1."""

SEARCH, SCORE = "search", "score"
"""What a fold is trained for: its best epoch; the predictions of the rows that it lacks."""


@dataclass(frozen=True)
class Stage:
    """One of several trainings, one after another.

    Args:
        title: What it is.
        number: Which one, from 1.
        total: Of how many.
        epochs: The most that it trains.
    """

    title: str
    number: int
    total: int
    epochs: int


OnStage = Callable[[Stage], None]


class CheckpointOf(Protocol):
    """Gives the checkpoint of a stage."""

    def __call__(self, stage: str, backend: Backend) -> Checkpoint:
        """Return the checkpoint of a stage on a backend."""


OpenBackend = Callable[[RunConfig], AbstractContextManager[Backend]]
"""Opens the backend of a training."""


@dataclass(frozen=True)
class Listeners:
    """What is called while models are trained.

    Args:
        on_stage: When a training begins.
        on_epoch: After every epoch.
        on_step: After every batch.
        on_preparing: Before the first epoch, with the name of what begins.
    """

    on_stage: OnStage
    on_epoch: Callable[[Epoch], None]
    on_step: OnStep
    on_preparing: OnPreparing = untold


@dataclass(frozen=True, eq=False)
class CrossValidated:
    """What a cross-validation found.

    Args:
        epochs: Epochs that the model trains on all rows.
        best_epochs: The best one of each fold; empty where epochs were fixed.
        held_out: Predictions of all rows, each by the model of the fold that lacks it, with
            :data:`FOLD`; None without folds.
        baselines: The same of each baseline.
    """

    epochs: int
    best_epochs: tuple[int, ...] = ()
    held_out: pd.DataFrame | None = None
    baselines: Mapping[str, pd.DataFrame] | None = None


def cross_validate(
    prepared: Prepared,
    final: FinalConfig,
    open_for: OpenBackend,
    finished: FinishedFolds,
    checkpoint_of: CheckpointOf,
    listeners: Listeners,
) -> CrossValidated:
    """Find the number of epochs, and predict each row by a model that has not seen it.

    Folds are trained twice where epochs are to be found: with early stopping on the rows that they
    lack, for the best epoch; then for the median of these, as the model of all rows is. So the
    predictions are by the same procedure as that model, and their rows chose one number only.

    Args:
        prepared: The training on all rows, with its folds.
        final: Number of folds, and whether epochs are fixed.
        open_for: Opens a backend for each fold, so that none depends on others.
        finished: Folds that are finished already; further ones are added.
        checkpoint_of: Gives the checkpoint of a stage.
        listeners: Called meanwhile.

    Raises:
        ConfigError: If a training diverges.
        KeyboardInterrupt: On Ctrl-C.
    """
    work = _Work(prepared, open_for, finished, checkpoint_of, listeners, final)
    epochs, best = prepared.config.fit.epochs, list[int]()
    if not final.fixed_epochs:
        best = [int(work.done(SEARCH, number, epochs)) for number in work.numbers]
        epochs = max(1, round(median(best)))
    values = [np.array(work.done(SCORE, number, epochs)) for number in work.numbers]
    if not values:
        return CrossValidated(epochs)
    tables, baselines = list[pd.DataFrame](), dict[str, list[pd.DataFrame]]()
    for number, each in zip(work.numbers, values, strict=True):
        fold = fold_of(prepared, number)
        tables.append(_table(fold, number, each))
        for name, fit in prepared.system.baselines.items():
            fitted = fit(fold.preprocessor, fold.part("train"), np.float64)
            table = _table(fold, number, fitted.predict(fold.part("test")))
            baselines.setdefault(name, []).append(table)
    return CrossValidated(
        epochs,
        tuple(best),
        pd.concat(tables, ignore_index=True),
        {name: pd.concat(each, ignore_index=True) for name, each in baselines.items()},
    )


@dataclass(frozen=True, eq=False)
class _Work:
    """The folds of a training, each trained unless it is finished; arguments as above."""

    prepared: Prepared
    open_for: OpenBackend
    finished: FinishedFolds
    checkpoint_of: CheckpointOf
    listeners: Listeners
    final: FinalConfig

    @property
    def numbers(self) -> range:
        """Numbers of the folds, from 1."""
        return range(1, len(self.prepared.folds) + 1)

    def done(self, purpose: str, number: int, epochs: int) -> Any:  # noqa: ANN401  # JSON
        """Return what a fold gives, trained unless it is finished.

        Args:
            purpose: What it is trained for.
            number: Of the fold.
            epochs: The most, or all, that it trains.
        """
        name = f"{purpose} {number}"
        found = self.finished.get(name)
        if found is None:
            self.listeners.on_stage(stage_of(self.prepared, purpose, number, epochs))
            train = {SEARCH: self._best_epoch, SCORE: self._held_out_values}[purpose]
            found = train(name, number, epochs)
            self.finished.put(name, found)
        return found

    def _best_epoch(self, name: str, number: int, epochs: int) -> int:
        fold = fold_of(self.prepared, number)
        parts = fold.split
        watched = replace(fold, split=Split(parts.train, parts.test, parts.validation))
        with self.open_for(fold.config) as backend:
            patience = fold.config.fit.patience
            return self._fit(name, trained_for(watched, epochs, patience), backend)[1]

    def _held_out_values(self, name: str, number: int, epochs: int) -> list[Any]:
        fold = fold_of(self.prepared, number)
        with self.open_for(fold.config) as backend:
            model, _ = self._fit(name, trained_for(fold, epochs), backend)
            with let_through():
                values = predict_rows(fold.system, fold.preprocessor, model, fold.part("test"))
        found: list[Any] = values.tolist()
        return found

    def _fit(self, name: str, fold: Prepared, backend: Backend) -> tuple[Any, int]:
        """Return the trained model of a fold and its best epoch."""
        model, fit = fit_prepared(
            fold,
            backend,
            self.listeners.on_epoch,
            checkpoint=self.checkpoint_of(name, backend),
            on_step=self.listeners.on_step,
            on_preparing=self.listeners.on_preparing,
        )
        return model, fit.best_epoch


def stage_of(prepared: Prepared, purpose: str, number: int, epochs: int) -> Stage:
    """Return what is told of the training of a fold, or of that on all rows.

    Args:
        prepared: The training on all rows.
        purpose: What a fold is trained for; empty for all rows.
        number: Of the fold.
        epochs: The most, or all, that it trains.
    """
    final, n_folds = prepared.config.final, len(prepared.folds)
    rounds = [SCORE] if final is None or final.fixed_epochs else [SEARCH, SCORE]
    total = len(rounds) * n_folds + 1
    if not purpose:
        return Stage("all rows", total, total, epochs)
    verb = "for its best epoch" if purpose == SEARCH else "for scores"
    place = rounds.index(purpose) * n_folds + number
    return Stage(f"fold {number} of {n_folds}, {verb}", place, total, epochs)


def fold_of(prepared: Prepared, number: int) -> Prepared:
    """Return the training of a fold; its test part is what it lacks.

    Args:
        prepared: The training on all rows.
        number: Of the fold, from 1.
    """
    system, dataset = prepared.system, prepared.dataset
    train, held_out = prepared.folds[number - 1]
    seed = fold_seed(prepared.config.seed, 0, number - 1)
    config = prepared.config.model_copy(update={"seed": seed})
    preprocessor = system.fit_preprocessor(dataset.select(train), config)
    split = Split(train, np.array([], dtype=np.str_), held_out)
    return replace(prepared, config=config, split=split, preprocessor=preprocessor, folds=())


def trained_for(prepared: Prepared, epochs: int, patience: int = 0) -> Prepared:
    """Return a training with another number of epochs.

    Args:
        prepared: The training.
        epochs: The most, or all, that it trains.
        patience: Of early stopping; 0 trains all epochs.
    """
    changed = {"epochs": epochs, "patience": patience, "min_steps": 0}
    fit = prepared.config.fit.model_copy(update=changed)
    return replace(prepared, config=prepared.config.model_copy(update={"fit": fit}))


def _table(fold: Prepared, number: int, values: Any) -> pd.DataFrame:  # noqa: ANN401
    """Return predictions of what a fold lacks."""
    table = fold.system.predictions(fold.preprocessor, fold.part("test"), HELD_OUT, values)
    return table.assign(**{FOLD: number})


def score_folds(system: AnySystem, predictions: pd.DataFrame | None) -> dict[str, Any] | None:
    """Return scores of a cross-validation in the form of those of a test part.

    Scores are means over folds; intervals are those of the corrected resampled t-test
    (:func:`~qkdrp.common.fold_means.corrected_mean`). Counts are of all rows.

    Args:
        system: Whose predictions they are.
        predictions: With :data:`FOLD`; None without folds.
    """
    pooled = None if predictions is None else score_table(system, predictions)
    if predictions is None or pooled is None:
        return None
    of_folds = [score_table(system, rows) or {} for _, rows in predictions.groupby(FOLD)]
    return pooled | dict(_means(system, of_folds))


def _means(system: AnySystem, of_folds: list[dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    for row in system.score_rows:
        values = [each[row.key] for each in of_folds if each.get(row.key) is not None]
        mean = corrected_mean(np.array(values), len(of_folds), row.values) if values else None
        told = mean is not None and not np.isnan(mean.low)
        yield row.key, mean and mean.value
        yield f"{row.key}_ci", (mean.low, mean.high) if mean and told else None
