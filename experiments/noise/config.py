"""The settings of a study of noise: frozen, validated, written to ``study.json``.

Descriptions of fields are what ``qkdrp experiment noise-sensitivity --help`` says.
"""

from itertools import product
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, field_validator

from qkdrp.common.names import known_names
from qkdrp.experiments.ito.catalogue import A_VALUES, R_VALUES
from qkdrp.experiments.ito.catalogue import PRESETS as PROTOCOLS
from qkdrp.experiments.ito.config import (
    A_HELP,
    MODELS_HELP,
    R_HELP,
    Positive,
    StudyConfig,
    one_of_each,
)
from qkdrp.experiments.ito.contenders import contender
from qkdrp.experiments.noise.cells import NONE, Cell
from qkdrp.experiments.noise.trainings import EXACT, TRAININGS, Training
from qkdrp.experiments.study.options import TRIED, by_preset, listed
from qkdrp.experiments.study.presets import Presets
from qkdrp.systems.response.config import PAPER_A, PAPER_R, Angle

STUDY = "noise-sensitivity"
"""Name of the study on the command line."""

ALL = "all"
"""Stands for all parts that a source has."""

Level: TypeAlias = tuple[str, tuple[str, ...], float]
"""What the parts of noise that are on are called, these parts, and their scale."""

_QUIET: Level = (NONE, (), 0.0)

NOISE, HARDWARE = "Noise", "Hardware (ibm_runtime)"
"""Panels of the help."""

NotNegative = Annotated[float, Field(ge=0)]

PRESETS = Presets(
    {
        "smoke": {
            **PROTOCOLS.named("smoke"),
            "a": (1.0, 20.0, 100.0),
            "r": (PAPER_R, 4 * PAPER_R),
            "scales": (0.0, 1.0, 4.0),
            "shots": (0, 256),
            "repetitions": 4,
        },
        "small": {**PROTOCOLS.named("small"), "repeats": 1},
        "full": {
            **PROTOCOLS.named("full"),
            "design": "grid",
            "parts": (ALL, "gates", "relaxation", "readout"),
            "shots": (0, 16384, 4096, 1024, 256),
            "train_scales": (1.0, 4.0),
        },
    }
)
"""How thorough the study is, by preset."""


class NoiseConfig(StudyConfig):
    """Everything that determines the numbers of a study of noise.

    Args:
        design: ``cross`` for all a at the reference r and all r at the reference a; ``grid`` for
            all pairs.
        reference_a: Where the cross meets, and where models that learn a and r begin.
        reference_r: The same, radians.
        noise: Sources of noise.
        scales: What error probabilities are multiplied by.
        parts: Parts of the noise that are on: ``all``, one, or several with plus signs between.
        shots: Shots of each evaluation; 0 for infinitely many.
        repetitions: Evaluations with a finite number of shots, each with new ones.
        trainings: Keys of :data:`~qkdrp.experiments.noise.trainings.TRAININGS`.
        train_scales: Scales of the noise that noise-aware trainings see; models that learn a and r
            are trained at every scale above 0.
        gradient_rows: Training samples whose gradient is looked at; 0 for none.
        device: Options of hardware that values depend on; empty where nothing runs on hardware.
        chosen: Which trained models are evaluated on hardware, see
            :class:`~qkdrp.experiments.noise.device_choice.Chosen`.
    """

    study: str = STUDY
    models: tuple[str, ...] = Field(
        default=("moderated", "moderated-learned"),
        description=MODELS_HELP,
        json_schema_extra=listed(TRIED),
    )
    a: tuple[Positive, ...] = Field(
        default=A_VALUES, description=A_HELP, json_schema_extra=listed(TRIED)
    )
    r: tuple[Angle, ...] = Field(
        default=R_VALUES, description=R_HELP, json_schema_extra=listed(TRIED, format="angle")
    )
    design: Literal["cross", "grid"] = Field(
        default="cross",
        description="cross (all a at the reference r, all r at the reference a) or grid.",
        json_schema_extra=by_preset(TRIED, metavar="NAME"),
    )
    reference_a: Positive = Field(
        default=PAPER_A,
        description="Where the cross meets.",
        json_schema_extra={"panel": TRIED, "left_out": "20"},
    )
    reference_r: Angle = Field(
        default=PAPER_R,
        description="The same, radians.",
        json_schema_extra={"panel": TRIED, "left_out": "pi/2", "format": "angle"},
    )
    noise: tuple[str, ...] = Field(
        default=("fake_torino",),
        description="A source of noise as for qkdrp evaluate; may be given several times.",
        json_schema_extra={
            "panel": NOISE,
            "left_out": "fake_torino",
            "repeated": True,
            "metavar": "SOURCE",
        },
    )
    scales: tuple[NotNegative, ...] = Field(
        default=(0.0, 0.5, 1.0, 2.0, 4.0),
        description="Scales of the noise, separated by commas.",
        json_schema_extra=listed(NOISE),
    )
    parts: tuple[str, ...] = Field(
        default=(ALL,),
        description="all, or gates, relaxation, readout, or such as gates+readout, separated by "
        "commas.",
        json_schema_extra=listed(NOISE),
    )
    shots: tuple[Annotated[int, Field(ge=0)], ...] = Field(
        default=(0, 1024),
        description="Numbers of shots, 0 for infinitely many, separated by commas.",
        json_schema_extra=listed(NOISE),
    )
    repetitions: int = Field(
        default=10,
        ge=1,
        description="Evaluations of a cell with shots, each with new ones.",
        json_schema_extra=by_preset(NOISE),
    )
    trainings: tuple[str, ...] = Field(
        default=(EXACT, "noise-aware"),
        description="exact, noise-aware, separated by commas.",
        json_schema_extra=listed(TRIED),
    )
    train_scales: tuple[Positive, ...] = Field(
        default=(1.0,),
        description="Noise scales of noise-aware training, separated by commas.",
        json_schema_extra=listed(TRIED),
    )
    gradient_rows: int = Field(
        default=4,
        ge=0,
        description="Training samples whose gradient is looked at; 0 for none.",
        json_schema_extra=by_preset(NOISE),
    )
    device: dict[str, bool | int | float | str] = Field(default_factory=dict)
    chosen: str = Field(
        default="",
        description="Which trained models go to hardware, such as "
        "'a=20, r=pi/2|pi, training=exact, repeat=1, fold=1'; by drug and model, too; or all.",
        json_schema_extra={
            "panel": HARDWARE,
            "left_out": "repeat=1,fold=1",
            "metavar": "CHOICE",
        },
    )

    _distinct_here = field_validator(
        "noise", "scales", "parts", "shots", "trainings", "train_scales"
    )(one_of_each)

    @field_validator("trainings")
    @classmethod
    def _known(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return known_names(TRAININGS, values)

    def choices(self, model: str) -> list[dict[str, Any]]:
        """Return every choice of the varied settings that is to be tried with a model."""
        reference = self.reference_a, self.reference_r
        if self.learns(model):
            points = {reference}
        elif self.design == "grid":
            points = set(product(self.a, self.r))
        else:
            points = {(a, self.reference_r) for a in self.a}
            points |= {(self.reference_a, r) for r in self.r} | {reference}
        sizes = super().choices(model)
        found = [choice | {"a": a, "r": r} for a, r in sorted(points) for choice in sizes]
        return list({tuple(each.values()): each for each in found}.values())

    @staticmethod
    def learns(model: str) -> bool:
        """Tell whether a model learns a and r."""
        return bool(contender(model).settings.get("learn_a_r", False))

    def trainings_of(self, model: str) -> list[Training]:
        """Return the ways in which a model is trained."""
        scales = self.train_scales
        if self.learns(model):
            scales = tuple(sorted({*scales, *(scale for scale in self.scales if scale > 0)}))
        found = []
        for name in self.trainings:
            if name == EXACT:
                found.append(Training())
            else:
                pairs = product(self.noise, scales)
                found += [Training(name=name, noise=n, scale=scale) for n, scale in pairs]
        return found

    def cells(self) -> list[Cell]:
        """Return the cells in which every model is evaluated, the noiseless ones first.

        No noise with infinitely many shots is always among them: all else is held against it.

        Raises:
            BackendError: If a source does not exist or lacks a part.
        """
        return [cell for name in self.noise for cell in self._cells_of(name)]

    def _cells_of(self, name: str) -> list[Cell]:
        """Return the cells with one source of noise."""
        pairs = [(0, _QUIET)]
        if 0.0 in self.scales:
            pairs += [(shots, _QUIET) for shots in sorted(self.shots)]
        pairs += [(shots, level) for level in self._levels(name) for shots in sorted(self.shots)]
        return [
            Cell(source=name, parts=label, on=parts, scale=scale, shots=shots)
            for shots, (label, parts, scale) in dict.fromkeys(pairs)
        ]

    def _levels(self, name: str) -> list[Level]:
        """Return the noisy levels of one source."""
        from qkdrp.backends.noise.sources import choose_parts, find_source  # loads Qiskit

        source = find_source(name)
        on = {label: choose_parts(source, _wanted(label)) for label in self.parts}
        scales = [scale for scale in sorted(self.scales) if scale > 0]
        return [(label, on[label], scale) for label, scale in product(self.parts, scales)]


def _wanted(label: str) -> str:
    """Return parts as backends take them."""
    return "" if label == ALL else label.replace("+", ",")


def preset(name: str) -> dict[str, Any]:
    """Return the settings that a preset stands for.

    Raises:
        ConfigError: If there is no such preset.
    """
    fields = NoiseConfig.model_fields
    return {"models": fields["models"].default, **PRESETS.named(name)}
