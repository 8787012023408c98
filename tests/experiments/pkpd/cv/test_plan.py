from typing import Any

import pytest

from qkdrp.common.errors import ConfigError
from qkdrp.experiments.pkpd.cv.contenders import BASELINES, LINEAR, MECHANISTIC, QUANTUM, Variant
from qkdrp.experiments.pkpd.cv.options import PRESETS
from qkdrp.experiments.pkpd.cv.tasks import StructureResult
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.tasks import run_task
from qkdrp.experiments.study.training import Training
from qkdrp.systems.pkpd.population.structures import short_name, structure_named
from tests.experiments.pkpd.cv.conftest import plan_of


def test_structures_come_first_and_trainings_take_those_of_their_fold() -> None:
    plan = plan_of(models=(MECHANISTIC, QUANTUM), folds=3)
    findings = Findings()
    phases = plan.phases(findings)
    first = next(phases)
    assert [task.data.fold for task in first.tasks] == [0, 1, 2]
    for task, chosen in zip(first.tasks[:2], ("2-I", "1-IV"), strict=True):  # the third one failed
        findings.results[task.key] = StructureResult(chosen=chosen, compared=(), seconds=1.0)
    tasks = next(phases).tasks
    structures = {
        task.settings["data"]["fold"]: task.settings["model"]["structure"]
        for task in tasks
        if task.baseline is None
    }
    assert structures == {0: "2-I", 1: "1-IV"}
    assert {task.settings["data"]["fold"] for task in tasks if task.baseline} == {0, 1, 2}


def test_a_structure_that_is_given_is_not_looked_for() -> None:
    plan = plan_of(models=(MECHANISTIC,), structure="2-I", folds=2)
    (phase,) = plan.phases(Findings())
    models = [task for task in phase.tasks if task.baseline is None]
    assert [task.settings["model"]["structure"] for task in models] == ["2-I"] * 4
    assert not plan_of(models=("mlp",)).chooses


def test_only_models_that_draw_numbers_are_trained_from_every_seed() -> None:
    plan = plan_of(models=(MECHANISTIC, LINEAR, QUANTUM, "mlp"), structure="2-I", folds=2, seeds=3)
    (phase,) = plan.phases(Findings())
    seeds: dict[str, set[int]] = {}
    for task in phase.tasks:
        seeds.setdefault(task.name, set()).add(task.settings["seed"])
    assert {name for name, own in seeds.items() if own == {0, 1, 2}} == {
        *(QUANTUM, f"{QUANTUM}+PD0", "mlp", "mlp+PD0")
    }
    assert all(own == {0} for own in seeds.values() if len(own) == 1)
    order = [(task.settings["seed"], task.settings["data"]["fold"]) for task in phase.tasks]
    assert order == sorted(order)


def test_the_mean_of_dose_and_time_is_there_whatever_is_asked_for() -> None:
    variants = plan_of(pd0=("with",)).variants
    assert Variant("dose_time_mean") in variants
    assert all(each.told for each in variants if each.name != "dose_time_mean")
    assert {each.name for each in variants} == {"mlp", *BASELINES}


def test_where_the_data_lie_and_what_a_model_is_called_change_no_key() -> None:
    plan = plan_of()
    task = plan.task(Variant("mlp"), 0, 0, None)
    moved = {**task.settings, "data": {**task.settings["data"], "source": "elsewhere"}}
    assert task.model_copy(update={"settings": moved, "name": "other"}).key == task.key
    keys = {plan.task(each, fold, 0, None).key for each in plan.variants for fold in range(12)}
    assert len(keys) == 12 * len(plan.variants)


@pytest.mark.parametrize(("name", "watches"), [(QUANTUM, False), ("mlp", True)])
def test_validation_subjects_are_for_models_that_stop_early(
    name: str, watches: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mechanism takes all epochs, so that looking at them would cost time and change nothing."""
    seen: list[Any] = []

    def train(_: Training, train: Any, watched: Any, scored: Any, **__: Any) -> None:
        seen.append((train, watched, scored))
        raise KeyboardInterrupt

    monkeypatch.setattr(Training, "train", train)
    plan = plan_of(models=(name,))
    with pytest.raises(KeyboardInterrupt):
        run_task(plan.task(Variant(name), 2, 0, "2-I"))
    ((train_part, watched, scored),) = seen
    assert (watched is not None) == watches
    assert scored.ids.tolist() == ["15", "27", "39"]  # the third of each active dose
    assert not set(scored.ids) & set(train_part.ids)


def test_the_name_of_a_structure_is_read_back() -> None:
    for name in ("2-I", "1-IV", "2-direct", "1-direct-rising", "2-III"):
        structure = structure_named(name)
        assert structure is not None
        assert short_name(structure) == name


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"models": ("nothing",)}, "models = .*found 'nothing': choose"),
        ({"folds": 13}, "folds = 13: the trial has 12"),
        ({"structure": "3-I"}, "structure '3-I'"),
        ({"pd0": ("perhaps",)}, "pd0 = .*found 'perhaps': choose"),
    ],
)
def test_what_cannot_be_studied(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        plan_of(**changes)


@pytest.mark.parametrize("preset", PRESETS.settings)
def test_presets_plan_what_they_name(preset: str) -> None:
    plan = plan_of(**PRESETS.named(preset))
    assert Variant(QUANTUM) in plan.variants
    assert plan.folds == (2 if preset == "smoke" else 12)
    assert plan.has_aims == (preset != "smoke")
