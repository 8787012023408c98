"""Options and presets of the study of external cohorts."""

from collections.abc import Mapping
from typing import Any

from qkdrp.cli.options import DATA
from qkdrp.cli.options_from_models import Section
from qkdrp.common.errors import ConfigError
from qkdrp.experiments.external.config import ExternalConfig
from qkdrp.experiments.external.sources import FORM
from qkdrp.experiments.study.options import Work, given_of, source_of
from qkdrp.experiments.study.presets import Presets
from qkdrp.systems.response.config import DataConfig
from qkdrp.systems.response.new_samples.alignment_names import ALIGNMENT_NAMES
from qkdrp.training.new_sample_settings import NONE
from qkdrp.training.run_config import SYNTHETIC

MODELS = ("moderated", "tanh", "squashed", "classic")
"""What is tried unless the user says otherwise; ridge is added to all."""

PRESETS = Presets(
    {
        "smoke": {"seeds": 2, "epochs": 3, "models": MODELS[:2], "align": (NONE,), "draws": 100},
        "small": {"seeds": 5, "epochs": 100, "models": MODELS, "align": ALIGNMENT_NAMES},
        "full": {"seeds": 20, "epochs": 100, "models": MODELS, "align": ALIGNMENT_NAMES},
    }
)
"""How thorough the study is, by preset."""

NO_PARTS = ("drug", "split", "group_by", "stratify_test")
"""Settings of data that are none here: the drug is varied, and no part is held out for a test."""

OPTIONS = (
    Section(DataConfig, DATA, without=NO_PARTS),
    Section(ExternalConfig, only=("drugs", "cohorts", "by", "min_genes")),
    Section(ExternalConfig, only=("models", "align", "a", "r")),
    PRESETS.section(),
    Section(
        ExternalConfig,
        only=("seeds", "epochs", "lr", "patience", "batch_size", "draws", "seed", "backend"),
    ),
    Section(Work),
)
"""Options of the study."""


def external_config(given: Mapping[str, Any]) -> ExternalConfig:
    """Return the settings of the study from its options.

    Raises:
        ConfigError: If a value is invalid, or no cohort is named where the data are the user's.
        DataError: If the data cannot be read.
    """
    from qkdrp.experiments.ito.folds import SYSTEM  # loads torch
    from qkdrp.systems.registry import find_system

    preset = PRESETS.named(given["preset"])
    source, system = source_of(given), find_system(SYSTEM)
    chosen = {**preset, **given_of(ExternalConfig, given)}
    if "cohorts" not in chosen:
        if source != SYNTHETIC:
            raise ConfigError(f"cohorts: found none, expected one at least, as {FORM}.")
        chosen["cohorts"] = (SYNTHETIC,)
    if "drugs" not in chosen:
        chosen["drugs"] = system.describe(source)
    left_out = dict.fromkeys(NO_PARTS[:-1])
    data = DataConfig.among({**given, "source": source, **left_out})
    models = tuple(dict.fromkeys((*chosen["models"], system.reference_baseline)))
    return ExternalConfig.make(**chosen | {"data": data, "models": models})
