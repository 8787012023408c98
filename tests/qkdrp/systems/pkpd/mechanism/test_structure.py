import numpy as np
import pytest
import torch

from qkdrp.common.errors import ConfigError, DataError
from qkdrp.systems.pkpd.mechanism import Schedule, Structure


def test_parameters_by_name() -> None:
    assert Structure(2, "I").parameters == (
        "ka", "CL", "V", "Q", "V2", "R0", "kout", "IC50", "Imax",
    )  # fmt: skip
    assert Structure(1, "direct", 1, hill=True).parameters == (
        "ka", "CL", "V", "R0", "EC50", "Emax", "hill",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("effect", "raises"), [("I", False), ("II", True), ("III", True), ("IV", False)]
)
def test_which_effects_raise_the_biomarker(effect: str, raises: bool) -> None:
    assert Structure(1, effect).raises is raises


def test_scales_are_inverse(rng: np.random.Generator) -> None:
    structure = Structure(2, "I", hill=True)
    logs = torch.from_numpy(rng.normal(size=(3, 4, len(structure.parameters))))
    natural = structure.to_natural(logs)
    assert ((natural["Imax"] > 0) & (natural["Imax"] < 1)).all()
    torch.testing.assert_close(structure.to_log(natural), logs)


def test_settings_survive_json() -> None:
    structure = Structure(1, "direct", 1, hill=True)
    assert Structure.from_json(structure.to_json()) == structure


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"compartments": 3}, "1 or 2 compartments"),
        ({"effect": "V"}, "direct, I, II, III, IV"),
        ({"direct_sign": 0}, "direct_sign"),
    ],
)
def test_unknown_settings_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Structure(**settings)


def test_missing_parameters_are_named() -> None:
    with pytest.raises(ConfigError, match="CL, V are missing"):
        Structure(1, "direct").to_log({"ka": 1, "R0": 1, "IC50": 1, "Imax": 0.5})


@pytest.mark.parametrize(
    ("times", "amounts", "message"),
    [
        ([0.0, 24.0, 12.0], [1.0, 1.0, 1.0], "decrease"),
        ([0.0], [-1.0], "negative"),
        ([0.0, 1.0], [1.0], "n_doses"),
        ([float("nan")], [1.0], "finite"),
    ],
)
def test_schedules_that_cannot_be_are_refused(times: list, amounts: list, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Schedule(torch.tensor(times), torch.tensor(amounts))


def test_padding_repeats_the_last_time() -> None:
    padded = Schedule.padded([([0, 24], [5, 5]), ([], []), ([3], [2])])
    assert padded.times.tolist() == [[0, 24], [0, 0], [3, 3]]
    assert padded.amounts.tolist() == [[5, 5], [0, 0], [2, 0]]
    assert padded[2].times.tolist() == [3, 3]
