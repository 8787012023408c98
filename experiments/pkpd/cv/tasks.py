"""Tasks of the study: the structure of a fold, and a model or a baseline on it."""

from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any, Literal

import numpy as np
import pandas as pd
from torch import nn

from qkdrp.common.seeds import derive_seed
from qkdrp.common.settings import Settings
from qkdrp.experiments.pkpd.cv.measures import Measures, measures_of, with_dropout
from qkdrp.experiments.study.folds import dataset_of
from qkdrp.experiments.study.saved_training import SavedTraining
from qkdrp.experiments.study.tasks import Result, Task
from qkdrp.experiments.study.training import Training
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.data_settings import DataConfig
from qkdrp.systems.pkpd.population.material import Material
from qkdrp.systems.pkpd.population.network import LAST_EPOCH
from qkdrp.systems.pkpd.population.structures import compare, short_name
from qkdrp.systems.registry import find_system
from qkdrp.training.epoch import Fit
from qkdrp.training.system import Values

SYSTEM = "pkpd"
"""Name of the system in the registry."""

KEPT = ("subject", "endpoint", "time", "dose", "measured", "scale", "prediction")
"""Columns of predictions that are kept."""

DIGITS = 9
"""Significant digits of a kept number."""


class ComparedStructure(Settings):
    """One structure of the comparison in a fold.

    Args:
        name: Short, as ``--structure`` takes it.
        objective: -2 log likelihood.
        n_parameters: Estimated population parameters.
        bic: -2 log likelihood plus log(n_subjects) for each of them.
    """

    name: str
    objective: float
    n_parameters: int
    bic: float


class StructureResult(Result):
    """The structure of a fold.

    Args:
        chosen: Its short name.
        compared: All that were tried, the best first.
    """

    chosen: str
    compared: tuple[ComparedStructure, ...]


class StructureTask(Task):
    """The comparison of structures on the training subjects of a fold.

    Args:
        data: The trial, its split and fold.
        digest: Of the trial, so that other data are noticed.
    """

    result_type = StructureResult
    no_part_of_key = {"data": {"source", "pk_scale", "pd_scale"}}  # noqa: RUF012

    stage: Literal["pkpd-structure"] = "pkpd-structure"
    data: DataConfig
    digest: str

    @property
    def title(self) -> str:
        """What it is, for messages."""
        return f"structure, fold {self.data.fold}"

    def modules(self) -> tuple[str, ...]:
        """Return the modules that worker processes import before their first task."""
        return find_system(SYSTEM).preload

    def run(self, saved: SavedTraining) -> StructureResult:  # noqa: ARG002  # too short to save
        """Compare structures by their likelihood."""
        start = perf_counter()
        train = parts_of(PkpdConfig(data=self.data), self.digest)[0]
        chosen, table = compare(Material.of_trial(train))
        rows = [
            ComparedStructure(
                name=short_name(row.structure),
                objective=row.objective,
                n_parameters=row.n_parameters,
                bic=row.bic,
            )
            for row in table
        ]
        return StructureResult(
            chosen=short_name(chosen), compared=tuple(rows), seconds=perf_counter() - start
        )


class CvResult(Result):
    """What a model predicts of the subjects that a fold leaves out.

    Args:
        rows: Columns of :data:`KEPT`, a value for each observation.
        n_train: Training subjects.
        best_epoch: The epoch whose weights count; 0 for a baseline.
        measures: Of a trained network; None for others and in results of earlier versions.
    """

    rows: dict[str, tuple[str | float | None, ...]]
    n_train: int
    best_epoch: int = 0
    measures: Measures | None = None

    def table(self) -> pd.DataFrame:
        """Return the rows as a table."""
        return table_of(self.rows)


class FoldTask(Task):
    """Work on a model in one fold; subclasses say what it computes.

    Args:
        name: What is trained, for messages.
        settings: Of the training, written out.
        digest: Of the trial, so that other data are noticed.
    """

    no_part_of_key = {  # noqa: RUF012
        "name": True,
        "settings": {"data": {"source"}, "threads": True},
    }

    name: str
    settings: dict[str, Any]
    digest: str

    @property
    def title(self) -> str:
        """What it is, for messages."""
        seed = self.settings.get("seed", 0)
        return f"{self.name}, fold {self.settings['data']['fold']}, seed {seed}"

    @property
    def kind(self) -> str:
        """What tasks that take about as long share."""
        return f"{self.stage} {self.name}"

    def modules(self) -> tuple[str, ...]:
        """Return the modules that worker processes import before their first task."""
        return find_system(SYSTEM).preload


class CvTask(FoldTask):
    """A model trained, or a baseline fitted, in one fold.

    Args:
        baseline: A baseline of the system that is fitted in place of a model.
        passes: Predictions with dropout whose mean counts; 0 for one without dropout.
        subjects: Training subjects of each dose level, from the first; 0 for all.
    """

    result_type = CvResult

    stage: Literal["pkpd-cv"] = "pkpd-cv"
    baseline: str | None = None
    passes: int = 0
    subjects: int = 0

    def run(self, saved: SavedTraining) -> CvResult:
        """Train or fit, and predict the subjects that are left out.

        Raises:
            QkdrpError: If the data are others than those of the digest, or training diverges.
        """
        start = perf_counter()
        system, config = find_system(SYSTEM), PkpdConfig.make(**self.settings)
        train, watched, test = parts_of(config, self.digest)
        train = fewer(train, self.subjects) if self.subjects else train
        preprocessor = system.fit_preprocessor(train, config)
        best_epoch, measures = 0, None
        if self.baseline is not None:
            fitted = system.baselines[self.baseline](preprocessor, train, np.float64)
            values = fitted.predict(test)
        else:
            training = Training(system, config, preprocessor, config.seed, saved)
            values, best_epoch, measures = self._train(training, train, watched, test)
        table = system.predictions(preprocessor, test, "test", values)
        return CvResult(
            rows={name: kept(table[name]) for name in KEPT},
            n_train=len(train),
            best_epoch=best_epoch,
            measures=measures,
            seconds=perf_counter() - start,
        )

    def _train(
        self, training: Training, train: Trial, watched: Trial, test: Trial
    ) -> tuple[Values, int, Measures | None]:
        """Return predictions, the epoch whose weights count, and what was measured of a network."""
        system, fitted = training.system, training.preprocessor
        found: list[Measures] = []
        dropped: list[Values] = []

        decides = system.fit_task(training.config).monitor is not LAST_EPOCH

        def after(model: nn.Module, fit: Fit) -> None:
            if decides:
                found.append(measures_of(model, fit, system, fitted, train))
            if self.passes:
                predicted = with_dropout(self.passes, derive_seed(training.seed, "passes"))
                dropped.append(predicted(model, system.rows(fitted, test)))

        values, fit = training.train(train, watched if decides else None, test, after=after)
        measured = found[0] if found else None
        return (dropped[0] if dropped else values), fit.best_epoch, measured


def parts_of(config: PkpdConfig, digest: str) -> tuple[Trial, Trial, Trial]:
    """Return the subjects that train, validate and are left out.

    Raises:
        DataError: If the data are others than those of the digest.
    """
    trial: Trial = dataset_of(SYSTEM, as_loaded(config.data), digest)
    split = find_system(SYSTEM).split(trial, config)
    return (trial.select(split.train), trial.select(split.validation), trial.select(split.test))


def fewer(trial: Trial, subjects: int) -> Trial:
    """Return the first few subjects of each dose level.

    Args:
        trial: All subjects.
        subjects: Of each level; a smaller level has all of its own.
    """
    levels = trial.dose_levels()
    ids = [name for level in np.unique(levels) for name in trial.ids[levels == level][:subjects]]
    return trial.select(ids)


def as_loaded(data: DataConfig) -> DataConfig:
    """Return data settings without those that change nothing in what is loaded."""
    return DataConfig(source=data.source)


def table_of(rows: Mapping[str, Sequence[str | float | None]]) -> pd.DataFrame:
    """Return kept rows as a table.

    Args:
        rows: Columns of :data:`KEPT`.
    """
    table = pd.DataFrame({name: list(rows[name]) for name in KEPT})
    numbers = [name for name in KEPT if name not in {"subject", "endpoint"}]
    return table.astype(dict.fromkeys(numbers, float))


def kept(column: "pd.Series[Any]") -> tuple[str | float | None, ...]:
    """Return a column as plain values; numbers to the digits that are kept, None for none."""
    if not pd.api.types.is_numeric_dtype(column):
        return tuple(map(str, column))
    return tuple(None if pd.isna(value) else float(f"{value:.{DIGITS}g}") for value in column)
