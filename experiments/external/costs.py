"""Time that the study of external cohorts would take, from a few epochs of each model."""

from collections.abc import Iterator

from qkdrp.experiments.external.plan import ExternalPlan
from qkdrp.experiments.external.tasks import ExternalTask
from qkdrp.experiments.ito.contenders import contender
from qkdrp.experiments.study.estimate import PROBED_EPOCHS
from qkdrp.experiments.study.plan import Cost
from qkdrp.experiments.study.steps import OnTrial
from qkdrp.experiments.study.tasks import run_task


def costs_of_models(plan: ExternalPlan, on_trial: OnTrial) -> Iterator[Cost]:
    """Yield what each model would take, from trials on the first drug and the numbers of samples.

    Args:
        plan: The study.
        on_trial: Called before each trial.
    """
    config, first = plan.config, plan.config.drugs[0]
    sizes = sum(len(cohort) for cohort in plan.cohorts.values()) / len(plan.cohorts[first])
    for number, model in enumerate(config.models):
        task = plan.tasks(first, model)[0]
        on_trial(contender(model).label, number, len(config.models))
        if not number:  # loads data and compiles kernels, which no other training does
            _seconds(task, 1)
        per_seed = len(plan.tasks(first, model))
        seconds = _whole(task, config.epochs) * sizes * per_seed
        counts = {"trainings": per_seed * len(config.drugs)}
        yield Cost(contender(model).label, len(config.drugs), counts, seconds)


def _seconds(task: ExternalTask, epochs: int) -> float:
    fit = task.fit.model_copy(update={"epochs": epochs, "patience": 0})
    return run_task(task.model_copy(update={"fit": fit})).seconds


def _whole(task: ExternalTask, epochs: int) -> float:
    """Return the time of a training of all epochs, from one epoch and a few."""
    one = _seconds(task, 1)
    if task.baseline is not None or epochs == 1:
        return one
    few = min(PROBED_EPOCHS, epochs)
    each = max(_seconds(task, few) - one, 0.0) / (few - 1)
    return one + (epochs - 1) * each
