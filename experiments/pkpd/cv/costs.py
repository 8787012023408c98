"""Time that the study would take, from trials in the first fold."""

from collections.abc import Iterator

from qkdrp.experiments.pkpd.cv.contenders import Variant
from qkdrp.experiments.pkpd.cv.plan import CvPlan
from qkdrp.experiments.pkpd.cv.tasks import StructureResult
from qkdrp.experiments.study.plan import Cost
from qkdrp.experiments.study.steps import OnTrial
from qkdrp.experiments.study.tasks import run_task

PROBED_EPOCHS = 26
"""Epochs of the longer trial: a grey box linearises its curves every 25."""


def costs_of_variants(plan: CvPlan, on_trial: OnTrial) -> Iterator[Cost]:
    """Yield what structures and each variant would take.

    Args:
        plan: The study.
        on_trial: Called before each trial.
    """
    total = len(plan.variants) + plan.chooses
    structure = plan.config.structure
    if plan.chooses:
        on_trial("structures", 0, total)
        result = run_task(plan.structure_task(0))
        if isinstance(result, StructureResult):
            structure = result.chosen
        yield Cost("structures", 1, {"structures": plan.folds}, plan.folds * result.seconds)
    for number, variant in enumerate(plan.variants, start=int(plan.chooses)):
        on_trial(variant.label, number, total)
        count = plan.folds * plan.n_seeds(variant)
        seconds = _whole(plan, variant, structure)
        yield Cost(variant.label, 1, {"trainings": count}, count * seconds)


def _whole(plan: CvPlan, variant: Variant, structure: str) -> float:
    """Return the time of a training of all epochs, from one epoch and a few."""
    if not variant.contender.seeded and variant.contender.settings.get("model") != "greybox":
        return _seconds(plan, variant, structure, 1)
    one = _seconds(plan, variant, structure, 1)
    epochs: int = plan.config.fit(variant.contender.fit)["epochs"]
    if epochs == 1:
        return one
    few = min(PROBED_EPOCHS, epochs)
    each = max(_seconds(plan, variant, structure, few) - one, 0.0) / (few - 1)
    return one + (epochs - 1) * each


def _seconds(plan: CvPlan, variant: Variant, structure: str, epochs: int) -> float:
    """Return the time of a training of some epochs."""
    task = plan.task(variant, 0, 0, structure)
    if "fit" not in task.settings:
        return run_task(task).seconds
    fit = {**task.settings["fit"], "epochs": epochs, "patience": 0}
    return run_task(task.model_copy(update={"settings": {**task.settings, "fit": fit}})).seconds
