"""Settings of the study pkpd-networks: frozen, validated, written to ``study.json``."""

from pydantic import Field, field_validator

from qkdrp.common.names import known_names
from qkdrp.experiments.ito.config import one_of_each
from qkdrp.experiments.pkpd.cv.config import CvProtocol
from qkdrp.experiments.pkpd.cv.contenders import DOSE_TIME_MEAN, Variant
from qkdrp.experiments.pkpd.networks.parts import PARTS
from qkdrp.experiments.study.options import PROTOCOL, TRIED, listed


class NetworksConfig(CvProtocol):
    """Everything that determines the numbers of the study.

    Args:
        study: Its name on the command line.
        parts: Keys of :data:`~.parts.PARTS`.
        baseline: Whether networks are told the biomarker before the first dose.
    """

    study: str = "pkpd-networks"
    parts: tuple[str, ...] = Field(
        default=tuple(PARTS),
        description=f"Parts, of {', '.join(PARTS)}.",
        json_schema_extra=listed(TRIED, left_out="all"),
    )
    baseline: bool = Field(
        default=False,
        description="Tell networks the biomarker before the first dose (PD0); published ones were "
        "not.",
        json_schema_extra={"panel": TRIED},
    )
    seeds: int = Field(
        default=1,
        ge=1,
        description="Trainings of each network in each fold.",
        json_schema_extra={"panel": PROTOCOL},
    )

    _distinct = field_validator("parts")(one_of_each)

    @field_validator("parts")
    @classmethod
    def _known_parts(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        return known_names(PARTS, given)

    def variants(self) -> tuple[Variant, ...]:
        """Return the networks of all parts, each once, and the mean of dose and time."""
        networks = [Variant(name, self.baseline) for part in self.parts for name in PARTS[part]]
        return tuple(dict.fromkeys((*networks, Variant(DOSE_TIME_MEAN))))
