"""Settings of predictions for samples that no run has seen. Imports nothing that takes time."""

from pathlib import Path
from typing import ClassVar, Literal, Self

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
    """How new samples of any system are read, and what is told of them; a system adds its own.

    A system declares its own in the entry points of :mod:`qkdrp.systems.sample_settings`.

    Args:
        coverage: Share of measured values that intervals are to hold.
        decimal: What separates fractions in text tables; told from cells where left out.
    """

    files: ClassVar[tuple[str, ...]] = ()
    """Fields that name tables of the user."""

    of_cohorts: ClassVar[bool] = True
    """Whether ``qkdrp validate`` takes them, which scores a cohort of other origin."""

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

    @property
    def paths(self) -> dict[str, Path]:
        """The tables that they name, by field."""
        given = {name: getattr(self, name) for name in self.files}
        return {name: Path(path) for name, path in given.items() if path is not None}

    def everywhere(self) -> Self:
        """Return the settings with paths that hold in every working folder."""
        return self.model_copy(update={k: str(p.resolve()) for k, p in self.paths.items()})


class OutcomeSettings(Settings):
    """Which column of an external cohort says how its samples responded.

    Args:
        measure: Name of a column of numbers; the system's own where left out.
        direction: On which side of it sensitive samples are; the system knows that of its own.
    """

    measure: str | None = Later
    direction: Literal["lower", "higher"] | None = Later
