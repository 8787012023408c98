"""Options of the study of noise, made from its settings."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from qkdrp.backends.options import HardwareOptions
from qkdrp.backends.registry import check_backend
from qkdrp.cli.options import HARDWARE as DEVICE
from qkdrp.cli.options_from_models import Section
from qkdrp.common.errors import ConfigError
from qkdrp.common.settings import Settings
from qkdrp.experiments.ito.options import (
    DATA_OPTIONS,
    PROTOCOL_FIELDS,
    TRIED_FIELDS,
    study_config,
)
from qkdrp.experiments.noise.config import PRESETS, NoiseConfig, preset
from qkdrp.experiments.noise.device_choice import Chosen
from qkdrp.experiments.study.options import WORK, Work

SIMULATED, HARDWARE = "aer_noisy", "ibm_runtime"
"""Where models can be evaluated."""

OF_ONE_CALL = (
    "mode",
    "max_qpu_seconds",
    "ledger",
    "wait",
    "resubmit",
    "price",
    "over_quota",
)
"""Options of hardware that values do not depend on: a study may be resumed with others."""


class Evaluation(Settings):
    """Where trained models are evaluated.

    Args:
        evaluated_on: Simulated noise, or hardware, too.
    """

    evaluated_on: str = Field(
        default=SIMULATED,
        description=f"Where trained models are evaluated: {SIMULATED}, or {HARDWARE} for the "
        "chosen ones, too.",
        json_schema_extra={"flag": "--backend", "metavar": "NAME", "panel": WORK},
    )


DESIGN_FIELDS = ("design", "reference_a", "reference_r", "trainings", "train_scales")
"""Which points of a and r, and which trainings."""

NOISE_FIELDS = ("noise", "scales", "parts", "shots", "repetitions", "gradient_rows")
"""Noise and shots of the evaluations."""

OPTIONS = (
    DATA_OPTIONS,
    Section(NoiseConfig, only=(*TRIED_FIELDS, *DESIGN_FIELDS, *NOISE_FIELDS)),
    Section(Evaluation),
    Section(NoiseConfig, only=("chosen",)),
    Section(HardwareOptions, DEVICE, without=("allow_hardware_training",)),
    PRESETS.section(),
    Section(NoiseConfig, only=PROTOCOL_FIELDS),
    Section(Work),
)
"""Options of the study."""


def config_of(given: Mapping[str, Any]) -> NoiseConfig:
    """Return the settings that options stand for.

    Raises:
        QkdrpError: If one is invalid, or the data cannot be read.
    """
    if given["evaluated_on"] not in (SIMULATED, HARDWARE):
        raise ConfigError(
            f"backend = {given['evaluated_on']!r}: models of this study are evaluated on "
            f"{SIMULATED}, or on {HARDWARE}, too."
        )
    for source in given["noise"] or ():
        check_backend(SIMULATED, {"noise": source})
    Chosen.parse(given["chosen"] or "")
    own = {}
    if given["evaluated_on"] == HARDWARE:
        check_backend(HARDWARE, HardwareOptions.among(given).of_backend())
        own["device"] = {"device": "", **hardware_of(given, of_one_call=False)}
    return study_config(NoiseConfig, given, preset(given["preset"]), **own)


def hardware_of(given: Mapping[str, Any], *, of_one_call: bool) -> dict[str, Any]:
    """Return the options of hardware that values do not depend on, or those that they do."""
    hardware = HardwareOptions.among(given).of_backend()
    return {key: each for key, each in hardware.items() if (key in OF_ONE_CALL) is of_one_call}
