"""How cohorts are matched to models of gene expression. Imports nothing that takes time."""

from typing import Self

from pydantic import Field, model_validator

from qkdrp.systems.response.new_samples.alignment_names import check_alignment
from qkdrp.training.new_sample_settings import AUTO, NewSampleSettings


class ResponseSampleSettings(NewSampleSettings):
    """How samples with gene expression are matched to a model.

    Args:
        min_inputs: Smallest share of the model's genes that the samples must have.
        align: How a cohort is brought onto the scale of the training rows.
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

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        """Refuse an alignment of no such name."""
        if self.align != AUTO:
            check_alignment(self.align, AUTO)
        return self
