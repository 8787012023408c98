"""What a study would cost, before it is run."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table

from qkdrp.cli.console import console
from qkdrp.experiments.study.contenders import contender
from qkdrp.experiments.study.driver import duration
from qkdrp.experiments.study.plan import Cost, Plan
from qkdrp.experiments.study.tasks import FinalResult, Task, run_task

if TYPE_CHECKING:
    from qkdrp.experiments.ito.ito_plan import StudyPlan

PROBED_EPOCHS = 3
"""Epochs that each configuration of the first drug is timed for; the first one warms up."""


def show_estimate(plan: Plan) -> None:
    """Print the number of trainings, and core hours from a few epochs of each configuration.

    Final trainings are counted with all epochs, the most they can take.
    """
    screen = console()
    with screen.status("timing a few epochs"):
        costs = list(plan.costs())
    counts: Counter[str] = Counter()
    for cost in costs:
        counts.update(cost.counts)
    table = Table("model", "configurations", *counts, "core hours", box=SIMPLE_HEAD)
    for cost in costs:
        numbers = (str(cost.counts.get(kind, 0)) for kind in counts)
        table.add_row(cost.label, str(cost.configurations), *numbers, f"{cost.seconds / 3600:.2f}")
    screen.print(table)
    total = sum(cost.seconds for cost in costs)
    listed = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    screen.print(
        f"{counts.total()} trainings ({listed}), "
        f"about {total / 3600:.2f} core hours: {duration(total)} on one worker"
    )


def relative_sizes(plan: Plan) -> dict[str, float]:
    """Return how many samples each drug has, the first one's being 1."""
    first = len(plan.cohorts[plan.config.drugs[0]])
    return {drug: len(cohort) / first for drug, cohort in plan.cohorts.items()}


def costs_of_models(plan: "StudyPlan") -> Iterator[Cost]:
    """Yield what each model of a study of the paper's protocol would take."""
    first, size = plan.config.drugs[0], relative_sizes(plan)
    by_model = groupby(
        sorted(plan.configurations, key=lambda c: plan.config.models.index(c.model)),
        lambda found: found.model,
    )
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
        counts = {"folds": n_folds, "final": n_finals}
        yield Cost(contender(name).label, len(members), counts, cost)


def _seconds(plan: Plan, task: Task) -> float:
    """Return the time of a training of all epochs, from a few of them."""
    epochs = min(PROBED_EPOCHS, plan.config.epochs)
    fit = task.fit.model_copy(update={"epochs": epochs, "patience": 0})
    result = run_task(task.model_copy(update={"fit": fit}))
    if not isinstance(result, FinalResult) or len(result.history) < 2:
        return result.seconds
    first, last = result.history[0].seconds, result.history[-1].seconds
    each = (last - first) / (len(result.history) - 1)
    return result.seconds - last + plan.config.epochs * each
