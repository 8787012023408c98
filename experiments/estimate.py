"""What a study would cost, before it is run."""

from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from qkdrp.experiments.contenders import contender
from qkdrp.experiments.driver import duration
from qkdrp.experiments.study import StudyPlan
from qkdrp.experiments.tasks import FinalResult, Task, run_task

PROBED_EPOCHS = 3
"""Epochs that each configuration of the first drug is timed for; the first one warms up."""


def show_estimate(plan: StudyPlan) -> None:
    """Print the number of trainings, and core hours from a few epochs of each configuration.

    Final trainings are counted with all epochs, the most they can take.
    """
    console = Console(highlight=False)
    table = Table("model", "configurations", "folds", "final", "core hours", box=SIMPLE_HEAD)
    first = plan.config.drugs[0]
    size = {drug: len(cohort) / len(plan.cohorts[first]) for drug, cohort in plan.cohorts.items()}
    total_folds = total_finals = 0
    total = 0.0
    by_model = groupby(
        sorted(plan.configurations, key=lambda c: plan.config.models.index(c.model)),
        lambda found: found.model,
    )
    with console.status("timing a few epochs"):
        for name, group in by_model:
            members = list(group)
            per_fold = len(plan.folds_of(members[0]))
            finals = {"every": len(members), "best": len({c.drug for c in members}), "none": 0}
            n_folds, n_finals = per_fold * len(members), finals[plan.study.finals]
            seconds = {c.row_without_drug(): 0.0 for c in members}
            for found in members:
                if found.drug == first:
                    seconds[found.row_without_drug()] = _seconds(plan, plan.final_of(found))
            each = [seconds[c.row_without_drug()] * size[c.drug] for c in members]
            cost = per_fold * sum(each) + n_finals * max(each)
            table.add_row(
                contender(name).label, str(len(members)), str(n_folds), str(n_finals),
                f"{cost / 3600:.2f}",
            )  # fmt: skip
            total_folds, total_finals = total_folds + n_folds, total_finals + n_finals
            total += cost
    console.print(table)
    console.print(
        f"{total_folds + total_finals} trainings ({total_folds} folds, {total_finals} final), "
        f"about {total / 3600:.2f} core hours: {duration(total)} on one worker"
    )


def _seconds(plan: StudyPlan, task: Task) -> float:
    """Return the time of a training of all epochs, from a few of them."""
    epochs = min(PROBED_EPOCHS, plan.config.epochs)
    fit = task.fit.model_copy(update={"epochs": epochs, "patience": 0})
    result = run_task(task.model_copy(update={"fit": fit}))
    if not isinstance(result, FinalResult) or len(result.history) < 2:
        return result.seconds
    first, last = result.history[0].seconds, result.history[-1].seconds
    each = (last - first) / (len(result.history) - 1)
    return result.seconds - last + plan.config.epochs * each
