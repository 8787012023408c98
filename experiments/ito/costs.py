"""Time that the trainings of a study would take, from a few epochs of each configuration."""

from collections.abc import Hashable, Iterator
from itertools import groupby

from qkdrp.experiments.ito.contenders import CIRCUIT, contender
from qkdrp.experiments.ito.grid import Configuration
from qkdrp.experiments.ito.plan import ItoPlan
from qkdrp.experiments.ito.tasks import FinalResult, FinalTask
from qkdrp.experiments.study.estimate import PROBED_EPOCHS
from qkdrp.experiments.study.plan import Cost
from qkdrp.experiments.study.steps import OnTrial
from qkdrp.experiments.study.tasks import run_task
from qkdrp.systems.response.baselines import BASELINES
from qkdrp.systems.response.model_choice import recipe_of


def costs_of_models(plan: ItoPlan, on_trial: OnTrial) -> Iterator[Cost]:
    """Yield what each model of a study of the paper's protocol would take.

    Args:
        plan: The study.
        on_trial: Called before each trial.
    """
    size, seconds = plan.relative_sizes(), _trials(plan, on_trial)
    by_model = groupby(
        sorted(plan.configurations, key=lambda c: plan.config.models.index(c.model)),
        lambda found: found.model,
    )
    for name, group in by_model:
        members = list(group)
        per_fold = len(plan.folds_of(members[0]))
        finals = {"every": len(members), "best": len({c.drug for c in members}), "none": 0}
        n_folds, n_finals = per_fold * len(members), finals[plan.study.finals]
        each = [seconds[cost_key(c)] * size[c.drug] for c in members]
        cost = per_fold * sum(each) + n_finals * max(each)
        counts = {"folds": n_folds, "final": n_finals}
        yield Cost(contender(name).label, len(members), counts, cost)


def cost_key(found: Configuration) -> Hashable:
    """Return what configurations share that take the same time: what is computed, and its size.

    Learning rate, a and r change no time, normalisation and readout hardly any.
    """
    model = contender(found.model)
    if model.model in BASELINES:
        return model.model
    sizes = (getattr(found, name) for name in CIRCUIT if name in model.axes)
    return recipe_of(found.model_config_of()).core, *sizes


def _trials(plan: ItoPlan, on_trial: OnTrial) -> dict[Hashable, float]:
    """Return the time of a training on the first drug for each of the keys."""
    configurations = [c for c in plan.configurations if c.drug == plan.config.drugs[0]]
    first: dict[Hashable, Configuration] = {}
    for found in configurations:
        first.setdefault(cost_key(found), found)
    seconds = {}
    for done, (key, found) in enumerate(first.items()):
        on_trial(_title(found), done, len(first))
        if not done:  # loads data and compiles kernels, which no other training does
            _seconds(1, plan.final_of(found))
        seconds[key] = _seconds(plan.config.epochs, plan.final_of(found))
    return seconds


def _title(found: Configuration) -> str:
    sizes = f"{found.n_qubits}, {found.n_encoding}, {found.n_variational}"
    return f"{contender(found.model).label} ({sizes})"


def _seconds(epochs: int, task: FinalTask) -> float:
    """Return the time of a training of all epochs, from a few of them."""
    fit = task.fit.model_copy(update={"epochs": min(PROBED_EPOCHS, epochs), "patience": 0})
    result = run_task(task.model_copy(update={"fit": fit}))
    if not isinstance(result, FinalResult) or len(result.history) < 2:
        return result.seconds
    first, last = result.history[0].seconds, result.history[-1].seconds
    each = (last - first) / (len(result.history) - 1)
    return result.seconds - last + epochs * each
