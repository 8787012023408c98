"""Options and presets of the study."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import Field

from qkdrp.cli.options import DATA
from qkdrp.cli.options_from_models import Section
from qkdrp.common.settings import Settings
from qkdrp.experiments.pkpd.cv.options import NO_PARTS, PROTOCOL_FIELDS, settings_of
from qkdrp.experiments.pkpd.noise.config import NoiseConfig
from qkdrp.experiments.study.options import PROTOCOL, Work
from qkdrp.systems.pkpd.config import DataConfig

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "smoke": {"models": ("qnn",), "folds": 1, "epochs": 2, "dose_folds": 0},
        "small": {"folds": 4, "dose_folds": 1},
        "full": {},
    }
)
"""How thorough the study is, by preset; what is not named has its default: all folds."""

TRIED_FIELDS = ("models", "baseline", "noise", "scales", "structure")
DOSE_FIELDS = ("target", "fraction", "interval", "grid", "dose_folds", "dose_subjects")


class Preset(Settings):
    """How thorough the study is.

    Args:
        preset: A key of :data:`PRESETS`.
    """

    preset: str = Field(
        default="small",
        description=f"{', '.join(PRESETS)}: how thorough; smoke asks for no dose.",
        json_schema_extra={"metavar": "NAME", "panel": PROTOCOL},
    )


OPTIONS = (
    Section(DataConfig, DATA, without=NO_PARTS),
    Section(NoiseConfig, only=TRIED_FIELDS),
    Section(Preset),
    Section(NoiseConfig, only=DOSE_FIELDS),
    Section(NoiseConfig, only=PROTOCOL_FIELDS),
    Section(Work),
)
"""Options of the study."""


def noise_config(given: Mapping[str, Any]) -> NoiseConfig:
    """Return the settings of the study from its options.

    Args:
        given: The options; None for those that were left out.

    Raises:
        ConfigError: If a value is invalid.
        DataError: If the data are not there.
    """
    return settings_of(NoiseConfig, PRESETS, given)
