"""Options and presets of the study."""

from collections.abc import Mapping
from typing import Any

from qkdrp.cli.options import DATA
from qkdrp.cli.options_from_models import Section
from qkdrp.experiments.pkpd.cv.options import NO_PARTS, PROTOCOL_FIELDS, settings_of
from qkdrp.experiments.pkpd.networks.config import NetworksConfig
from qkdrp.experiments.study.options import Work
from qkdrp.experiments.study.presets import Presets
from qkdrp.systems.pkpd.data_settings import DataConfig

PRESETS = Presets(
    {
        "smoke": {"parts": ("modes",), "folds": 2, "epochs": 2},
        "small": {"folds": 4, "epochs": 150},
        "full": {},
    },
    "smoke trains the modes alone",
)
"""How thorough the study is, by preset; what is not named has its default: all folds."""


OPTIONS = (
    Section(DataConfig, DATA, without=NO_PARTS),
    Section(NetworksConfig, only=("parts", "baseline")),
    PRESETS.section(),
    Section(NetworksConfig, only=PROTOCOL_FIELDS),
    Section(Work),
)
"""Options of the study."""


def networks_config(given: Mapping[str, Any]) -> NetworksConfig:
    """Return the settings of the study from its options.

    Args:
        given: The options; None for those that were left out.

    Raises:
        ConfigError: If a value is invalid.
        DataError: If the data are not there.
    """
    return settings_of(NetworksConfig, PRESETS, given)
