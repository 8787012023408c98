"""A training of any system on given parts of its split, as a task of a study."""

from collections.abc import Sequence
from time import perf_counter
from typing import Any, Literal, Self, TypeVar

import numpy as np

from qkdrp.common.errors import DataError
from qkdrp.common.seeds import derive_seed
from qkdrp.experiments.study.saved_training import SavedTraining
from qkdrp.experiments.study.tasks import Result, Task
from qkdrp.runs.open_backend import open_backend
from qkdrp.systems.registry import find_system
from qkdrp.training.dataset import Dataset
from qkdrp.training.loop import fit_model, predict
from qkdrp.training.run_config import RunConfig
from qkdrp.training.split import Split

D = TypeVar("D", bound=Dataset)


class TrainingResult(Result):
    """What a training came to on the rows that it was scored on.

    Args:
        scores: The system's scores by name, as ``metrics.json`` holds them.
        best_epoch: The epoch whose weights count.
        n_train: Training rows.
    """

    scores: dict[str, Any]
    best_epoch: int
    n_train: int


class TrainingTask(Task):
    """A training of a system's configuration; made by :meth:`of`.

    Args:
        system: Name of the system, in the registry.
        settings: Those of its :class:`~qkdrp.training.run_config.RunConfig` that are no defaults.
        digest: Of the data, so that others are noticed.
        train: Parts of the split that the model is trained on.
        watched: Part that decides when to stop; an empty name for none.
        scored: Part that the model is scored on.
    """

    result_type = TrainingResult
    no_part_of_key = {"settings": {"data": {"source"}, "threads": True}}  # noqa: RUF012

    stage: Literal["training"] = "training"
    system: str
    settings: dict[str, Any]
    digest: str
    train: tuple[str, ...] = ("train",)
    watched: str = "validation"
    scored: str = "test"

    @classmethod
    def of(cls, config: RunConfig, dataset: Dataset, **parts: Any) -> Self:  # noqa: ANN401
        """Return the task of a configuration.

        Args:
            config: What is trained, how, and on which data.
            dataset: The data, for their digest.
            **parts: ``train``, ``watched`` and ``scored``, where they are not the usual ones.
        """
        settings = config.model_dump(mode="json", exclude_defaults=True)
        return cls.make(system=config.system, settings=settings, digest=dataset.digest(), **parts)

    @property
    def title(self) -> str:
        """What it is, for messages."""
        model = self.settings.get("model", {}).get("model", "the default model")
        return f"{self.system}, {model}, seed {self.settings.get('seed', 0)}, {self.scored}"

    @property
    def kind(self) -> str:
        """What tasks that take about as long share: system and model."""
        return f"{self.stage} {self.system} {self.settings.get('model')}"

    def modules(self) -> tuple[str, ...]:
        """Return the modules that worker processes import before their first task."""
        return find_system(self.system).preload

    def run(self, saved: SavedTraining) -> TrainingResult:
        """Train, and score the part that is held out.

        Raises:
            QkdrpError: If the data are others than those of the digest, or training diverges.
        """
        start = perf_counter()
        system = find_system(self.system)
        config = system.config_type.make(**self.settings)
        dataset = system.load(config.data)
        if dataset.digest() != self.digest:
            raise DataError(
                f"{config.data.source}: the data are not those that the study began with; give "
                "every worker the same, or begin a new study."
            )
        split = system.split(dataset, config)
        train = _part(dataset, split, self.train)
        watched = _part(dataset, split, (self.watched,)) if self.watched else None
        scored = _part(dataset, split, (self.scored,))
        preprocessor = system.fit_preprocessor(train, config)
        with open_backend(config.backend, config.backend_options, config.seed) as backend:
            model = system.build(config, preprocessor, backend, derive_seed(config.seed, "weights"))
            fit = fit_model(
                model,
                system.rows(preprocessor, train),
                None if watched is None else system.rows(preprocessor, watched),
                config.fit,
                derive_seed(config.seed, "shuffle"),
                task=system.fit_task(config),
                checkpoint=saved.checkpoint(backend),
            )
            values = predict(model, *system.rows(preprocessor, scored).inputs)
        found = values.double().numpy()
        predictions = system.predictions(preprocessor, scored, self.scored, found)
        return TrainingResult(
            scores=system.score(predictions),
            best_epoch=fit.best_epoch,
            n_train=len(train),
            seconds=perf_counter() - start,
        )


def _part(dataset: D, split: Split, names: Sequence[str]) -> D:
    """Return the rows of some parts of a split, in its order.

    Raises:
        DataError: If the split has no such part, or the parts are empty.
    """
    parts = split.parts()
    for name in names:
        if name not in parts:
            raise DataError(f"split: found no part {name!r}, choose from {', '.join(parts)}.")
    ids = np.concatenate([parts[name] for name in names])
    if not len(ids):
        raise DataError(f"split: found no rows in {' and '.join(names)}, expected some.")
    return dataset.select(ids)
