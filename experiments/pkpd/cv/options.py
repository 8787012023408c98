"""Options and presets of the study."""

from collections.abc import Mapping
from typing import Any, TypeVar

from qkdrp.backends.registry import check_backend
from qkdrp.cli.options import DATA
from qkdrp.cli.options_from_models import Section
from qkdrp.experiments.pkpd.cv.config import CvConfig, CvProtocol
from qkdrp.experiments.pkpd.cv.contenders import LINEAR, MECHANISTIC, MODELS, QUANTUM
from qkdrp.experiments.study.options import Work, check_work, given_of, source_of
from qkdrp.experiments.study.presets import Presets
from qkdrp.systems.pkpd.data_settings import DataConfig
from qkdrp.training.source import check_source

NETWORKS_COMPARED = (
    "mlp-cascade", "resmlp", "moe", "resmlp_moe",
    "qnn", "qnn-frozen", "qnn-dense", "qnn-lowrank", "qnn-moderated",
    "resqnn_moe", "resqnn_moe-frozen", "resqnn_moe-dense", "resqnn_moe-lowrank",
)  # fmt: skip
"""Networks of Team PNU, and twins of those with circuits. Their core ``none`` is the classical
network of the same family; ``resqnn_moe-qexperts`` takes twice as long, and is left to
``--models``."""

NETWORKS_UNTOLD = ("mlp-cascade", "resmlp_moe", "qnn", "resqnn_moe")
"""Networks that are trained without the biomarker before the first dose, too."""

PRESETS = Presets(
    {
        "smoke": {
            "models": (LINEAR, QUANTUM, "mlp"),
            "pd0": ("without",),
            "folds": 2,
            "seeds": 1,
            "structure": "2-I",
            "epochs": 10,
        },
        "small": {"models": tuple(MODELS), "seeds": 1},
        "full": {"models": tuple(MODELS), "seeds": 3},
        "networks": {
            "models": (MECHANISTIC, LINEAR, QUANTUM, *NETWORKS_COMPARED),
            "without_pd0": (MECHANISTIC, LINEAR, QUANTUM, *NETWORKS_UNTOLD),
            "seeds": 3,
        },
    },
    "smoke is given the structure 2-I; networks are those of Team PNU and twins without circuits",
)
"""How thorough the study is, by preset; what is not named has its default: all folds."""

NO_PARTS = ("split", "fold")
"""Settings of data that are no options: the study goes through the folds."""


PROTOCOL_FIELDS = ("folds", "seeds", "epochs", "lr", "patience", "seed", "backend")
"""Options of the protocol."""

OPTIONS = (
    Section(DataConfig, DATA, without=NO_PARTS),
    Section(CvConfig, only=("models", "pd0", "without_pd0", "structure")),
    PRESETS.section(),
    Section(CvConfig, only=PROTOCOL_FIELDS),
    Section(Work),
)
"""Options of the study."""

Chosen = TypeVar("Chosen", bound=CvProtocol)


def cv_config(given: Mapping[str, Any]) -> CvConfig:
    """Return the settings of the study from its options.

    Args:
        given: The options; None for those that were left out.

    Raises:
        ConfigError: If a value is invalid.
        DataError: If the data are not there.
    """
    return settings_of(CvConfig, PRESETS, given)


def settings_of(kind: type[Chosen], presets: Presets, given: Mapping[str, Any]) -> Chosen:
    """Return the settings of a study that leaves subjects out.

    Args:
        kind: Of its settings.
        presets: Of the study.
        given: The options; None for those that were left out.

    Raises:
        ConfigError: If a value is invalid.
        DataError: If the data are not there.
    """
    chosen = presets.named(given["preset"])
    check_work(Work.among(given))
    source = source_of(given)
    if not DataConfig.is_named(source):
        check_source(source)
    check_backend(given["backend"], {})
    sections = {name: given[name] for name in DataConfig.model_fields if name in given}
    data = DataConfig.make(**{**sections, "source": source})
    return kind.make(**{**chosen, **given_of(kind, given), "data": data})
