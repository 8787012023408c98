"""Time that the recovery study would take, from the first trial of each known model."""

from collections.abc import Iterator

from qkdrp.experiments.pkpd.recovery_plan import RecoveryPlan
from qkdrp.experiments.pkpd.recovery_task import RecoveryTask
from qkdrp.experiments.study.plan import Cost
from qkdrp.experiments.study.steps import OnTrial
from qkdrp.experiments.study.tasks import run_task
from qkdrp.systems.pkpd.config import REFITS_OF_AN_EPOCH


def costs_of_truths(plan: RecoveryPlan, on_trial: OnTrial) -> Iterator[Cost]:
    """Yield what the simulated trials of each known model would take.

    Args:
        plan: The study.
        on_trial: Called before each trial.
    """
    truths = plan.config.truths
    for number, truth in enumerate(truths):
        on_trial(truth, number, len(truths))
        tasks = plan.tasks(truth)
        yield Cost(truth, 1, {"simulated trials": len(tasks)}, len(tasks) * _seconds(tasks[0]))


def _seconds(task: RecoveryTask) -> float:
    """Return the time of a trial with all its refits, from one refit and one batch of them."""
    few = min(REFITS_OF_AN_EPOCH, task.refits)
    one, batch = (
        run_task(task.model_copy(update={"refits": refits})).seconds for refits in (1, few)
    )
    if few == task.refits:
        return batch
    return batch + max(batch - one, 0.0) / (few - 1) * (task.refits - few)
