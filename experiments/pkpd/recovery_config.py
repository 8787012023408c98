"""The settings of the recovery study: frozen, validated, written to ``study.json``."""

from typing import Annotated

from pydantic import AfterValidator, Field

from qkdrp.common.names import known_names
from qkdrp.common.settings import Settings
from qkdrp.experiments.study.options import PROTOCOL, TRIED
from qkdrp.systems.pkpd.data.sources import SIMULATED

GIVEN = "given"
"""Name of the structure that asks for that of the truth."""

NAME = "pkpd-recovery"
"""Of the command."""


def _known(given: tuple[str, ...]) -> tuple[str, ...]:
    """Return truths after checking them."""
    return tuple(dict.fromkeys(known_names(SIMULATED, given)))


class RecoveryConfig(Settings):
    """Everything that determines the numbers of a recovery study.

    Args:
        study: Its name on the command line.
        truths: Known models, keys of :data:`~.recovery_cases.CASES`.
        trials: Simulated trials of each.
        structure: Of the mechanism that is fitted: that of the truth, or chosen by likelihood.
        refits: Resamples of each trial, for intervals.
        subjects: Virtual subjects that a dose is found with.
        seed: Of the first trial; those of the next ones follow.
    """

    study: str = NAME
    truths: Annotated[tuple[str, ...], AfterValidator(_known)] = Field(
        default=SIMULATED,
        min_length=1,
        description="Known models, separated by commas.",
        json_schema_extra={"panel": TRIED, "left_out": "all"},
    )
    trials: int = Field(
        default=20,
        ge=1,
        description="Simulated trials of each.",
        json_schema_extra={"panel": PROTOCOL},
    )
    structure: str = Field(
        default=GIVEN,
        pattern=f"^({GIVEN}|auto)$",
        description="Of the mechanism that is fitted: given (that of the truth) or auto (chosen "
        "by likelihood).",
        json_schema_extra={"metavar": "NAME", "panel": TRIED},
    )
    refits: int = Field(
        default=40,
        ge=1,
        description="Resamples of each trial, for 90% intervals.",
        json_schema_extra={"panel": PROTOCOL},
    )
    subjects: int = Field(
        default=16384,
        ge=1,
        description="Virtual subjects.",
        json_schema_extra={"panel": PROTOCOL},
    )
    seed: int = Field(
        default=0,
        ge=0,
        description="Of the first trial; those of the next ones follow.",
        json_schema_extra={"panel": PROTOCOL},
    )
