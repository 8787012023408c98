"""Plans of studies of the response system: cohorts and configurations, checked and loaded."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any, TypeAlias

from qkdrp.backends.registry import find_backend
from qkdrp.experiments.ito.config import StudyConfig
from qkdrp.experiments.ito.contenders import contender
from qkdrp.experiments.ito.folds import make_folds
from qkdrp.experiments.ito.grid import Configuration, configurations
from qkdrp.experiments.ito.rows import cohort_of
from qkdrp.experiments.study.plan import Plan
from qkdrp.systems.response.baselines import BASELINES
from qkdrp.systems.response.config import DataConfig
from qkdrp.systems.response.data import Cohort
from qkdrp.systems.response.model_choice import recipe_of

Told: TypeAlias = Callable[[str], None]
"""Called with what is done next, for progress."""


def silent(_: str) -> None:
    """Tell nobody what is done next."""


class CohortPlan(Plan):
    """The tasks of a study that learns drug response from cohorts.

    Args:
        config: Its settings.
        found: Its configurations, as :func:`checked_configurations` returns them.
        cohorts: By drug, as :func:`load_cohorts` returns them.
    """

    config: StudyConfig

    def __init__(
        self,
        config: StudyConfig,
        found: Sequence[Configuration],
        cohorts: Mapping[str, Cohort],
    ) -> None:
        digests = {drug: cohort.digest() for drug, cohort in cohorts.items()}
        super().__init__(config.study, config, digests)
        self.configurations, self.cohorts = list(found), cohorts

    def relative_sizes(self) -> dict[str, float]:
        """Return how many samples each drug has, the first one's being 1."""
        first = len(self.cohorts[self.config.drugs[0]])
        return {drug: len(cohort) / first for drug, cohort in self.cohorts.items()}

    def task_settings(self, configuration: Configuration, patience: int) -> dict[str, Any]:
        """Return the settings of a training of a configuration, folds aside.

        Args:
            configuration: What is trained.
            patience: Epochs without a better validation AUC before it stops; 0 never stops.
        """
        config, chosen = self.config, contender(configuration.model)
        common = {
            "data": data_of(config, configuration.drug),
            "digest": self.digests[configuration.drug],
            "backend": config.backend,
            "seed": config.seed,
        }
        if chosen.model in BASELINES:
            return common | {"baseline": chosen.model}
        return common | {
            "model": configuration.model_config_of(),
            "fit": configuration.fit_config_of(config, patience),
        }


def data_of(config: StudyConfig, drug: str) -> DataConfig:
    """Return what is learned from, for one drug."""
    return config.data.model_copy(update={"drug": drug})


def checked_configurations(config: StudyConfig) -> list[Configuration]:
    """Return the configurations of a study.

    Raises:
        ConfigError: If a model or a setting of one is invalid.
        BackendError: If there is no such backend.
    """
    find_backend(config.backend, {})
    found = configurations(config)
    for configuration in found:
        if contender(configuration.model).model not in BASELINES:
            recipe_of(configuration.model_config_of())
    return found


def load_cohorts(config: StudyConfig, told: Told = silent) -> dict[str, Cohort]:
    """Load the cohort of each drug, and draw its folds once to see that they can be.

    Args:
        config: The settings of the study.
        told: Called before each drug.

    Raises:
        DataError: If data are missing, or a fold would be of one class only.
    """
    cohorts = {}
    for drug in config.drugs:
        told(f"loading {drug}")
        cohorts[drug] = cohort_of(data_of(config, drug))
    for cohort, repeat in product(cohorts.values(), range(config.repeats)):
        make_folds(cohort, config.seed, config.data.stratify_test, config.folds, repeat)
    return cohorts
