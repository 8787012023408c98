"""One simulated trial: the model is fitted and refitted, and its doses are found, as a task."""

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any, Literal

from qkdrp.common.seeds import derive_seed
from qkdrp.common.settings import Settings
from qkdrp.experiments.pkpd.questions import Schedule
from qkdrp.experiments.pkpd.recovery_cases import CASES
from qkdrp.experiments.study.saved_training import SavedTraining
from qkdrp.experiments.study.tasks import Result, Task
from qkdrp.runs.open_backend import open_backend
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.dose.answer import Spread, find_dose
from qkdrp.systems.pkpd.dose.from_run import source_of
from qkdrp.systems.pkpd.dose.model import DoseModel
from qkdrp.systems.pkpd.dose.outcome import N_SUBJECTS_OF_REFITS
from qkdrp.systems.pkpd.dose.population import Population
from qkdrp.systems.pkpd.population.mechanistic import MechanisticModel
from qkdrp.systems.registry import find_system
from qkdrp.training.loop import fit_model

SYSTEM = "pkpd"
"""The system that is studied."""

Exact = float | None
"""A dose in mg; None where no dose is enough."""


class FoundDoses(Settings):
    """The exact doses of a schedule, mg.

    Args:
        exact: Of the fit to the trial.
        refits: Of the refits to resampled subjects.
    """

    exact: Exact
    refits: tuple[Exact, ...]

    @property
    def spread(self) -> Spread:
        """The interval over refits."""
        return Spread(tuple(float("inf") if each is None else each for each in self.refits))


class RecoveryResult(Result):
    """What a simulated trial came to.

    Args:
        doses: By the name of the schedule.
        model: The fitted population model as plain values.
        converged: Whether the fit came to rest.
        fit_seconds: Of all seconds, those of fit and refits.
    """

    doses: dict[str, FoundDoses]
    model: dict[str, Any]
    converged: bool
    fit_seconds: float


class RecoveryTask(Task):
    """A trial that is simulated from a known model, and the doses that are found from it.

    Args:
        truth: The known model, a key of :data:`~.recovery_cases.CASES`.
        trial: Number of the trial: the seed of its subjects and of the resamples.
        structure: Of the mechanism that is fitted, such as ``2-I``, or ``auto``.
        refits: Resamples.
        subjects: Virtual subjects that a dose is found with; refits take no more than
            :data:`~qkdrp.systems.pkpd.dose.outcome.N_SUBJECTS_OF_REFITS`.
    """

    result_type = RecoveryResult

    stage: Literal["recovery"] = "recovery"
    truth: str
    trial: int
    structure: str
    refits: int
    subjects: int

    @property
    def title(self) -> str:
        """What it is, for messages."""
        return f"{self.truth}, trial {self.trial}"

    @property
    def kind(self) -> str:
        """What tasks that take about as long share: the truth."""
        return f"{self.stage} {self.truth}"

    def modules(self) -> tuple[str, ...]:
        """Return the modules that worker processes import before their first task."""
        return find_system(SYSTEM).preload

    @property
    def config(self) -> PkpdConfig:
        """The training, as ``qkdrp train-pkpd`` takes it."""
        return PkpdConfig.make(
            data={"source": f"{self.truth}:{self.trial}", "split": "none"},
            model={
                "model": "mechanistic",
                "structure": self.structure,
                "refits": self.refits,
            },
            seed=self.trial,
            threads=1,
        )

    def run(self, saved: SavedTraining) -> RecoveryResult:
        """Simulate the trial, fit and refit the model, and find the doses."""
        start = perf_counter()
        config, system = self.config, find_system(SYSTEM)
        trial = system.load(config.data)
        preprocessor = system.fit_preprocessor(trial, config)
        with open_backend(config.backend, config.backend_options, config.seed) as backend:
            model = system.build(config, preprocessor, backend, derive_seed(config.seed, "weights"))
            fit_model(
                model,
                system.rows(preprocessor, trial),
                None,
                config.fit,
                derive_seed(config.seed, "shuffle"),
                task=system.fit_task(config),
                checkpoint=saved.checkpoint(backend),
            )
        fitted = perf_counter()
        source = source_of(model, trial, self.title)
        fit = model.fit if isinstance(model, MechanisticModel) else None
        return RecoveryResult(
            doses=self._doses(source.model, source.refits),
            model={} if fit is None else fit.model.to_json(),
            converged=fit is not None and fit.converged,
            fit_seconds=fitted - start,
            seconds=perf_counter() - start,
        )

    def _doses(self, model: DoseModel, refits: Sequence[DoseModel]) -> dict[str, FoundDoses]:
        """Return the doses of each schedule; refits take fewer virtual subjects."""
        case = CASES[self.truth]
        population = case.population(self.subjects)
        fewer = replace(population, n_subjects=min(N_SUBJECTS_OF_REFITS, population.n_subjects))

        def exact(of: DoseModel, whom: Population, schedule: Schedule) -> Exact:
            return find_dose(of, whom, case.criterion(schedule), schedule.grid).found.exact

        return {
            each.name: FoundDoses(
                exact=exact(model, population, each),
                refits=tuple(exact(refit, fewer, each) for refit in refits),
            )
            for each in case.schedules
        }
