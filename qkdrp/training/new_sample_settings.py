"""Settings of predictions for samples that no run has seen. Imports nothing that takes time."""

from typing import Literal

from pydantic import Field

from qkdrp.common.errors import ConfigError
from qkdrp.common.settings import Later, Settings

AUTO, NONE = "auto", "none"
"""Alignments of every system: chosen by what is measured, and that with constants of training."""


HARDWARE = "ibm_runtime"
"""The backend that is paid for."""


def refuse_hardware(backend: str) -> None:
    """Refuse to score a cohort on hardware.

    Raises:
        ConfigError: Says what predicts there.
    """
    if backend == HARDWARE:
        raise ConfigError(
            f"backend {backend!r}: qkdrp validate takes exact and noisy backends; "
            f"qkdrp predict --backend {HARDWARE} predicts the same samples on hardware."
        )


class NewSampleSettings(Settings):
    """How new samples are read and matched to a model.

    Args:
        min_inputs: Smallest share of the model's inputs that the samples must have.
        align: How a cohort is brought onto the scale of the training rows.
        coverage: Share of measured values that intervals are to hold.
        decimal: What separates fractions in text tables; told from cells where left out.
    """

    min_inputs: float = Field(
        default=0.6,
        gt=0,
        le=1,
        description="Smallest share of the model's inputs (genes) that the samples must have.",
        json_schema_extra={"flag": "--min-genes"},
    )
    align: str = Field(
        default=AUTO,
        description="none, center, standardise or quantile: how the cohort is brought onto the "
        "scale of the training rows; auto measures and says which.",
        json_schema_extra={"metavar": "NAME"},
    )
    coverage: float = Field(
        default=0.9,
        ge=0.5,
        lt=1,
        description="Share of measured values that intervals are to hold.",
    )
    decimal: Literal["point", "comma"] | None = Field(
        default=None,
        description="What separates fractions in text tables: point or comma. "
        "[default: told from cells]",
        json_schema_extra={"metavar": "NAME"},
    )


class OutcomeSettings(Settings):
    """Which column of an external cohort says how its samples responded.

    Args:
        measure: Name of a column of numbers; the system's own where left out.
        direction: On which side of it sensitive samples are; the system knows that of its own.
    """

    measure: str | None = Later
    direction: Literal["lower", "higher"] | None = Later
