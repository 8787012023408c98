"""Trainings and baselines on pairs, with predictions and history kept, as tasks of a study."""

from collections.abc import Mapping
from time import perf_counter
from typing import Any, Literal, Self

import numpy as np
from pydantic import Field

from qkdrp.common.seeds import derive_seed
from qkdrp.experiments.pairs.explicit import fitted_alone, written_out
from qkdrp.experiments.pairs.observed import TEST_MSE, ErrorCurve
from qkdrp.experiments.pairs.shuffled import drugs_shuffled
from qkdrp.experiments.study.folds import dataset_of
from qkdrp.experiments.study.saved_training import SavedTraining
from qkdrp.experiments.study.tasks import Result, Task
from qkdrp.experiments.study.training import Training
from qkdrp.systems.pairs.config import DataConfig, PairsConfig
from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.systems.pairs.fit_task import PREDICTION_SD
from qkdrp.systems.pairs.spread import SPREADS
from qkdrp.systems.registry import find_system
from qkdrp.training.epoch import Fit

SYSTEM = "pairs"
"""Name of the system in the registry."""

COURSE = ("train_loss", "validation_loss", TEST_MSE, PREDICTION_SD, *SPREADS)
"""Values of the history that are kept, by epoch."""

DIGITS = 7
"""Significant digits of a kept number; single precision has no more."""


class PairResult(Result):
    """What a training or a baseline came to.

    Args:
        scores: As ``metrics.json`` holds them, of the test pairs.
        predictions: Predicted target of each test pair, in the order of the split.
        n_train: Training pairs.
        n_validation: Pairs that told when to stop.
        best_epoch: The epoch whose weights count; 0 for a baseline.
        course: Values by epoch, see :data:`COURSE`; empty for a baseline.
    """

    scores: dict[str, Any]
    predictions: tuple[float, ...]
    n_train: int
    n_validation: int
    best_epoch: int = 0
    course: dict[str, tuple[float | None, ...]] = Field(default_factory=dict)


class PairTask(Task):
    """A training on pairs, or a baseline on the same split; made by :meth:`of`.

    Args:
        name: What is trained, for messages.
        settings: Of the training, written out.
        digest: Of the data, before they are shuffled.
        baseline: A baseline of the system that is fitted in place of a network.
        shuffled: Whether drugs are shuffled within lines, for a negative control.
        look_every: Epochs between two looks at the test.
    """

    result_type = PairResult
    no_part_of_key = {  # noqa: RUF012
        "name": True,
        "settings": {"data": {"source"}, "threads": True},
    }

    stage: Literal["pairs"] = "pairs"
    name: str
    settings: dict[str, Any]
    digest: str
    baseline: str | None = None
    shuffled: bool = False
    look_every: int = 1

    @classmethod
    def of(cls, config: PairsConfig, digest: str, **more: Any) -> Self:  # noqa: ANN401
        """Return the task of a configuration.

        Args:
            config: What is trained, how, and on which data.
            digest: Of the data.
            **more: Other settings of the task.
        """
        settings = written_out(config)
        if more.get("baseline") is not None:
            settings = fitted_alone(settings)
        return cls.make(settings=settings, digest=digest, **more)

    @property
    def title(self) -> str:
        """What it is, for messages."""
        data = self.settings["data"]
        control = ", drugs shuffled" if self.shuffled else ""
        size = f"{data['train_size']} pairs"
        return f"{self.name}, {data['split']}, {size}{control}, seed {self.settings['seed']}"

    @property
    def kind(self) -> str:
        """What tasks that take about as long share."""
        return f"{self.stage} {self.name} {self.settings['data']['train_size']}"

    def modules(self) -> tuple[str, ...]:
        """Return the modules that worker processes import before their first task."""
        return find_system(SYSTEM).preload

    def pairs(self) -> PairData:
        """Return the pairs, shuffled where this is a control.

        Raises:
            DataError: If they are others than those of the digest.
        """
        config = PairsConfig.make(**self.settings)
        pairs: PairData = dataset_of(SYSTEM, as_loaded(config.data), self.digest)
        if self.shuffled:
            pairs = drugs_shuffled(pairs, derive_seed(config.seed, "shuffled drugs"))
        return pairs

    def run(self, saved: SavedTraining) -> PairResult:
        """Train or fit, and score the test pairs.

        Raises:
            QkdrpError: If the data are others than those of the digest, or training diverges.
        """
        start = perf_counter()
        system, config = find_system(SYSTEM), PairsConfig.make(**self.settings)
        pairs = self.pairs()
        split = system.split(pairs, config)
        train, watched, test = (pairs.select(ids) for ids in split.parts().values())
        preprocessor = system.fit_preprocessor(train, config)
        fit = Fit()
        if self.baseline is not None:
            fitted = system.baselines[self.baseline](preprocessor, train, np.float64)
            values = fitted.predict(test)
        else:
            training = Training(system, config, preprocessor, config.seed, saved)
            curve = ErrorCurve(system.rows(preprocessor, test), self.look_every)
            values, fit = training.train(train, watched, test, curve.observe, curve.count)
        table = system.predictions(preprocessor, test, "test", values)
        return PairResult(
            scores=system.score(table),
            predictions=tuple(rounded(values)),
            n_train=len(train),
            n_validation=len(watched),
            best_epoch=fit.best_epoch,
            course=course_of(fit),
            seconds=perf_counter() - start,
        )


def as_loaded(data: DataConfig) -> DataConfig:
    """Return data settings without those that change nothing in what is loaded."""
    usual = DataConfig()
    return data.model_copy(
        update={
            name: getattr(usual, name)
            for name in ("split", "train_size", "test_size", "exponent", "atom_rows", "zscore")
        }
    )


def course_of(fit: Fit) -> Mapping[str, tuple[float | None, ...]]:
    """Return the kept values of each epoch, by name; nothing for a training without epochs."""
    if not fit.epochs:
        return {}
    return {name: tuple(rounded(epoch.value(name) for epoch in fit.epochs)) for name in COURSE}


def rounded(values: Any) -> list[float | None]:  # noqa: ANN401  # any numbers
    """Return numbers to the digits that are kept."""
    return [None if value is None else float(f"{value:.{DIGITS}g}") for value in values]
