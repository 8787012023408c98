"""The plan of the study of external cohorts: one training for each drug, model and seed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Self

from qkdrp.backends.registry import find_backend
from qkdrp.common.errors import DataError
from qkdrp.experiments.external.cohorts import ExternalCohort, load_external
from qkdrp.experiments.external.config import ExternalConfig
from qkdrp.experiments.external.tasks import CohortRef, ExternalResult, ExternalTask
from qkdrp.experiments.ito.contenders import contender
from qkdrp.experiments.ito.rows import cohort_of
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.plan import Phase, Plan
from qkdrp.systems.response.baselines import BASELINES
from qkdrp.systems.response.config import ModelConfig
from qkdrp.systems.response.data import Cohort
from qkdrp.systems.response.model_choice import recipe_of


def silent(_: str) -> None:
    """Tell nobody what is done next."""


class ExternalPlan(Plan):
    """What a study of external cohorts has to train; made by :meth:`open`.

    Args:
        config: Its settings.
        cohorts: What models are trained on, by drug.
        externals: External cohorts by name.
    """

    config: ExternalConfig

    def __init__(
        self,
        config: ExternalConfig,
        cohorts: Mapping[str, Cohort],
        externals: Mapping[str, ExternalCohort],
    ) -> None:
        self.of_drugs = {drug: cohort.digest() for drug, cohort in cohorts.items()}
        self.of_externals = {name: each.digest() for name, each in externals.items()}
        digests = self.of_drugs | {f"cohort {name}": d for name, d in self.of_externals.items()}
        super().__init__(config.study, config, digests)
        self.cohorts, self.externals = cohorts, externals

    @classmethod
    def open(cls, config: ExternalConfig, told: Callable[[str], None] = silent) -> Self:
        """Check the settings of a study, load its data and plan it.

        Args:
            config: The settings.
            told: Called with what is done next.

        Raises:
            QkdrpError: If settings do not fit together, or data are missing or have no drug in
                common.
        """
        find_backend(config.backend, {})
        for name in config.models:
            if contender(name).model not in BASELINES:
                recipe_of(ModelConfig.make(**config.model_settings(name)))
        externals = {}
        for source in config.sources:
            told(f"reading {source.folder}")
            externals[source.name] = load_external(source, config.drugs, config.by)
        cohorts = {}
        for drug in config.drugs:
            told(f"reading {config.data.source}: {drug}")
            if not any(drug in each.outcomes for each in externals.values()):
                raise DataError(
                    f"{drug}: no external cohort has a response to it; leave it out of --drugs."
                )
            cohorts[drug] = cohort_of(config.data.model_copy(update={"drug": drug}))
        return cls(config, cohorts, externals)

    def phases(self, findings: Findings) -> Iterator[Phase]:  # noqa: ARG002  # one phase only
        """Yield all trainings, seeds of one drug and model side by side."""
        yield Phase("trainings", [task for drug in self.config.drugs for task in self.of(drug)])

    def of(self, drug: str) -> list[ExternalTask]:
        """Return all trainings for a drug."""
        return [task for model in self.config.models for task in self.tasks(drug, model)]

    def tasks(self, drug: str, model: str) -> list[ExternalTask]:
        """Return the trainings of a model: one for each seed, one in all for a baseline."""
        config, chosen = self.config, contender(model)
        refs = [
            CohortRef(source=source, digest=self.of_externals[source.name])
            for source in config.sources
            if drug in self.externals[source.name].outcomes
        ]
        common = {
            "data": config.data.model_copy(update={"drug": drug}),
            "digest": self.of_drugs[drug],
            "cohorts": tuple(refs),
            "drugs": config.drugs,
            "by": config.by,
            "align": config.align,
            "min_genes": config.min_genes,
            "backend": config.backend,
        }
        if chosen.model in BASELINES:
            return [ExternalTask.make(**common, baseline=chosen.model, seed=config.seed)]
        settings = {**common, "model": config.model_settings(model), "fit": config.fit()}
        return [
            ExternalTask.make(**settings, seed=config.seed + number)
            for number in range(config.seeds)
        ]

    def results(self, drug: str, model: str, findings: Findings) -> Sequence[ExternalResult]:
        """Return what the trainings of a model came to, those that are there."""
        found = (findings.of(task) for task in self.tasks(drug, model))
        return [result for result in found if isinstance(result, ExternalResult)]
