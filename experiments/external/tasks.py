"""Trainings whose predictions for external cohorts are kept, by alignment, as tasks of a study."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.model_selection import train_test_split

from qkdrp.backends import get_backend
from qkdrp.common.seeds import derive_seed
from qkdrp.common.settings import Settings
from qkdrp.experiments.external.cohorts import ExternalCohort, external_of
from qkdrp.experiments.external.sources import CohortSource
from qkdrp.experiments.ito.rows import cohort_of, preprocessed
from qkdrp.experiments.ito.tasks import MODULES
from qkdrp.experiments.study.saved_training import SavedTraining
from qkdrp.experiments.study.tasks import Result, Task
from qkdrp.systems.response.baselines import BASELINES
from qkdrp.systems.response.config import DataConfig, FitConfig, ModelConfig
from qkdrp.systems.response.data import Cohort
from qkdrp.systems.response.new_samples.alignment import align, choose_alignment, gene_shift
from qkdrp.systems.response.new_samples.genes import match_genes
from qkdrp.systems.response.new_samples.reference import GeneReference
from qkdrp.systems.response.new_samples.samples import Samples
from qkdrp.systems.response.new_samples.scale import refuse_other_scale
from qkdrp.systems.response.preprocess import Preprocessor, fit_preprocessor
from qkdrp.systems.response.regressor import HybridRegressor
from qkdrp.systems.response.split import VALIDATION_FRACTION, label_bins
from qkdrp.training.new_sample_settings import AUTO

Predict = Callable[[NDArray[np.float32]], NDArray[np.float64]]
"""Predicts labels from preprocessed genes."""


class CohortRef(Settings):
    """An external cohort that a task reads.

    Args:
        source: Where it is, and what was measured.
        digest: Of it, so that other data are noticed.
    """

    source: CohortSource
    digest: str


class CohortPredictions(Settings):
    """What a model says of a cohort.

    Args:
        cohort: Its name.
        chosen: The alignment that ``auto`` takes.
        share_of_genes: Share of the model's genes that the cohort has.
        by_align: Predicted labels by alignment, of the scored samples in the cohort's order; low
            means sensitive.
    """

    cohort: str
    chosen: str
    share_of_genes: float
    by_align: dict[str, tuple[float, ...]]


class ExternalResult(Result):
    """What a training came to.

    Args:
        predictions: For each cohort that has the drug.
        best_epoch: The epoch whose weights count; 0 for a baseline.
        n_train: Samples that weights or coefficients were fitted on.
        n_validation: Samples that told when to stop.
    """

    predictions: tuple[CohortPredictions, ...]
    best_epoch: int
    n_train: int
    n_validation: int


class ExternalTask(Task):
    """A training on all samples of a drug, those that tell when to stop among them.

    Args:
        data: What is learned from, the drug included.
        digest: Of the cohort, so that other data are noticed.
        cohorts: External cohorts that have the drug.
        drugs: Drugs of the study, which decide what is read of the cohorts.
        by: Columns that name groups of samples.
        baseline: A key of ``BASELINES`` to fit instead of a model, on all samples.
        model: What is trained.
        fit: How it is trained.
        align: Alignments to predict with, beside the one that is taken by default.
        min_genes: Smallest share of the model's genes that a cohort must have.
        backend: Where circuits run.
        seed: Of validation part, initial weights and batches.
    """

    result_type = ExternalResult
    no_part_of_key = {  # digests name the data  # noqa: RUF012
        "data": {"source", "gene_map"},
        "cohorts": {"__all__": {"source": {"folder"}}},
    }

    stage: Literal["external"] = "external"
    data: DataConfig
    digest: str
    cohorts: tuple[CohortRef, ...]
    drugs: tuple[str, ...]
    by: tuple[str, ...] = ()
    baseline: str | None = None
    model: ModelConfig = ModelConfig()
    fit: FitConfig = FitConfig()
    align: tuple[str, ...]
    min_genes: float = 0.6
    backend: str = "statevector"
    seed: int = 0

    @property
    def title(self) -> str:
        """What it is, for messages."""
        return f"{self.data.drug}, {self.baseline or self.model.model}, seed {self.seed}"

    @property
    def kind(self) -> str:
        """What tasks that take about as long share: drug and model."""
        return f"{self.stage} {self.data.drug} {self.baseline or self.model.model}"

    def modules(self) -> tuple[str, ...]:
        """Return the modules that worker processes import before their first task."""
        return MODULES

    def run(self, saved: SavedTraining) -> ExternalResult:
        """Train, and predict the cohorts with each alignment."""
        start = perf_counter()
        cohort = cohort_of(self.data, self.digest)
        train: Cohort = cohort
        watched: Cohort | None = None
        if self.baseline is None:
            train, watched = _parts(cohort, self.seed)
        preprocessor = fit_preprocessor(train, self.data)
        predict, best_epoch = self._fit(preprocessor, train, watched, saved)
        found = [
            _predictions(self, external, cohort, _Fitted(preprocessor, train, predict))
            for external in self.externals()
        ]
        return ExternalResult(
            predictions=tuple(found),
            best_epoch=best_epoch,
            n_train=len(train),
            n_validation=0 if watched is None else len(watched),
            seconds=perf_counter() - start,
        )

    def externals(self) -> list[ExternalCohort]:
        """Return the cohorts."""
        return [external_of(ref.source, self.drugs, self.by, ref.digest) for ref in self.cohorts]

    def _fit(
        self,
        preprocessor: Preprocessor,
        train: Cohort,
        watched: Cohort | None,
        saved: SavedTraining,
    ) -> tuple[Predict, int]:
        """Fit model or baseline; return what predicts, and the best epoch."""
        genes, label, _ = preprocessed(preprocessor, train)
        if watched is None:
            regressor = clone(BASELINES[str(self.baseline)]).fit(genes.astype(np.float64), label)
            return lambda rows: np.asarray(regressor.predict(rows.astype(np.float64))), 0
        backend = get_backend(self.backend)
        settings: Mapping[str, Any] = self.model.model_dump() | self.fit.model_dump()
        fitted = HybridRegressor(**settings, backend=backend, random_state=self.seed).fit(
            genes,
            label,
            validation=preprocessed(preprocessor, watched),
            checkpoint=saved.checkpoint(backend),
        )
        return fitted.predict, fitted.fit_.best_epoch


@dataclass(frozen=True, eq=False)
class _Fitted:
    """What predicts, and what it was fitted on."""

    preprocessor: Preprocessor
    train: Cohort
    predict: Predict


def _parts(cohort: Cohort, seed: int) -> tuple[Cohort, Cohort]:
    """Return the rows to train on and those that tell when to stop; no row is left for a test."""
    train, watched = train_test_split(
        cohort.samples,
        test_size=VALIDATION_FRACTION,
        random_state=derive_seed(seed, "split"),
        stratify=label_bins(cohort.ln_ic50),
    )
    return cohort.select(train), cohort.select(watched)


def _predictions(
    task: ExternalTask, external: ExternalCohort, cohort: Cohort, fitted: _Fitted
) -> CohortPredictions:
    """Predict the scored samples of a cohort; alignments look at all that it has."""
    transform, samples = fitted.preprocessor.transform, external.samples
    values, genes = match_genes(transform.genes, None, samples, task.min_genes)
    reference = GeneReference.of_rows(transform, fitted.train)
    refuse_other_scale(values, reference, transform.genes, samples.provenance)
    chosen, _ = choose_alignment(AUTO, len(samples), gene_shift(values, reference))
    ids = external.scored(str(task.data.drug), cohort.samples)
    predicted = {
        name: _predict(fitted, align(values, reference, name), samples.samples, ids)
        for name in dict.fromkeys((*task.align, chosen))
    }
    return CohortPredictions(
        cohort=external.name, chosen=chosen, share_of_genes=genes.share, by_align=predicted
    )


def _predict(
    fitted: _Fitted,
    aligned: NDArray[np.float64],
    there: NDArray[np.str_],
    ids: NDArray[np.str_] | Sequence[str],
) -> tuple[float, ...]:
    """Predict some samples from aligned expression of all."""
    transform = fitted.preprocessor.transform
    samples = Samples(there, transform.genes, aligned.astype(np.float32), "an aligned cohort")
    return tuple(fitted.predict(transform(samples.select(ids))).astype(float).tolist())
