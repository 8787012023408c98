"""Options of studies of the response system, made from their settings."""

from collections.abc import Mapping
from typing import Any, TypeVar

from qkdrp.backends.registry import check_backend
from qkdrp.cli.options import DATA
from qkdrp.cli.options_from_models import Section
from qkdrp.experiments.ito.catalogue import FIRST_DRUG_ONLY
from qkdrp.experiments.ito.config import AXES, StudyConfig
from qkdrp.experiments.ito.contenders import contender
from qkdrp.experiments.study.options import Work, check_work, given_of, source_of
from qkdrp.systems.response.checks import check_data
from qkdrp.systems.response.config import DataConfig

ConfigT = TypeVar("ConfigT", bound=StudyConfig)


DATA_OPTIONS = Section(DataConfig, DATA, without=("drug",))
"""What is learned from."""

TRIED_FIELDS = ("drugs", "models", *AXES)
"""Settings whose combinations make configurations."""

PROTOCOL_FIELDS = ("repeats", "folds", "epochs", "batch_size", "centre_head", "seed")
"""How models are trained and compared."""

FINAL_FIELDS = ("patience", "backend")
"""Final trainings, and where circuits run."""


def study_config(
    kind: type[ConfigT],
    given: Mapping[str, Any],
    defaults: Mapping[str, Any],
    **own: Any,  # noqa: ANN401  # validated as settings
) -> ConfigT:
    """Return the settings of a study from its options.

    Args:
        kind: Class of the settings.
        given: The options; None for those that were left out.
        defaults: What the preset puts in their place.
        **own: Settings that are no options.

    Raises:
        ConfigError: If a value is invalid.
        DataError: If the data cannot be read.
    """
    source = source_of(given)
    data = DataConfig.among({**given, "source": source, "drug": None})
    chosen = {**defaults, **given_of(kind, given), **own, "data": data}
    config = kind.make(**{"drugs": ("all of the data",), **chosen})
    _check(config, given)
    from qkdrp.experiments.ito.folds import SYSTEM  # loads torch
    from qkdrp.systems.registry import find_system

    system = find_system(SYSTEM)
    if "drugs" not in chosen:
        drugs = system.describe(source)
        chosen["drugs"] = drugs[:1] if given["preset"] in FIRST_DRUG_ONLY else drugs
    # Every table shows what the strongest simple predictor does.
    models = tuple(dict.fromkeys((*config.models, system.reference_baseline)))
    return kind.make(**chosen | {"models": models})


def _check(config: StudyConfig, given: Mapping[str, Any]) -> None:
    """Refuse names, paths and options that cannot be right; imports nothing that takes time."""
    for name in config.models:
        contender(name)
    check_backend(config.backend, {})
    check_data(config.data)
    check_work(Work.among(given))
