"""The plan of a study of the paper's protocol: folds first, then final trainings."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, product
from typing import Self

import numpy as np
from numpy.typing import NDArray

from qkdrp.experiments.ito.catalogue import STUDIES
from qkdrp.experiments.ito.cohort_plan import (
    CohortPlan,
    Told,
    checked_configurations,
    load_cohorts,
    silent,
)
from qkdrp.experiments.ito.config import StudyConfig
from qkdrp.experiments.ito.grid import Configuration
from qkdrp.experiments.ito.tasks import FinalResult, FinalTask, FoldResult, FoldTask
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.plan import Phase
from qkdrp.experiments.study.statistics import best_epoch
from qkdrp.systems.response.data import Cohort


class ItoPlan(CohortPlan):
    """What a study of the paper's protocol has to train; made by :meth:`open`.

    Args:
        config: Its settings.
        found: Its configurations.
        cohorts: By drug.
    """

    def __init__(
        self,
        config: StudyConfig,
        found: Sequence[Configuration],
        cohorts: Mapping[str, Cohort],
    ) -> None:
        super().__init__(config, found, cohorts)
        self.study = STUDIES[config.study]

    @classmethod
    def open(cls, config: StudyConfig, told: Told = silent) -> Self:
        """Check the settings of a study, load its data and plan it.

        Args:
            config: The settings.
            told: Called with what is done next.

        Raises:
            QkdrpError: If settings do not fit together or data are missing.
        """
        found = checked_configurations(config)
        return cls(config, found, load_cohorts(config, told))

    def phases(self, findings: Findings) -> Iterator[Phase]:
        """Yield all folds, then the final trainings of what they chose."""
        yield Phase("folds", self.fold_tasks())
        yield Phase("final trainings", [self.final_of(found) for found in self.chosen(findings)])

    def fold_tasks(self) -> list[FoldTask]:
        """Return a task for each fold of each configuration; those of one fold side by side."""
        return [
            task
            for _, group in groupby(self.configurations, lambda found: found.drug)
            for tasks in zip(*map(self.folds_of, group), strict=True)
            for task in tasks
        ]

    def folds_of(self, configuration: Configuration) -> list[FoldTask]:
        """Return the tasks of the folds of a configuration; none if the study has no folds."""
        config = self.config
        if not self.study.folds:
            return []
        return [
            FoldTask.make(
                **self.task_settings(configuration, patience=0),
                folds=config.folds,
                repeat=repeat,
                fold=fold,
            )
            for repeat, fold in product(range(config.repeats), range(config.folds))
        ]

    def final_of(self, configuration: Configuration) -> FinalTask:
        """Return the task of the final training of a configuration."""
        return FinalTask.make(**self.task_settings(configuration, patience=self.config.patience))

    def chosen(self, findings: Findings) -> list[Configuration]:
        """Return the configurations that get a final training, the folds being done."""
        if self.study.finals == "every":
            return self.configurations
        return self.best(findings) if self.study.finals == "best" else []

    def best(self, findings: Findings) -> list[Configuration]:
        """Return the best configuration of each drug and model, the first of several."""
        found = []
        by_model = groupby(self.configurations, lambda c: (c.drug, c.model))
        for _, group in by_model:
            scored = [(c, self.curves(c, findings)) for c in group]
            scored = [(c, curves) for c, curves in scored if len(curves)]
            if scored:
                found.append(max(scored, key=lambda pair: pair[1].mean(axis=0).max())[0])
        return found

    def runs(
        self, configuration: Configuration, findings: Findings
    ) -> Iterator[tuple[FoldTask, FoldResult]]:
        """Yield the folds of a configuration that were finished."""
        for task in self.folds_of(configuration):
            result = findings.of(task)
            if isinstance(result, FoldResult):
                yield task, result

    def curves(self, configuration: Configuration, findings: Findings) -> NDArray[np.float64]:
        """Return validation AUCs, shape (n_runs, n_epochs); of a baseline the same in each."""
        curves = [result.curve for _, result in self.runs(configuration, findings)]
        epochs = self.config.epochs
        return np.array([c * epochs if len(c) == 1 else c for c in curves]).reshape(-1, epochs)

    def final(self, configuration: Configuration, findings: Findings) -> FinalResult | None:
        """Return the final training of a configuration, if there is one."""
        result = findings.of(self.final_of(configuration))
        return result if isinstance(result, FinalResult) else None

    def best_values(
        self, configuration: Configuration, findings: Findings
    ) -> dict[tuple[int, int], float]:
        """Return validation AUCs at the best epoch of the mean curve, by repeat and fold."""
        runs = self.runs(configuration, findings)
        places = [(task.repeat, task.fold) for task, _ in runs]
        curves = self.curves(configuration, findings)
        best = curves[:, best_epoch(curves) - 1] if places else curves[:, 0]
        return dict(zip(places, best.tolist(), strict=True))
