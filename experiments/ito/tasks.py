"""Trainings on folds and final trainings of the response system, as tasks of a study."""

from collections.abc import Sequence
from time import perf_counter
from typing import Any, Literal

import numpy as np
from sklearn.base import clone

from qkdrp.backends import get_backend
from qkdrp.common.settings import Settings
from qkdrp.experiments.ito.folds import split_of
from qkdrp.experiments.ito.rows import Rows, cohort_of, fold_rows, preprocessed
from qkdrp.experiments.study.folds import fold_seed
from qkdrp.experiments.study.keys import Layout, plain
from qkdrp.experiments.study.saved_training import SavedTraining
from qkdrp.experiments.study.tasks import Result, Task
from qkdrp.systems.response.baselines import BASELINES
from qkdrp.systems.response.config import DataConfig, FitConfig, ModelConfig
from qkdrp.systems.response.monitors import AUC
from qkdrp.systems.response.preprocess import fit_preprocessor
from qkdrp.systems.response.regressor import HybridRegressor
from qkdrp.systems.response.scores import Scores, responder_auc, score
from qkdrp.training.epoch import Epoch

EMBEDDED_SAMPLES = 100
"""Training samples whose embedding a final training reports (figure 3)."""

MODULES = (
    "qkdrp.backends.statevector",
    "qkdrp.backends.aer_exact",
    "qkdrp.systems.response.regressor",
)
"""Modules that most of these tasks need."""

FIRST_LAYOUT: Layout = {
    **plain("stage"),
    "data": plain(
        *("source", "drug", "partner", "decimal?"),
        *("zscore", "variance_threshold", "stratify_test"),
    ),
    **plain("digest", "baseline"),
    "model": plain(
        *("model", "n_qubits", "n_encoding", "n_variational", "measurement", "entangler"),
        *("absorb_tail", "a", "r", "learn_a_r"),
    ),
    "fit": plain("epochs", "batch_size", "lr", "patience", "centre_head"),
    **plain("backend", "seed", "folds", "repeat", "fold"),
}
"""Settings of these tasks in the first version."""


class CohortTask(Task):
    """One training of the response system; subclasses say what is made of it.

    Args:
        stage: The kind of task.
        data: What is learned from, the drug included.
        digest: Of the cohort, so that other data are noticed.
        baseline: A key of ``BASELINES`` to fit instead of a model.
        model: What is trained.
        fit: How it is trained.
        backend: Where circuits run.
        seed: Of the study: of its test part and folds, and of each training's own seed.
        folds: Number of folds; 0 in a final training.
        repeat: Which drawing of the folds, from 0.
        fold: Which fold is held out, from 0.
    """

    no_part_of_key = {"data": {"source", "split", "gene_map"}}  # the digest names it  # noqa: RUF012
    first_layout = FIRST_LAYOUT

    data: DataConfig
    digest: str
    baseline: str | None = None
    model: ModelConfig = ModelConfig()
    fit: FitConfig = FitConfig()
    backend: str = "statevector"
    seed: int = 0
    folds: int = 0
    repeat: int = 0
    fold: int = 0

    @property
    def own_seed(self) -> int:
        """Seed of initial weights and shuffling: the study's in a final training."""
        if not self.folds:
            return self.seed
        return fold_seed(self.seed, self.repeat, self.fold)

    @property
    def title(self) -> str:
        """What it is, for messages."""
        where = f"repeat {self.repeat + 1} fold {self.fold + 1}" if self.folds else "final"
        return f"{self.data.drug}, {self.baseline or self.model.model}, {where}"

    @property
    def kind(self) -> str:
        """What tasks that take about as long share: drug, model and sizes."""
        model = self.model
        sizes = f"{model.n_qubits},{model.n_encoding},{model.n_variational}"
        return f"{self.stage} {self.data.drug} {self.baseline or model.model} {sizes}"

    def modules(self) -> tuple[str, ...]:
        """Return the modules that worker processes import before their first task."""
        return MODULES

    def fold_rows(self) -> tuple[Rows, Rows]:
        """Return preprocessed rows to train on, and those held out."""
        return fold_rows(self.data, self.digest, self.seed, self.folds, self.repeat, self.fold)


class FoldResult(Result):
    """What a fold came to.

    Args:
        curve: Validation AUC after each epoch; one value for a baseline.
        seed: Of initial weights and shuffling.
        n_train: Training samples.
        n_validation: Validation samples.
    """

    curve: tuple[float, ...]
    seed: int
    n_train: int
    n_validation: int


class EpochRow(Settings):
    """One epoch of a final training.

    Args:
        epoch: Number, from 1.
        train_loss: Mean squared error over the epoch's batches, as seen while training.
        validation_loss: Mean squared error after the epoch.
        validation_auc: AUC after the epoch.
        a: Input scale after the epoch; None for models without one.
        r: Output range after the epoch, radians; None for models without one.
        seconds: Since training began.
    """

    epoch: int
    train_loss: float
    validation_loss: float | None
    validation_auc: float | None
    a: float | None
    r: float | None
    seconds: float


class FinalResult(Result):
    """What a training with early stopping came to, and how it does on the test part.

    Args:
        history: One record per epoch.
        best_epoch: The epoch whose weights count; 0 for a baseline.
        test: Scores on the test part.
        phi: Embedding of training samples, shape (n, n1 n2); empty without one.
        angles: The same, normalised.
        seed: Of initial weights and shuffling.
    """

    history: tuple[EpochRow, ...]
    best_epoch: int
    test: Scores
    phi: tuple[tuple[float, ...], ...]
    angles: tuple[tuple[float, ...], ...]
    seed: int


class FoldTask(CohortTask):
    """A training on one fold, watched by its validation AUC."""

    result_type = FoldResult
    stage: Literal["fold"] = "fold"

    def run(self, saved: SavedTraining) -> FoldResult:
        """Train for all epochs."""
        start = perf_counter()
        train, validation = self.fold_rows()
        fitted = _fit(self, train, validation, saved)
        if isinstance(fitted, HybridRegressor):
            curve = tuple(float(epoch.value(AUC) or 0.0) for epoch in fitted.fit_.epochs)
        else:
            curve = (responder_auc(validation[2], fitted.predict(validation[0])),)
        return FoldResult(
            curve=curve,
            seed=self.own_seed,
            n_train=len(train[1]),
            n_validation=len(validation[1]),
            seconds=perf_counter() - start,
        )


class FinalTask(CohortTask):
    """A training with early stopping, scored on the test part."""

    result_type = FinalResult
    stage: Literal["final"] = "final"

    def run(self, saved: SavedTraining) -> FinalResult:
        """Train until the validation AUC no longer rises."""
        start = perf_counter()
        cohort = cohort_of(self.data, self.digest)
        split = split_of(cohort, self.seed, self.data.stratify_test)
        preprocessor = fit_preprocessor(cohort.select(split.train), self.data)
        train, validation, test = (
            preprocessed(preprocessor, cohort.select(ids)) for ids in split.parts().values()
        )
        fitted = _fit(self, train, validation, saved)
        neural = isinstance(fitted, HybridRegressor)
        shown = train[0][:EMBEDDED_SAMPLES]
        phi, angles = fitted.embed(shown) if neural else (np.empty((0, 0)),) * 2
        return FinalResult(
            history=_history(fitted.fit_.epochs) if neural else (),
            best_epoch=fitted.fit_.best_epoch if neural else 0,
            test=score(test[1], test[2], fitted.predict(test[0])),
            phi=phi.tolist(),
            angles=angles.tolist(),
            seed=self.own_seed,
            seconds=perf_counter() - start,
        )


def _history(epochs: Sequence[Epoch]) -> tuple[EpochRow, ...]:
    names = EpochRow.model_fields
    return tuple(EpochRow.make(**epoch.row(names)) for epoch in epochs)


def _fit(  # any regressor
    task: CohortTask, train: Rows, validation: Rows, saved: SavedTraining
) -> Any:  # noqa: ANN401
    genes, label, _ = train
    if task.baseline is not None:
        return clone(BASELINES[task.baseline]).fit(genes, label)
    with get_backend(task.backend) as backend:
        regressor = HybridRegressor(
            **task.model.model_dump(),
            **task.fit.model_dump(),
            backend=backend,
            random_state=task.own_seed,
        )
        checkpoint = saved.checkpoint(backend)
        return regressor.fit(genes, label, validation=validation, checkpoint=checkpoint)
