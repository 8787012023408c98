"""How new drugs and cell lines are given to a model of pairs. Imports nothing that takes time."""

from typing import Any, ClassVar

from pydantic import Field

from qkdrp.training.new_sample_settings import NewSampleSettings

_TABLE: Any = {"metavar": "FILE"}


class PairSampleSettings(NewSampleSettings):
    """New drugs, new cell lines, and the pairs of them that are predicted.

    Args:
        drugs: Table with SMILES; the run's drugs where left out.
        features: Table with features of cell lines; the run's lines where left out.
        pairs: Table of the pairs that are predicted; every line with every drug where left out.
        rank: Whether drugs are ranked for each line, and lines for each drug.
    """

    files: ClassVar[tuple[str, ...]] = ("drugs", "features", "pairs")
    of_cohorts: ClassVar[bool] = False

    drugs: str | None = Field(
        default=None,
        description="New drugs: a table with drug,smiles. [default: the drugs of the run's data]",
        json_schema_extra=_TABLE,
    )
    features: str | None = Field(
        default=None,
        description="New cell lines: a table with sample and the model's features. "
        "[default: the lines of the run's data]",
        json_schema_extra=_TABLE,
    )
    pairs: str | None = Field(
        default=None,
        description="Pairs to predict: a table with sample,drug. [default: every line with every "
        "drug]",
        json_schema_extra=_TABLE,
    )
    rank: bool = Field(
        default=False,
        description="Rank drugs for each line and lines for each drug, unmeasured pairs first.",
        json_schema_extra={"flag": "--rank"},
    )
