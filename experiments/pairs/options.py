"""Options and presets of the studies of pairs."""

from collections.abc import Mapping
from typing import Any

from qkdrp.backends.registry import check_backend
from qkdrp.cli.options import DATA
from qkdrp.cli.options_from_models import Section
from qkdrp.experiments.pairs.catalogue import STUDIES
from qkdrp.experiments.pairs.config import PairStudyConfig
from qkdrp.experiments.study.options import Work, check_work, given_of, source_of
from qkdrp.systems.pairs.config import DataConfig
from qkdrp.training.run_config import SYNTHETIC
from qkdrp.training.source import check_source

COMMON = ("test_size", "seeds", "epochs", "patience", "batch_size", "lr", "seed", "backend")
"""Settings that are options of every study."""


def options_of(study: str) -> tuple[Section, ...]:
    """Return the options of a study."""
    return (
        Section(DataConfig, DATA, without=("split", "train_size", "test_size")),
        Section(PairStudyConfig, only=STUDIES[study].fields),
        STUDIES[study].presets.section(),
        Section(PairStudyConfig, only=COMMON),
        Section(Work),
    )


def study_config(study: str, given: Mapping[str, Any]) -> PairStudyConfig:
    """Return the settings of a study from its options.

    Args:
        study: Its name.
        given: The options; None for those that were left out.

    Raises:
        ConfigError: If a value is invalid.
        DataError: If the data folder is not there.
    """
    chosen = STUDIES[study].presets.named(given["preset"])
    check_work(Work.among(given))
    source = source_of(given)
    if source != SYNTHETIC:
        check_source(source)
    check_backend(given["backend"], {})
    sections = {name: given[name] for name in DataConfig.model_fields if name in given}
    sections.pop("test_size", None)
    data = DataConfig.make(**{**sections, "source": source})
    own = {"study": study, "data": data}
    return PairStudyConfig.make(**{**chosen, **given_of(PairStudyConfig, given), **own})
