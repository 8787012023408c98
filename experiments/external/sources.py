"""External cohorts as the command line names them: a folder, and what was measured there."""

from pathlib import Path
from typing import Literal

from qkdrp.common.errors import ConfigError
from qkdrp.common.settings import Settings
from qkdrp.training.run_config import SYNTHETIC

FORM = "FOLDER, FOLDER=MEASURE or FOLDER=MEASURE:lower|higher"
"""How a cohort is written."""


class CohortSource(Settings):
    """Where an external cohort is.

    Args:
        folder: ``"synthetic"``, or a folder with an expression and a response table.
        measure: Column of the response table that is compared by rank; None for a known one.
        direction: On which side of it sensitive samples are; None where it is known.
    """

    folder: str
    measure: str | None = None
    direction: Literal["lower", "higher"] | None = None

    @property
    def name(self) -> str:
        """What tables call it: the name of the folder."""
        return self.folder if self.folder == SYNTHETIC else Path(self.folder).resolve().name


def parse_source(text: str) -> CohortSource:
    """Read a cohort in the form of :data:`FORM`.

    Raises:
        ConfigError: If it is none.

    Example:
        >>> parse_source("pdxe=best_avg_response:lower").measure
        'best_avg_response'
    """
    folder, _, told = text.partition("=")
    measure, _, direction = told.partition(":")
    if not folder or ("=" in text and not measure) or direction not in {"", "lower", "higher"}:
        raise ConfigError(f"cohorts: found {text!r}, expected {FORM}.")
    return CohortSource.make(folder=folder, measure=measure or None, direction=direction or None)
