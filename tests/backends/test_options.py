import re
from inspect import signature
from pathlib import Path

import pytest

from qkdrp.backends import get_backend
from qkdrp.backends.choices import PARTS
from qkdrp.backends.options import HardwareOptions, NoiseOptions
from qkdrp.backends.registry import find_backend
from qkdrp.common.errors import BackendError
from qkdrp.common.settings import Settings


def told_default(settings: type[Settings], name: str) -> str | None:
    found = re.search(r"\[default: (.*)\]", settings.model_fields[name].description or "")
    return found and found[1]


@pytest.mark.parametrize(
    ("settings", "backend", "in_words"),
    [
        (
            NoiseOptions,
            "aer_noisy",
            {
                "noise_parts": "all that the source has",
                "trajectories": "1024; 128 of Pauli errors",
            },
        ),
        (
            HardwareOptions,
            "ibm_runtime",
            {
                "instance": "the account's",
                "ledger": "in your data folder",
                "rep_delay": "the device's",
                "price": "QKDRP_QPU_PRICE of the environment",
            },
        ),
    ],
)
def test_defaults_that_are_told_are_those_of_the_backend(
    settings: type[Settings], backend: str, in_words: dict[str, str]
) -> None:
    known = signature(
        find_backend(backend, {"device": "fake_fez"} if "device" in settings.model_fields else {})
    ).parameters
    for name in settings.model_fields:
        told = told_default(settings, name)
        if name in in_words:
            assert told == in_words[name]
            assert not known[name].default
        elif told is not None:
            default = known[name].default
            assert told == (default if isinstance(default, str) else f"{default:g}")


def test_every_option_reaches_its_backend() -> None:
    noise = NoiseOptions(
        noise="fake_fez",
        noise_scale=2.0,
        noise_parts="gates",
        shots=10,
        method="auto",
        trajectories=5,
        gradient="spsa",
        train_noise=True,
        train_trajectories=2,
    ).of_backend()
    assert set(noise) == set(NoiseOptions.model_fields)
    find_backend("aer_noisy", noise)
    given = {
        "device": "fake_fez",
        "instance": "mine",
        "mode": "job",
        "resilience": 1,
        "dynamical_decoupling": True,
        "twirling": False,
        "fractional_gates": True,
        "max_qpu_seconds": 1.0,
        "runtime_estimator": "auto",
        "rep_delay": 1e-4,
        "price": "1 EUR",
        "over_quota": True,
        "min_success": 0.1,
        "ledger": Path("jobs.sqlite"),
        "no_wait": True,
        "resubmit": True,
        "dry_run": True,
        "allow_hardware_training": True,
    }
    assert set(given) == set(HardwareOptions.model_fields)
    hardware = HardwareOptions.make(**given).of_backend()
    find_backend("ibm_runtime", hardware)
    assert hardware["ledger"] == "jobs.sqlite"
    assert hardware["wait"] is False
    assert hardware["resubmit"] is hardware["allow_training"] is True
    assert len(hardware) == len(given) - 1  # a dry run is the command's own


def test_what_is_left_out_is_left_to_the_backend() -> None:
    assert NoiseOptions().of_backend() == {}
    assert HardwareOptions().of_backend() == {}


def test_the_help_lists_the_parts_of_noise() -> None:
    assert ",".join(PARTS) in (NoiseOptions.model_fields["noise_parts"].description or "")


def test_an_unknown_gradient_lists_the_known() -> None:
    with pytest.raises(BackendError, match=r"gradient = 'exact': choose one of shift, spsa\."):
        get_backend("aer_noisy", gradient="exact")
