from inspect import signature

import pytest

from qkdrp.backends.isa.fake_names import check_device_name, fake_names
from qkdrp.backends.isa.fakes import fake_devices
from qkdrp.backends.option_check import CHECKS
from qkdrp.backends.registry import BACKENDS, check_backend, find_backend
from qkdrp.common.errors import BackendError


@pytest.mark.parametrize("name", CHECKS)
def test_every_option_of_a_backend_has_a_check(name: str) -> None:
    assert set(CHECKS[name]) == set(signature(find_backend(name, _needed(name))).parameters)


def _needed(name: str) -> dict[str, str]:
    return {"device": "fake_fez"} if name == "ibm_runtime" else {}


def test_names_of_fake_devices_are_those_of_the_package() -> None:
    assert set(fake_names()) == set(fake_devices())


@pytest.mark.parametrize("name", ["fake_fez", "ibm_fez", "ibm_new", "least_busy", "own_device"])
def test_names_that_a_device_may_have(name: str) -> None:
    check_device_name(name)


@pytest.mark.parametrize("name", BACKENDS)
def test_defaults_pass(name: str) -> None:
    check_backend(name, _needed(name))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("noise_scale", -1.0),
        ("noise_scale", float("nan")),
        ("shots", -1),
        ("trajectories", 1),
        ("train_trajectories", 0),
        ("method", "exact"),
        ("gradient", "adjoint"),
        ("p3", "depolarizing:p3=1"),
    ],
)
def test_values_that_cannot_be_right(option: str, value: float | str) -> None:
    with pytest.raises(BackendError, match=option.partition("_")[0]):
        check_backend("aer_noisy", {"noise" if option == "p3" else option: value})
