"""What a model of the system learns from: trial, and which subjects are for what.

Descriptions of fields are what ``qkdrp train-pkpd --help`` says.
"""

from functools import partial
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from qkdrp.common.settings import any_of
from qkdrp.systems.pkpd.data.sources import EMBEDDED, is_named
from qkdrp.systems.pkpd.models import SPLITS
from qkdrp.systems.pkpd.setting_fields import NAME, known
from qkdrp.training.run_config import DataSettings

_SCALE: Any = {"show_default": "2.658 and 3.257 for estdata; else SD of training values"}


class DataConfig(DataSettings):
    """What is learned from, and which subjects are for what.

    Args:
        source: ``"estdata"``, ``"truth-a"``, ``"truth-b"``, a table, or a folder with one.
        split: A key of :data:`~qkdrp.systems.pkpd.models.SPLITS`.
        fold: Which subject of each dose the split ``fold`` tests, from 0.
        pk_scale: What errors of concentrations are divided by, mg/L; None for the fixed number of
            the embedded trial, and the standard deviation of training values of others.
        pd_scale: The same for the biomarker.
    """

    source: str = Field(
        default=EMBEDDED,
        description="A table in EstData (NONMEM) form; 'estdata' (embedded), 'truth-a' or "
        "'truth-b' (simulated).",
        json_schema_extra={"flag": "--data", "metavar": "FILE", "panel": None},
    )
    split: Annotated[str, AfterValidator(partial(known, "split", SPLITS))] = Field(
        default="fold",
        description="Subjects of the test: "
        + any_of(f"{name} ({what})" for name, what in SPLITS.items())
        + ".",
        json_schema_extra=NAME,
    )
    fold: int = Field(
        default=0,
        ge=0,
        description="Which subject of each dose the split fold tests, from 0; the next validates.",
    )
    pk_scale: float | None = Field(
        default=None,
        gt=0,
        description="What concentration errors are divided by for scaled scores.",
        json_schema_extra=_SCALE,
    )
    pd_scale: float | None = Field(
        default=None,
        gt=0,
        description="The same for the biomarker.",
        json_schema_extra={"show_default": "as --pk-scale"},
    )

    @classmethod
    def is_named(cls, source: str) -> bool:
        """Tell whether a source is a name rather than a path."""
        return is_named(source)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        """Refuse a fold of a split that has none."""
        if self.fold and self.split != "fold":
            raise ValueError(f"--fold belongs to --split fold, and --split {self.split} has none")
        return self
