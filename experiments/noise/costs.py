"""Time that trainings and their cells would take, from a few epochs."""

from collections.abc import Iterator

from qkdrp.experiments.ito.contenders import contender
from qkdrp.experiments.noise.device_choice import Place
from qkdrp.experiments.noise.plan import NoisePlan
from qkdrp.experiments.noise.tasks import NoiseResult
from qkdrp.experiments.noise.trainings import EXACT
from qkdrp.experiments.study.estimate import PROBED_EPOCHS
from qkdrp.experiments.study.plan import Cost
from qkdrp.experiments.study.steps import OnTrial
from qkdrp.experiments.study.tasks import run_task


def costs_of_trainings(plan: NoisePlan, on_trial: OnTrial) -> Iterator[Cost]:
    """Yield what each model and training would take, from a few epochs of one of them.

    Args:
        plan: The study.
        on_trial: Called before each trial.
    """
    size = plan.relative_sizes()
    groups: dict[tuple[str, str], list[Place]] = {}
    for place in plan.places:
        groups.setdefault((place.configuration.model, place.training.name), []).append(place)
    for done, ((model, training), members) in enumerate(groups.items()):
        label = f"{contender(model).label}, trained {_adverb(training)}"
        on_trial(label, done, len(groups))
        seconds = _seconds(plan, members[0])
        yield Cost(
            label=label,
            configurations=len({(p.configuration, p.training) for p in members}),
            counts={"folds": len(members)},
            seconds=sum(seconds * size[place.configuration.drug] for place in members),
        )
    yield Cost("Baselines", len(plan.config.drugs), {"folds": len(plan.baselines())}, 0.0)


def _seconds(plan: NoisePlan, place: Place) -> float:
    """Return the time of a training and its cells, from a few epochs of it."""
    task, epochs = plan.task_of(place), plan.config.epochs
    fit = task.fit.model_copy(update={"epochs": min(PROBED_EPOCHS, epochs)})
    result = run_task(task.model_copy(update={"fit": fit}))
    assert isinstance(result, NoiseResult)
    return result.seconds - result.fit_seconds + epochs * result.epoch_seconds


def _adverb(training: str) -> str:
    return "exactly" if training == EXACT else training
