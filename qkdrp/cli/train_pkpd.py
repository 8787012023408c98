"""``qkdrp train-pkpd``."""

from collections.abc import Mapping

from pydantic import Field

from qkdrp.cli.options_from_models import Section
from qkdrp.cli.train_command import train_command
from qkdrp.common.settings import Settings
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.models import DEFAULT_MODEL
from qkdrp.systems.pkpd.network_choices import CASCADE, pnu_compat


class Presets(Settings):
    """Options that stand for several settings.

    Args:
        pnu_compat: Whether settings that are not given are those of Team PNU's code.
    """

    pnu_compat: bool = Field(
        default=False,
        description="Do as Team PNU's code: --split seed42 --pkpd-mode cascade --pk-column zeros "
        "--restore last --dropout 0.3, and --dropout-quantum 0.1 for resqnn_moe, where not given "
        "otherwise.",
    )


def _with_presets(given: Mapping[str, object]) -> Mapping[str, object]:
    """Return settings with those that presets stand for.

    Raises:
        ConfigError: If a preset does not fit the model.
    """
    if not given.get("pnu_compat"):
        return given
    model, mode = given.get("model", DEFAULT_MODEL), given.get("pkpd_mode", CASCADE)
    return {**pnu_compat(str(model), str(mode)), **given}


train_pkpd = train_command(
    PkpdConfig,
    "Train a model on a trial with doses, concentrations and a biomarker, and write a run.",
    without=("centre_head",),
    more=(Section(Presets, "Model"),),
    adapt=_with_presets,
)
"""The command."""
