"""A training of any system, on parts of its split or on a fold, as a task of a study."""

from collections.abc import Sequence
from itertools import product
from time import perf_counter
from typing import Any, Literal, Self, TypeVar

import numpy as np

from qkdrp.common.errors import DataError
from qkdrp.experiments.study.folds import dataset_of, draw_folds, fold_seed
from qkdrp.experiments.study.saved_training import SavedTraining
from qkdrp.experiments.study.tasks import Result, Task
from qkdrp.experiments.study.training import Training
from qkdrp.systems.registry import find_system
from qkdrp.training.dataset import Dataset
from qkdrp.training.run_config import RunConfig
from qkdrp.training.split import Split
from qkdrp.training.system import AnySystem

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
        baseline: A baseline of the system that is fitted instead of the model.
        folds: Number of folds; 0 to train and score on the parts above. On a fold, the model is
            trained for all epochs on the other folds and scored on this one.
        repeat: Which drawing of the folds, from 0.
        fold: Which fold is held out, from 0.
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
    baseline: str | None = None
    folds: int = 0
    repeat: int = 0
    fold: int = 0

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

    @classmethod
    def on_folds(
        cls,
        config: RunConfig,
        dataset: Dataset,
        folds: int,
        repeats: int = 1,
        baseline: str | None = None,
    ) -> list[Self]:
        """Return the tasks of a repeated cross-validation outside the test part.

        Args:
            config: What is trained, how, and on which data; its seed draws test part and folds.
            dataset: The data, for their digest.
            folds: Number of folds.
            repeats: Times that the folds are drawn anew.
            baseline: A baseline of the system that is fitted instead of the model.
        """
        places = product(range(repeats), range(folds))
        return [
            cls.of(config, dataset, baseline=baseline, folds=folds, repeat=repeat, fold=fold)
            for repeat, fold in places
        ]

    @property
    def title(self) -> str:
        """What it is, for messages."""
        model = self.settings.get("model", {}).get("model", "the default model")
        where = f"repeat {self.repeat + 1} fold {self.fold + 1}" if self.folds else self.scored
        seed = self.settings.get("seed", 0)
        return f"{self.system}, {self.baseline or model}, seed {seed}, {where}"

    @property
    def kind(self) -> str:
        """What tasks that take about as long share: system and model."""
        return f"{self.stage} {self.system} {self.baseline or self.settings.get('model')}"

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
        dataset = dataset_of(self.system, config.data, self.digest)
        train, watched, scored = self._rows(system, config, dataset)
        preprocessor = system.fit_preprocessor(train, config)
        best_epoch = 0
        if self.baseline is not None:
            fit_baseline = system.baselines[self.baseline]
            values = fit_baseline(preprocessor, train, np.float64).predict(scored)
        else:
            training = Training(system, config, preprocessor, self._seed(config.seed), saved)
            values, fit = training.train(train, watched, scored)
            best_epoch = fit.best_epoch
        predictions = system.predictions(preprocessor, scored, self.scored, values)
        return TrainingResult(
            scores=system.score(predictions),
            best_epoch=best_epoch,
            n_train=len(train),
            seconds=perf_counter() - start,
        )

    def _seed(self, seed: int) -> int:
        return fold_seed(seed, self.repeat, self.fold) if self.folds else seed

    def _rows(self, system: AnySystem, config: RunConfig, dataset: D) -> tuple[D, D | None, D]:
        """Return the rows to train on, to watch and to score."""
        split = system.split(dataset, config)
        if self.folds:
            test = split.test
            drawn = draw_folds(system, dataset, test, config.seed, self.folds, self.repeat)
            train, held_out = (dataset.select(ids) for ids in drawn[self.fold])
            return train, None, held_out
        watched = part_of(dataset, split, (self.watched,)) if self.watched else None
        return part_of(dataset, split, self.train), watched, part_of(dataset, split, (self.scored,))


def part_of(dataset: D, split: Split, names: Sequence[str]) -> D:
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
