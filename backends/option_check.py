"""Options of backends, checked by name and value before a backend is imported.

Importing a backend takes seconds. A wrong name or number is told before that. What needs the
backend itself, such as whether a device has enough qubits, the backend checks later.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from math import isfinite
from pathlib import Path
from types import MappingProxyType
from typing import Any

from qkdrp.backends.choices import Method, choose
from qkdrp.backends.isa.fake_names import FAKE, check_device_name, closest_fake
from qkdrp.backends.noise.device_parts import DEVICE_PARTS
from qkdrp.backends.noise.probabilities import check_probabilities, read_probabilities
from qkdrp.backends.qnn.gradients import known_gradient
from qkdrp.backends.runtime.price import PriceList
from qkdrp.backends.runtime.settings import EstimatorName, Mode, RuntimeSettings
from qkdrp.common.errors import BackendError
from qkdrp.common.names import choose_one_of, closest

Check = Callable[[Any], object]
"""Raises a :class:`~qkdrp.common.errors.BackendError` for a value that cannot be right."""


def _any(_: object) -> None:
    """Take any value; the backend checks it."""


def _at_least(option: str, least: float) -> Check:
    def check(value: float) -> None:
        if not (isfinite(value) and value >= least):
            raise BackendError(f"{option} = {value:g}: expected {least:g} or more.")

    return check


def _check_share(value: float) -> None:
    """Refuse a least success that is no share below 1."""
    if not 0 <= value < 1:
        raise BackendError(f"min_success = {value:g}: expected from 0 to below 1.")


def _one_of(option: str, kind: type[StrEnum]) -> Check:
    return lambda name: choose(kind, name, option)


def _check_noise(text: str) -> None:
    """Refuse a source of noise that is no fake device, no probabilities and no file."""
    if text.startswith(FAKE):
        check_device_name(text)
    elif text.partition(":")[0] == "depolarizing":
        check_probabilities(read_probabilities(text.partition(":")[2]))
    elif not Path(text).is_file():
        like = closest_fake(text)
        raise BackendError(
            f"noise = {text!r}: is no file, and none of fake_NAME, depolarizing:p1=P,p2=P,readout=P"
            + (f"; did you mean {like}?" if like else "; devices are called fake_torino.")
        )


def _check_parts(text: str) -> None:
    """Refuse what looks like one of the usual parts; a source may have others, and says so."""
    for name in filter(None, (part.strip() for part in text.split(","))):
        if name not in DEVICE_PARTS and closest(name, DEVICE_PARTS):
            raise BackendError(f"noise part {name!r}: {choose_one_of(name, DEVICE_PARTS)}")


NOISY: Mapping[str, Check] = MappingProxyType(
    {
        "noise": _check_noise,
        "noise_scale": _at_least("noise_scale", 0),
        "noise_parts": _check_parts,
        "shots": _at_least("shots", 0),
        "method": _one_of("method", Method),
        "trajectories": _at_least("trajectories", 2),
        "gradient": known_gradient,
        "train_noise": _any,
        "train_trajectories": _at_least("train_trajectories", 1),
        "seed": _any,
    }
)
"""Options of ``aer_noisy``, each with its check."""

HARDWARE: Mapping[str, Check] = MappingProxyType(
    {
        "device": check_device_name,
        "instance": _any,
        "mode": _one_of("mode", Mode),
        "shots": _any,
        "resilience": _any,
        "dynamical_decoupling": _any,
        "twirling": _any,
        "fractional_gates": _any,
        "max_qpu_seconds": _any,
        "runtime_estimator": _one_of("estimator", EstimatorName),
        "rep_delay": _any,
        "price": PriceList.read,
        "over_quota": _any,
        "min_success": _check_share,
        "ledger": _any,
        "wait": _any,
        "resubmit": _any,
        "gradient": known_gradient,
        "allow_training": _any,
        "seed": _any,
    }
)
"""Options of ``ibm_runtime``, each with its check; those of any value are settings of jobs, which
:class:`~qkdrp.backends.runtime.settings.RuntimeSettings` checks together."""

CHECKS: Mapping[str, Mapping[str, Check]] = MappingProxyType(
    {"aer_noisy": NOISY, "ibm_runtime": HARDWARE}
)
"""Options by backend, for those backends that have some worth a check."""

WRITTEN: Mapping[str, str] = MappingProxyType({"allow_training": "allow-hardware-training"})
"""Options that the command line calls otherwise."""


def check_options(name: str, options: Mapping[str, Any]) -> None:
    """Refuse options of another backend, and values that cannot be right.

    Args:
        name: Of the backend.
        options: Its own options.

    Raises:
        BackendError: Says what may be meant: the closest name, or the backend that has the option.
    """
    checks = CHECKS.get(name, {})
    misplaced = sorted(set(options) & _options_of_others(name))
    if misplaced:
        raise BackendError(_misplaced(name, misplaced))
    for option, value in options.items():
        checks.get(option, _any)(value)
    if checks is HARDWARE and set(options) <= set(checks):
        names = RuntimeSettings.__dataclass_fields__.keys() & options.keys()
        RuntimeSettings(**{"device": ""} | {each: options[each] for each in sorted(names)})


def _options_of_others(name: str) -> set[str]:
    """Return options that other backends have, and this one has not."""
    others = {option for checks in CHECKS.values() for option in checks}
    return others - {"seed"} - set(CHECKS.get(name, {}))


def _misplaced(name: str, options: Sequence[str]) -> str:
    """Return the message for options that belong to other backends."""
    owners = [each for each, checks in CHECKS.items() if set(options) & set(checks)]
    flags = ", ".join(f"--{WRITTEN.get(each, each).replace('_', '-')}" for each in options)
    need = "needs" if len(options) == 1 else "need"
    give = " or ".join(f"--backend {each}" for each in owners)
    return f"Backend {name!r} has no option {', '.join(options)}: {flags} {need} {give}."
