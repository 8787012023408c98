from pathlib import Path
from typing import Any

import pytest

from qkdrp.common.errors import ConfigError
from qkdrp.experiments.ito.catalogue import STUDIES
from qkdrp.experiments.ito.config import StudyConfig
from qkdrp.experiments.ito.contenders import CONTENDERS, CONTROLS, PAPER, contender
from qkdrp.experiments.ito.grid import configurations
from qkdrp.experiments.ito.plan import ItoPlan
from qkdrp.systems.response.model_choice import recipe_of
from tests.experiments.conftest import study_config


def full_grid(**changes: Any) -> StudyConfig:
    defaults = STUDIES["table1"].defaults("full")
    return StudyConfig.make(study="table1", drugs=("A",), **{**defaults, **changes})


def test_the_grid_is_that_of_table_a1() -> None:
    found = configurations(full_grid())
    counts = {name: sum(c.model == name for c in found) for name in PAPER}
    # Classic has no circuit: three widths by three rates.
    assert counts == {name: 9 if name == "classic" else 36 for name in PAPER}
    config = full_grid()
    assert len(found) * config.repeats * config.folds == 5 * 36 * 50 + 9 * 50  # about 9,450


def test_classic_is_tried_at_every_width_once() -> None:
    found = configurations(full_grid(models=("classic",), lr=(1e-4,)))
    assert sorted(c.n_qubits * c.n_encoding for c in found) == [8, 16, 32]


@pytest.mark.parametrize("name", CONTENDERS)
def test_settings_multiply_only_what_they_matter_to(name: str) -> None:
    config = full_grid(models=(name,), a=(1.0, 20.0), r=(1.0, 2.0))
    axes = contender(name).axes
    sizes = {"n_qubits": 2, "n_encoding": 2, "n_variational": 3, "lr": 3, "a": 2, "r": 2}
    expected = 1
    for axis in axes:
        expected *= sizes[axis]
    if "n_qubits" in axes and "n_variational" not in axes:
        expected = expected * 3 // 4  # (4, 4) and (8, 2) are equally wide
    found = configurations(config)
    assert len(found) == expected
    assert len({c.row_without_drug() for c in found}) == expected


@pytest.mark.parametrize("name", [name for name in CONTENDERS if name != "ridge"])
def test_every_contender_is_a_model(name: str) -> None:
    (found,) = configurations(StudyConfig.make(drugs=("A",), models=(name,)))
    recipe_of(found.model_config_of())
    hidden = {key for key, value in found.row().items() if value is None}
    assert hidden == {"n_variational", "a", "r"} - set(contender(name).axes)


def test_a_table_shows_the_settings_that_matter() -> None:
    (found,) = configurations(StudyConfig.make(drugs=("A",), models=("tanh",)))
    assert found.row() == {
        "drug": "A", "model": "tanh", "n_qubits": 4, "n_encoding": 2, "n_variational": 1,
        "lr": 1e-4, "a": None, "r": None,
    }  # fmt: skip


def test_the_controls_differ_from_moderated_in_one_thing(data: Path) -> None:
    found = configurations(study_config(data, models=("moderated", *CONTROLS)))
    reference = found[0].model_config_of().model_dump()
    for other in found[1:]:
        settings = other.model_config_of().model_dump()
        assert {key for key in settings if settings[key] != reference[key]} == {"model"}


def test_an_unknown_contender_lists_the_choices() -> None:
    with pytest.raises(ConfigError, match="choose one of classic, identity"):
        configurations(StudyConfig.make(drugs=("A",), models=("quantum",)))


def test_a_plan_checks_every_model_before_any_work(data: Path) -> None:
    with pytest.raises(ConfigError, match="n_qubits"):
        ItoPlan.open(study_config(data, n_qubits=(1,)))


@pytest.mark.parametrize("name", ["drugs", "models", "lr"])
def test_a_list_needs_a_value(name: str, data: Path) -> None:
    with pytest.raises(ConfigError, match=name):
        study_config(data, **{name: ()})


def test_repeated_values_count_once(data: Path) -> None:
    assert study_config(data, lr=(1e-3, 1e-4, 1e-3)).lr == (1e-3, 1e-4)


def test_tasks_of_one_fold_are_side_by_side(data: Path) -> None:
    tasks = ItoPlan.open(study_config(data)).fold_tasks()
    assert [(task.repeat, task.fold) for task in tasks] == [
        (repeat, fold) for repeat in (0, 1) for fold in (0, 1) for _ in ("moderated", "ridge")
    ]
    assert len({task.key for task in tasks}) == len(tasks)
