"""The plan of the study: structures fold by fold, then a training for each variant and fold."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Self

from qkdrp.backends.registry import find_backend
from qkdrp.common.errors import ConfigError
from qkdrp.experiments.pkpd.cv.config import CvProtocol
from qkdrp.experiments.pkpd.cv.contenders import Variant
from qkdrp.experiments.pkpd.cv.tasks import (
    SYSTEM,
    CvResult,
    CvTask,
    StructureResult,
    StructureTask,
    as_loaded,
)
from qkdrp.experiments.study.folds import dataset_of
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.plan import Phase, Plan
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.sources import EMBEDDED
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.data_settings import DataConfig
from qkdrp.systems.pkpd.population.structures import AUTOMATIC, structure_named
from qkdrp.systems.pkpd.split import active_levels

DATA = "trial"
"""What the digest of the data is called."""


def silent(_: str) -> None:
    """Tell nobody what is done next."""


class CvPlan(Plan):
    """What the study has to train; made by :meth:`open`.

    Args:
        config: Its settings.
        trial: Its data.
    """

    config: CvProtocol

    def __init__(self, config: CvProtocol, trial: Trial) -> None:
        super().__init__(config.study, config, {DATA: trial.digest()})
        self.trial = trial
        self.variants = config.variants()

    @classmethod
    def open(cls, config: CvProtocol, told: Callable[[str], None] = silent) -> Self:
        """Check the settings of the study, load its data and plan it.

        Args:
            config: The settings.
            told: Called with what is done next.

        Raises:
            QkdrpError: If settings do not fit together, or data are missing.
        """
        find_backend(config.backend, {})
        structure_named(config.structure)
        told(f"reading {config.data.source}")
        plan = cls(config, dataset_of(SYSTEM, as_loaded(config.data)))
        if config.folds > plan._most:
            raise ConfigError(
                f"folds = {config.folds}: the trial has {plan._most}, as the largest dose level "
                f"has {plan._most} subjects."
            )
        for variant in plan.variants:  # settings that do not fit together are refused at once
            PkpdConfig.make(**plan.task(variant, 0, 0, "2-I").settings)
        return plan

    @cached_property
    def _most(self) -> int:
        """Number of folds that the trial has."""
        return max(map(len, active_levels(self.trial).values()))

    @property
    def folds(self) -> int:
        """Number of folds."""
        return self.config.folds or self._most

    def phases(self, findings: Findings) -> Iterator[Phase]:
        """Yield the structures of all folds, then all trainings, seed by seed and fold by fold."""
        if self.chooses:
            tasks = [self.structure_task(fold) for fold in range(self.folds)]
            yield Phase("structures", tasks, unit="comparisons")
        yield Phase("trainings", list(self.tasks(findings)))

    @property
    def has_aims(self) -> bool:
        """Whether this is the study that this project set itself aims for."""
        return self.config.data.source == EMBEDDED and self.folds == self._most

    @property
    def chooses(self) -> bool:
        """Whether structures are compared in each fold."""
        mechanisms = any(variant.contender.mechanism for variant in self.variants)
        return mechanisms and self.config.structure == AUTOMATIC

    def tasks(self, findings: Findings) -> Iterator[CvTask]:
        """Yield the trainings; those of a fold whose structure failed are not there."""
        for number in range(self.config.seeds):
            for fold in range(self.folds):
                structure = self.structure_of(fold, findings)
                for variant in self.variants:
                    wanted = number < self.n_seeds(variant)
                    if wanted and (structure or not variant.contender.mechanism):
                        yield self.task(variant, fold, number, structure)

    def n_seeds(self, variant: Variant) -> int:
        """Return how often a variant is trained in a fold."""
        return self.config.seeds if variant.contender.seeded else 1

    def structure_task(self, fold: int) -> StructureTask:
        """Return the comparison of structures of a fold."""
        return StructureTask(data=self._data(fold), digest=self.digests[DATA])

    def structure_of(self, fold: int, findings: Findings) -> str | None:
        """Return the structure of a fold: as given, or as chosen; None where that failed."""
        if not self.chooses:
            return self.config.structure
        found = findings.of(self.structure_task(fold))
        return found.chosen if isinstance(found, StructureResult) else None

    def task(self, variant: Variant, fold: int, number: int, structure: str | None) -> CvTask:
        """Return the training of a variant.

        Args:
            variant: What is trained.
            fold: In which fold, from 0.
            number: Of the seed, from 0.
            structure: Of the mechanism, where the variant has one.
        """
        chosen, config = variant.contender, self.config
        model = {**chosen.settings, "baseline": variant.told}
        if chosen.mechanism:
            model["structure"] = structure
        data = self._data(fold).model_dump(mode="json")
        settings = {"data": data, "model": model, "seed": config.seed + number}
        if not chosen.is_baseline:
            settings |= {"fit": config.fit(chosen.fit), "backend": config.backend}
        return CvTask(
            name=variant.key,
            settings=settings,
            digest=self.digests[DATA],
            baseline=variant.name if chosen.is_baseline else None,
            passes=chosen.passes,
            subjects=chosen.subjects,
        )

    def results(self, variant: Variant, number: int, findings: Findings) -> Sequence[CvResult]:
        """Return what a variant came to in each fold, from one seed; only if no fold is missing."""
        found = []
        for fold in range(self.folds):
            structure = self.structure_of(fold, findings)
            result = findings.of(self.task(variant, fold, number, structure))
            if not isinstance(result, CvResult):
                return ()
            found.append(result)
        return found

    def _data(self, fold: int) -> DataConfig:
        return self.config.data.model_copy(update={"split": "fold", "fold": fold})
