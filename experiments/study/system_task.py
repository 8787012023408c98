"""A training of any system as a task: it names its system, which every worker finds by itself."""

from collections.abc import Sequence
from functools import lru_cache
from time import perf_counter
from typing import Any, Literal, Self

import numpy as np

from qkdrp.common.errors import DataError
from qkdrp.experiments.study.tasks import Result, Task
from qkdrp.runs.fit import fit_prepared
from qkdrp.runs.open_backend import open_backend
from qkdrp.runs.predict import score_table
from qkdrp.runs.prepare import Prepared, prepare
from qkdrp.systems.registry import find_system
from qkdrp.training.dataset import Dataset
from qkdrp.training.predict import predict_rows
from qkdrp.training.run_config import DEFAULT_SYSTEM, DataSettings, RunConfig
from qkdrp.training.system import Values


class SystemResult(Result):
    """What a training came to.

    Args:
        epochs: Number of epochs; 0 for a baseline.
        best_epoch: The epoch whose weights count; 0 for a baseline.
        scores: Scores of the test part; None for a part without rows.
    """

    epochs: int
    best_epoch: int
    scores: dict[str, Any] | None


class SystemTask(Task):
    """One training, scored on the test part.

    Args:
        stage: The kind of task.
        settings: Settings of the system that differ from its defaults, with its tag.
        digest: Of the data, so that other data are noticed.
        baseline: A baseline of the system to fit instead of a model.
    """

    result_type = SystemResult
    # The digest names the data.
    no_part_of_key = {"settings": {"data": {"source"}, "threads": True}}  # noqa: RUF012

    stage: Literal["system"] = "system"
    settings: dict[str, Any]
    digest: str
    baseline: str | None = None

    @classmethod
    def of(cls, config: RunConfig, digest: str, baseline: str | None = None) -> Self:
        """Return the task of a training.

        Args:
            config: The settings.
            digest: Of the data.
            baseline: A baseline to fit instead of the model.
        """
        changed = config.model_dump(mode="json", exclude_defaults=True)
        # The source is there even where it is the default, so that keys are the same without it.
        changed["data"] = {"source": config.data.source, **changed.get("data", {})}
        changed["system"] = config.system
        return cls.make(settings=changed, digest=digest, baseline=baseline)

    @property
    def config(self) -> RunConfig:
        """The settings, defaults included."""
        system = find_system(self.settings.get("system", DEFAULT_SYSTEM))
        return system.config_type.make(**self.settings)

    @property
    def title(self) -> str:
        """What it is, for messages."""
        config = self.config
        return f"{config.system}, {self.baseline or config.model.model}, seed {config.seed}"

    def modules(self) -> Sequence[str]:
        """Return the modules that the system's workers import before their first task."""
        return find_system(self.config.system).preload

    def run(self) -> SystemResult:
        """Train and score.

        Raises:
            QkdrpError: If its data are missing or others, or the training diverges.
        """
        start = perf_counter()
        prepared = prepare(self.config, _dataset(self.config.system, self.config.data, self.digest))
        values, epochs, best_epoch = (
            _fit(prepared) if self.baseline is None else (_baseline(prepared, self.baseline), 0, 0)
        )
        system, test = prepared.system, prepared.part("test")
        table = system.predictions(prepared.preprocessor, test, "test", values)
        return SystemResult(
            epochs=epochs,
            best_epoch=best_epoch,
            scores=score_table(system, table),
            seconds=perf_counter() - start,
        )


def _fit(prepared: Prepared) -> tuple[Values, int, int]:
    """Return predictions of the test part, the number of epochs and the best one."""
    config = prepared.config
    with open_backend(config.backend, config.backend_options, config.seed) as backend:
        model, fit = fit_prepared(prepared, backend)
        test = prepared.part("test")
        values = predict_rows(prepared.system, prepared.preprocessor, model, test)
    return values, len(fit.epochs), fit.best_epoch


def _baseline(prepared: Prepared, name: str) -> Values:
    fit = prepared.system.baselines[name]
    baseline = fit(prepared.preprocessor, prepared.part("train"), np.float64)
    return baseline.predict(prepared.part("test"))


@lru_cache(maxsize=1)
def _dataset(system: str, data: DataSettings, digest: str) -> Dataset:
    """Load data once in a process for the tasks that learn from them."""
    dataset: Dataset = find_system(system).load(data)
    if dataset.digest() != digest:
        raise DataError(
            f"{data.source}: the data are not those that the study began with; give every "
            "worker the same, or begin a new study."
        )
    return dataset
