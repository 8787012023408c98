"""How measured values, molecules and features of pairs are read, whatever they come from."""

from functools import partial
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from qkdrp.common.names import known_name
from qkdrp.common.settings import Settings, any_of
from qkdrp.systems.pairs.target import EXPONENT, LN_IC50, LOWER, MEASURES, Direction, Target

NAME: Any = {"metavar": "NAME"}
"""What the help calls the value of an option."""


class ReadingConfig(Settings):
    """What is learned, and how molecules and features are read.

    Args:
        measure: Column of the pairs table that is learned.
        direction: Which areas are of sensitive pairs; None for lower ones. An IC50 needs none.
        exponent: Of the IC50 in the target ``1 / (1 + y^exponent)``.
        atom_rows: Features of an atom as 0 and 1, or divided by their sum.
        largest_fragment: Whether salts are reduced to their largest fragment.
        zscore: Whether features are standardised; None does so unless all are 0 or 1.
        shuffle_columns: Whether the order of features is shuffled once, by the seed.
    """

    measure: Annotated[str, AfterValidator(partial(known_name, MEASURES))] = Field(
        default="ln_ic50",
        description=f"What is learned: {any_of(MEASURES)}.",
        json_schema_extra=NAME,
    )
    direction: Direction | None = Field(
        default=None,
        exclude_if=lambda given: given is None,
        description="With --measure auc: which areas are sensitive, lower (area under the "
        "viability curve) or higher (activity area).",
        json_schema_extra={**NAME, "show_default": "lower"},
    )
    exponent: float = Field(
        default=EXPONENT,
        ge=-1,
        le=1,
        description="Exponent e of the target 1/(1+IC50^e): large is sensitive where e is "
        "positive, as in the paper; other work takes -0.1.",
    )
    atom_rows: Literal["binary", "normalised"] = Field(
        default="binary",
        description="Features of an atom: binary, or normalised to a sum of 1.",
        json_schema_extra=NAME,
    )
    largest_fragment: bool = Field(
        default=False, description="Reduce salts to their largest fragment."
    )
    zscore: bool | None = Field(
        default=None, description="Standardise features; by default unless all are 0 or 1."
    )
    shuffle_columns: bool = Field(
        default=False,
        description="Shuffle the order of features: a control, for the network slides over "
        "neighbours, and their order is no biology.",
    )

    @model_validator(mode="after")
    def _has_a_target(self) -> Self:
        """Refuse an exponent that makes all targets the same."""
        if self.exponent == 0:
            raise ValueError("--exponent 0 makes every target 1/2: give another")
        if self.direction is not None and self.measure == LN_IC50:
            raise ValueError(
                "--direction is of --measure auc; small IC50s are sensitive, and the sign of "
                "--exponent says on which side of the target"
            )
        return self

    @property
    def target(self) -> Target:
        """What models learn."""
        direction = self.direction or LOWER
        return Target(self.measure, self.exponent, direction)  # type: ignore[arg-type]  # checked
