"""A study from settings to findings: folds first, then final trainings of what they chose."""

from collections.abc import Iterator, Sequence
from itertools import groupby, product

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from qkdrp.backends.registry import find_backend
from qkdrp.baselines import BASELINES
from qkdrp.config import DataConfig
from qkdrp.experiments.config import StudyConfig
from qkdrp.experiments.configurations import Configuration, configurations
from qkdrp.experiments.contenders import contender
from qkdrp.experiments.driver import Findings, run_tasks
from qkdrp.experiments.folds import make_folds
from qkdrp.experiments.runners import Runner
from qkdrp.experiments.statistics import best_epoch
from qkdrp.experiments.store import TaskStore
from qkdrp.experiments.studies import STUDIES
from qkdrp.experiments.tasks import FinalResult, FoldResult, Task, cohort_of
from qkdrp.model import recipe_of


class StudyPlan:
    """What a study has to train.

    Args:
        config: Its settings.

    Raises:
        QkdrpError: If settings do not fit together or data are missing, before any work.
    """

    def __init__(self, config: StudyConfig) -> None:
        self.config, self.study = config, STUDIES[config.study]
        find_backend(config.backend, {})
        self.configurations = configurations(config)
        for configuration in self.configurations:
            if contender(configuration.model).model not in BASELINES:
                recipe_of(configuration.model_config_of())
        self.cohorts = {drug: cohort_of(self._data(drug)) for drug in config.drugs}
        self.digests = {drug: cohort.digest() for drug, cohort in self.cohorts.items()}
        for cohort, repeat in product(self.cohorts.values(), range(config.repeats)):
            make_folds(cohort, config.seed, config.data.stratify_test, config.folds, repeat)

    def fold_tasks(self) -> list[Task]:
        """Return a task for each fold of each configuration; those of one fold side by side."""
        return [
            task
            for _, group in groupby(self.configurations, lambda found: found.drug)
            for tasks in zip(*map(self.folds_of, group), strict=True)
            for task in tasks
        ]

    def folds_of(self, configuration: Configuration) -> list[Task]:
        """Return the tasks of the folds of a configuration; none if the study has no folds."""
        config = self.config
        if not self.study.folds:
            return []
        return [
            self._task(
                configuration,
                stage="fold",
                patience=0,
                folds=config.folds,
                repeat=repeat,
                fold=fold,
            )
            for repeat, fold in product(range(config.repeats), range(config.folds))
        ]

    def final_of(self, configuration: Configuration) -> Task:
        """Return the task of the final training of a configuration."""
        return self._task(configuration, stage="final", patience=self.config.patience)

    def n_finals(self) -> int:
        """Return the number of final trainings."""
        if self.study.finals == "best":
            return len({(found.drug, found.model) for found in self.configurations})
        return len(self.configurations) if self.study.finals == "every" else 0

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
    ) -> Iterator[tuple[Task, FoldResult]]:
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

    def _data(self, drug: str) -> DataConfig:
        return self.config.data.model_copy(update={"drug": drug})

    def _task(self, configuration: Configuration, *, patience: int, **settings: object) -> Task:
        config, chosen = self.config, contender(configuration.model)
        common = {
            "data": self._data(configuration.drug),
            "digest": self.digests[configuration.drug],
            "backend": config.backend,
            "seed": config.seed,
        }
        if chosen.model in BASELINES:
            return Task.make(baseline=chosen.model, **common, **settings)
        return Task.make(
            model=configuration.model_config_of(),
            fit=configuration.fit_config_of(config, patience),
            **common,
            **settings,
        )


def run_study(plan: StudyPlan, store: TaskStore, runner: Runner, console: Console) -> Findings:
    """Run all trainings of a study that are not finished.

    Args:
        plan: What there is to train.
        store: Where results are kept.
        runner: Where tasks run.
        console: For progress.
    """
    findings = Findings()
    run_tasks(plan.fold_tasks(), store, runner, findings, console, "folds")
    finals: Sequence[Task] = [plan.final_of(found) for found in plan.chosen(findings)]
    run_tasks(finals, store, runner, findings, console, "final trainings")
    return findings
