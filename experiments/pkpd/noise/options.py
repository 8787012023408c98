"""Options and presets of the study."""

from collections.abc import Mapping
from typing import Any

from qkdrp.cli.options import DATA
from qkdrp.cli.options_from_models import Section
from qkdrp.experiments.pkpd.cv.options import NO_PARTS, PROTOCOL_FIELDS, settings_of
from qkdrp.experiments.pkpd.noise.config import NoiseConfig
from qkdrp.experiments.study.options import Work
from qkdrp.experiments.study.presets import Presets
from qkdrp.systems.pkpd.data_settings import DataConfig

PRESETS = Presets(
    {
        "smoke": {"models": ("qnn",), "folds": 1, "epochs": 2, "dose_folds": 0},
        "small": {"folds": 4, "dose_folds": 1},
        "full": {},
    },
    "smoke asks for no dose",
)
"""How thorough the study is, by preset; what is not named has its default: all folds."""

TRIED_FIELDS = ("models", "baseline", "noise", "scales", "structure")
DOSE_FIELDS = ("target", "fraction", "interval", "grid", "dose_folds", "dose_subjects")


OPTIONS = (
    Section(DataConfig, DATA, without=NO_PARTS),
    Section(NoiseConfig, only=TRIED_FIELDS),
    PRESETS.section(),
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
