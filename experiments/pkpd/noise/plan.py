"""The plan of the study: a training for each model, fold and seed, evaluated at all scales."""

from collections.abc import Callable, Iterator, Sequence
from typing import Self

from qkdrp.backends.noise.sources import find_source
from qkdrp.experiments.pkpd.cv.contenders import Variant
from qkdrp.experiments.pkpd.cv.plan import DATA, CvPlan, silent
from qkdrp.experiments.pkpd.noise.config import NoiseConfig
from qkdrp.experiments.pkpd.noise.question import DoseQuestion
from qkdrp.experiments.pkpd.noise.tasks import Level, NoiseResult, NoiseTask
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.plan import Phase


class NoisePlan(CvPlan):
    """What the study has to train; made by :meth:`open`."""

    config: NoiseConfig

    @classmethod
    def open(cls, config: NoiseConfig, told: Callable[[str], None] = silent) -> Self:  # type: ignore[override]  # its own settings
        """Check settings and noise, load the data and plan the study.

        Args:
            config: The settings.
            told: Called with what is done next.

        Raises:
            QkdrpError: If settings do not fit together, or noise or data are missing.
        """
        find_source(config.noise)
        return super().open(config, told)

    def phases(self, findings: Findings) -> Iterator[Phase]:  # noqa: ARG002  # of the protocol
        """Yield all trainings, seed by seed and fold by fold."""
        yield Phase("trainings", list(self.noise_tasks()))

    def noise_tasks(self) -> Iterator[NoiseTask]:
        """Yield the trainings."""
        for number in range(self.config.seeds):
            for fold in range(self.folds):
                for variant in self.variants:
                    yield self.noise_task(variant, fold, number)

    def noise_task(self, variant: Variant, fold: int, number: int) -> NoiseTask:
        """Return the training of a model.

        Args:
            variant: The model.
            fold: From 0.
            number: Of the seed, from 0.
        """
        config = self.config
        task = self.task(variant, fold, number, config.structure)
        question = DoseQuestion(
            target=config.target,
            fraction=config.fraction,
            interval=config.interval,
            grid=config.grid,
            subjects=config.dose_subjects,
            window="steady" if variant.contender.mechanism else "late",
        )
        return NoiseTask(
            name=variant.key,
            settings=task.settings,
            digest=self.digests[DATA],
            noise=config.noise,
            scales=config.scales,
            question=question if fold < config.dose_folds else None,
        )

    def levels(self, variant: Variant, number: int, findings: Findings) -> Sequence[NoiseResult]:
        """Return what a model came to in each fold, from one seed; only if no fold is missing."""
        found = []
        for fold in range(self.folds):
            result = findings.of(self.noise_task(variant, fold, number))
            if not isinstance(result, NoiseResult):
                return ()
            found.append(result)
        return found


def level_at(result: NoiseResult, scale: float) -> Level:
    """Return what a training came to at a scale.

    Args:
        result: Of the training.
        scale: One of its scales.
    """
    return next(each for each in result.levels if each.scale == scale)
