"""The tasks of a study: each one training, a pure function of its settings.

A task is the same wherever it runs: it computes on one thread, draws from seeds of its own, and
names the data by their digest.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha256
from time import perf_counter
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from qkdrp.backends import get_backend
from qkdrp.baselines import BASELINES
from qkdrp.circuits.errors import DataError
from qkdrp.config import DataConfig, FitConfig, ModelConfig, Settings
from qkdrp.data import Cohort, Preprocessor
from qkdrp.experiments.folds import make_folds, split_of
from qkdrp.fit import Epoch
from qkdrp.metrics import Scores, responder_auc, score
from qkdrp.regressor import HybridRegressor
from qkdrp.seeds import derive_seed
from qkdrp.threads import limit_threads
from qkdrp.training import load_data, wants_zscore

EMBEDDED_SAMPLES = 100
"""Training samples whose embedding a final training reports (figure 3)."""

Rows = tuple[NDArray[Any], NDArray[Any], NDArray[np.bool_]]
"""Genes, labels and responder flags."""


class Task(Settings):
    """One training.

    Args:
        stage: A key of :data:`STAGES`.
        data: What is learned from, the drug included.
        digest: Of the cohort, so that other data are noticed.
        baseline: A key of :data:`qkdrp.baselines.BASELINES` to fit instead of a model.
        model: What is trained.
        fit: How it is trained.
        backend: Where circuits run.
        seed: Of the study: of its test part and folds, and of each training's own seed.
        folds: Number of folds; 0 in a final training.
        repeat: Which drawing of the folds, from 0.
        fold: Which fold validates, from 0.
    """

    stage: str
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
    def key(self) -> str:
        """A name that only tasks with the same settings share."""
        return sha256(self.model_dump_json().encode()).hexdigest()[:24]

    @property
    def own_seed(self) -> int:
        """Seed of initial weights and shuffling: the study's in a final training."""
        if not self.folds:
            return self.seed
        return derive_seed(self.seed, f"repeat {self.repeat} fold {self.fold}")


class FoldResult(Settings):
    """What a fold came to.

    Args:
        curve: Validation AUC after each epoch; one value for a baseline.
        seed: Of initial weights and shuffling.
        n_train: Training samples.
        n_validation: Validation samples.
        seconds: Time of the training, preprocessing included.
    """

    curve: tuple[float, ...]
    seed: int
    n_train: int
    n_validation: int
    seconds: float


class FinalResult(Settings):
    """What a training with early stopping came to, and how it does on the test part.

    Args:
        history: One record per epoch.
        best_epoch: The epoch whose weights count; 0 for a baseline.
        test: Scores on the test part.
        phi: Embedding of training samples, shape (n, n1 n2); empty without one.
        angles: The same, normalised.
        seed: Of initial weights and shuffling.
        seconds: Time of the training, preprocessing included.
    """

    history: tuple[Epoch, ...]
    best_epoch: int
    test: Scores
    phi: tuple[tuple[float, ...], ...]
    angles: tuple[tuple[float, ...], ...]
    seed: int
    seconds: float


Result = FoldResult | FinalResult


def run_task(task: Task) -> Result:
    """Run a task on one thread.

    Raises:
        QkdrpError: If its data are not there, or are others, or the training diverges.
    """
    run, _ = STAGES[task.stage]
    with limit_threads(1):
        return run(task)


def parse_result(task: Task, content: Mapping[str, Any]) -> Result:
    """Read back the result of a task."""
    _, kind = STAGES[task.stage]
    return kind.make(**content)


def _run_fold(task: Task) -> FoldResult:
    start = perf_counter()
    train, validation = _fold_rows(
        task.data, task.digest, task.seed, task.folds, task.repeat, task.fold
    )
    fitted = _fit(task, train, validation)
    if isinstance(fitted, HybridRegressor):
        curve = tuple(float(epoch.validation_auc or 0.0) for epoch in fitted.fit_.epochs)
    else:
        curve = (responder_auc(validation[2], fitted.predict(validation[0])),)
    return FoldResult(
        curve=curve,
        seed=task.own_seed,
        n_train=len(train[1]),
        n_validation=len(validation[1]),
        seconds=perf_counter() - start,
    )


def _run_final(task: Task) -> FinalResult:
    start = perf_counter()
    cohort = cohort_of(task.data, task.digest)
    split = split_of(cohort, task.seed, task.data.stratify_test)
    preprocessor = _preprocessor(task.data, cohort.select(split.train))
    train, validation, test = (
        _rows(preprocessor, cohort.select(ids)) for ids in split.parts().values()
    )
    fitted = _fit(task, train, validation)
    neural = isinstance(fitted, HybridRegressor)
    phi, angles = fitted.embed(train[0][:EMBEDDED_SAMPLES]) if neural else (np.empty((0, 0)),) * 2
    return FinalResult(
        history=tuple(fitted.fit_.epochs) if neural else (),
        best_epoch=fitted.fit_.best_epoch if neural else 0,
        test=score(test[1], test[2], fitted.predict(test[0])),
        phi=phi.tolist(),
        angles=angles.tolist(),
        seed=task.own_seed,
        seconds=perf_counter() - start,
    )


STAGES: Mapping[str, tuple[Callable[[Task], Result], type[FoldResult] | type[FinalResult]]] = (
    MappingProxyType({"fold": (_run_fold, FoldResult), "final": (_run_final, FinalResult)})
)
"""What tasks do, and what they give."""


@lru_cache(maxsize=1)
def cohort_of(data: DataConfig, digest: str | None = None) -> Cohort:
    """Load a cohort, once in a process for all tasks of a drug.

    Raises:
        DataError: If it is not the one of the digest.
    """
    cohort = load_data(data)
    if digest is not None and cohort.digest() != digest:
        raise DataError(
            f"{data.source}: the data of {cohort.drug} are not those that the study began with; "
            "give every worker the same, or begin a new study."
        )
    return cohort


@lru_cache(maxsize=1)
def _fold_rows(
    data: DataConfig, digest: str, seed: int, folds: int, repeat: int, fold: int
) -> tuple[Rows, Rows]:
    """Return preprocessed rows of a fold, once for the models that a process trains on it."""
    cohort = cohort_of(data, digest)
    ids = make_folds(cohort, seed, data.stratify_test, folds, repeat)[fold]
    train, validation = (cohort.select(part) for part in ids)
    preprocessor = _preprocessor(data, train)
    return _rows(preprocessor, train), _rows(preprocessor, validation)


def _preprocessor(data: DataConfig, train: Cohort) -> Preprocessor:
    return Preprocessor.fit(train, wants_zscore(data, train), data.variance_threshold)


def _rows(preprocessor: Preprocessor, cohort: Cohort) -> Rows:
    return preprocessor.genes(cohort), preprocessor.label(cohort), cohort.responder


def _fit(task: Task, train: Rows, validation: Rows) -> Any:  # noqa: ANN401  # any regressor
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
        return regressor.fit(genes, label, validation=validation)
