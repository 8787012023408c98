"""Options and presets of the study."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import Field

from qkdrp.cli.options import DATA
from qkdrp.cli.options_from_models import Section
from qkdrp.common.settings import Settings
from qkdrp.experiments.pkpd.cv.options import NO_PARTS, PROTOCOL_FIELDS, settings_of
from qkdrp.experiments.pkpd.networks.config import NetworksConfig
from qkdrp.experiments.study.options import PROTOCOL, Work
from qkdrp.systems.pkpd.config import DataConfig

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "smoke": {"parts": ("modes",), "folds": 2, "epochs": 2},
        "small": {"folds": 4, "epochs": 150},
        "full": {},
    }
)
"""How thorough the study is, by preset; what is not named has its default: all folds."""


class Preset(Settings):
    """How thorough the study is.

    Args:
        preset: A key of :data:`PRESETS`.
    """

    preset: str = Field(
        default="small",
        description=f"{', '.join(PRESETS)}: how thorough; smoke trains the modes alone.",
        json_schema_extra={"metavar": "NAME", "panel": PROTOCOL},
    )


OPTIONS = (
    Section(DataConfig, DATA, without=NO_PARTS),
    Section(NetworksConfig, only=("parts", "baseline")),
    Section(Preset),
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
