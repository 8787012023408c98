"""Time that the study would take, from a trial of each model in the first fold."""

from collections.abc import Iterator

from qkdrp.experiments.pkpd.noise.plan import NoisePlan
from qkdrp.experiments.study.plan import Cost
from qkdrp.experiments.study.steps import OnTrial
from qkdrp.experiments.study.tasks import run_task

PROBED_EPOCHS = 3
"""Epochs of the longer trial."""


def costs_of_models(plan: NoisePlan, on_trial: OnTrial) -> Iterator[Cost]:
    """Yield what trainings and evaluations of each model would take, doses left out.

    Args:
        plan: The study.
        on_trial: Called before each trial.
    """
    for number, variant in enumerate(plan.variants):
        on_trial(variant.label, number, len(plan.variants))
        task = plan.noise_task(variant, 0, 0).model_copy(update={"question": None})
        one, few = (
            run_task(task.model_copy(update={"settings": _fewer(task.settings, epochs)})).seconds
            for epochs in (1, PROBED_EPOCHS)
        )
        each = max(few - one, 0.0) / (PROBED_EPOCHS - 1)
        count = plan.folds * plan.config.seeds
        seconds = one + (task.settings["fit"]["epochs"] - 1) * each
        yield Cost(variant.label, 1, {"trainings": count}, count * seconds)


def _fewer(settings: dict[str, object], epochs: int) -> dict[str, object]:
    fit = settings["fit"]
    assert isinstance(fit, dict)
    return {**settings, "fit": {**fit, "epochs": epochs, "patience": 0}}
