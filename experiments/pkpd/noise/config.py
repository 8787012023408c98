"""Settings of the study pkpd-noise: frozen, validated, written to ``study.json``."""

from pydantic import Field, field_validator

from qkdrp.common.errors import ConfigError
from qkdrp.experiments.ito.config import one_of_each
from qkdrp.experiments.pkpd.challenge import TARGET
from qkdrp.experiments.pkpd.cv.config import CvProtocol
from qkdrp.experiments.pkpd.cv.contenders import QUANTUM, Variant, contender
from qkdrp.experiments.study.options import PROTOCOL, TRIED, by_preset, listed
from qkdrp.systems.pkpd.network_choices import QUANTUM as CIRCUITS

PANEL = "Dose"
"""Panel of the help."""


class NoiseConfig(CvProtocol):
    """Everything that determines the numbers of the study.

    Args:
        study: Its name on the command line.
        models: With circuits: ``greybox-quantum``, or networks.
        baseline: Whether models are told the biomarker before the first dose.
        noise: The noise, as ``--noise`` of ``aer_noisy`` takes it.
        scales: What every error probability is multiplied by.
        target: What the biomarker must stay below.
        fraction: Share of subjects in which it must.
        interval: Hours between doses.
        grid: Step of doses, mg.
        dose_folds: Folds whose models are asked for a dose, from the first.
        dose_subjects: Virtual subjects of a dose.
    """

    study: str = "pkpd-noise"
    models: tuple[str, ...] = Field(
        default=(QUANTUM, "resqnn_moe"),
        description=f"Models with circuits: {QUANTUM}, or networks as pkpd-cv names them.",
        json_schema_extra=listed(TRIED, left_out="by preset"),
    )
    baseline: bool = Field(
        default=True,
        description="Tell models the biomarker before the first dose (PD0).",
        json_schema_extra={"panel": TRIED},
    )
    noise: str = Field(
        default="fake_torino",
        description="Noise: a fake device, or what --noise of aer_noisy takes.",
        json_schema_extra={"panel": TRIED, "metavar": "NAME"},
    )
    scales: tuple[float, ...] = Field(
        default=(0.0, 1.0, 2.0),
        description="What every error probability is multiplied by; 0 has no noise.",
        json_schema_extra=listed(TRIED, left_out="0,1,2"),
    )
    structure: str = Field(
        default="2-I",
        description="Of the mechanism; pkpd-cv chooses 2-I in every fold of the embedded trial.",
        json_schema_extra={"panel": TRIED, "metavar": "NAME"},
    )
    seeds: int = Field(
        default=1,
        ge=1,
        description="Trainings of each model in each fold.",
        json_schema_extra={"panel": PROTOCOL},
    )
    target: float = Field(
        default=TARGET,
        gt=0,
        description="What the biomarker must stay below.",
        json_schema_extra={"panel": PANEL},
    )
    fraction: float = Field(
        default=0.9,
        gt=0,
        lt=1,
        description="Share of subjects in which it must.",
        json_schema_extra={"panel": PANEL},
    )
    interval: float = Field(
        default=24.0, gt=0, description="Hours between doses.", json_schema_extra={"panel": PANEL}
    )
    grid: float = Field(
        default=0.5, gt=0, description="Step of doses, mg.", json_schema_extra={"panel": PANEL}
    )
    dose_folds: int = Field(
        default=3,
        ge=0,
        description="Folds whose models are asked for a dose, from the first.",
        json_schema_extra=by_preset(PANEL),
    )
    dose_subjects: int = Field(
        default=64,
        ge=2,
        description="Virtual subjects of a dose; noisy circuits are slow.",
        json_schema_extra=by_preset(PANEL),
    )

    _distinct = field_validator("models", "scales")(one_of_each)

    @field_validator("models")
    @classmethod
    def _have_circuits(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for name in given:
            chosen = contender(name)
            if name != QUANTUM and chosen.core != CIRCUITS:
                raise ConfigError(
                    f"models: {name!r} has no trained circuits; choose {QUANTUM}, qnn or "
                    "resqnn_moe."
                )
            if chosen.passes or chosen.subjects:
                raise ConfigError(
                    f"models: {name!r}: dropout in use (mc) and fewer subjects (4s) are of "
                    "pkpd-cv; leave the word out."
                )
        return given

    @field_validator("scales")
    @classmethod
    def _begins_without(cls, given: tuple[float, ...]) -> tuple[float, ...]:
        if any(scale < 0 for scale in given):
            raise ConfigError("scales: expected 0 or more.")
        return tuple(sorted({0.0, *given}))

    def variants(self) -> tuple[Variant, ...]:
        """Return the models."""
        return tuple(Variant(name, self.baseline) for name in self.models)
