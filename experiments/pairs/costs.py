"""Time that a study of pairs would take, from a few epochs of each network."""

from collections.abc import Iterator

from qkdrp.experiments.pairs.plan import PairPlan
from qkdrp.experiments.pairs.setups import Setup
from qkdrp.experiments.study.estimate import PROBED_EPOCHS
from qkdrp.experiments.study.plan import Cost
from qkdrp.experiments.study.steps import OnTrial
from qkdrp.experiments.study.tasks import run_task


def costs_of_networks(plan: PairPlan, on_trial: OnTrial) -> Iterator[Cost]:
    """Yield what each network and baseline would take, from trials at each size.

    Args:
        plan: The study.
        on_trial: Called before each trial.
    """
    alike: dict[tuple[str, int], list[Setup]] = {}
    for setup in plan.setups:
        alike.setdefault((setup.model, setup.place.size), []).append(setup)
    for number, ((model, size), setups) in enumerate(alike.items()):
        label = f"{model}, {size} pairs"
        on_trial(label, number, len(alike))
        count = sum(map(plan.n_seeds, setups))
        yield Cost(label, len(setups), {"trainings": count}, count * _whole(plan, setups[0]))


def _whole(plan: PairPlan, setup: Setup) -> float:
    """Return the time of a training of all epochs, from one epoch and a few."""
    one = _seconds(plan, setup, 1)
    epochs = plan.config.fit(setup.place.size).epochs
    if setup.baseline or epochs == 1:
        return one
    few = min(PROBED_EPOCHS, epochs)
    each = max(_seconds(plan, setup, few) - one, 0.0) / (few - 1)
    return one + (epochs - 1) * each


def _seconds(plan: PairPlan, setup: Setup, epochs: int) -> float:
    """Return the time of a training of some epochs."""
    task = plan.task(setup, 0)
    if setup.baseline:
        return run_task(task).seconds
    fit = {**task.settings["fit"], "epochs": epochs, "patience": 0}
    return run_task(task.model_copy(update={"settings": {**task.settings, "fit": fit}})).seconds
