"""What is trained: a mechanism, a grey box or a network, and how it is made.

Descriptions of fields are what ``qkdrp train-pkpd --help`` says.
"""

from collections.abc import Iterable
from functools import partial
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from qkdrp.common.names import known_name
from qkdrp.common.settings import any_of
from qkdrp.nn.angle_settings import PAPER_A, PAPER_R, Angle
from qkdrp.nn.normalisation import NORMALISATIONS, find_normalisation
from qkdrp.systems.pkpd.models import DEFAULT_MODEL, HEADS, MODELS
from qkdrp.systems.pkpd.network_choices import (
    CASCADE,
    CORES,
    DROPOUT,
    MODES,
    NETWORKS,
    NONE,
    PK_COLUMNS,
    PREDICTED,
    QUANTUM,
    WITH_CIRCUITS,
)
from qkdrp.systems.pkpd.setting_fields import NAME, known, later, of_blocks
from qkdrp.training.run_config import ModelSettings

OF_NETWORKS = ("core", "qexperts", "pkpd_mode", "normalisation", "a", "r", "learn_a_r", "dropout",
               "dropout_quantum", "balance", "pk_column", "base_features")  # fmt: skip
"""Settings of networks on features."""

OF_CIRCUITS = ("core", "normalisation", "a", "r", "learn_a_r", "dropout_quantum")
"""Those of them that networks with circuits have."""

OF_SCALED = ("a", "r", "learn_a_r")
"""Those of them that a normalisation with a and r reads."""


class ModelConfig(ModelSettings):
    """What is trained.

    Args:
        model: A key of :data:`~qkdrp.systems.pkpd.models.MODELS`.
        head: What gives parameters of a mechanism, a key of
            :data:`~qkdrp.systems.pkpd.models.HEADS`; of models that have one.
        baseline: Whether the biomarker before the first dose is an input (PD0).
        log_target: Whether regressors learn logarithms.
        per_kg: Whether dose features of regressors have copies for each kilogram.
        structure: Of the mechanism, such as ``"2-I"``; ``"auto"`` chooses by likelihood.
        refits: Resamples that a mechanistic model is fitted to, for intervals.
        n_qubits: Qubits of a circuit.
        n_layers: Layers of a circuit.
        absorb_tail: Whether the last CNOTs of a circuit are moved into its observables.
        base_features: Whether regressors read covariates, dose and time alone.
        core: What stands in the place of a network's circuits, a key of
            :data:`~qkdrp.systems.pkpd.network_choices.CORES`.
        qexperts: Whether the circuits of ``resqnn_moe`` stand in its experts.
        pkpd_mode: How the endpoints of a network go together, a key of
            :data:`~qkdrp.systems.pkpd.network_choices.MODES`; None for the network's own.
        normalisation: Before each circuit of a network, a key of
            :data:`qkdrp.nn.normalisation.NORMALISATIONS`.
        a: Input scale of the moderated tanh.
        r: Output range of the moderated tanh, radians.
        learn_a_r: Whether a and r are trained.
        dropout: Of networks while training; None for the network's own.
        dropout_quantum: Of networks with circuits; None for the same.
        balance: Factor of the load-balance term of mixtures of experts.
        pk_column: What the biomarker's network reads in a cascade, a key of
            :data:`~qkdrp.systems.pkpd.network_choices.PK_COLUMNS`.
    """

    model: Annotated[str, AfterValidator(partial(known, "model", MODELS))] = Field(
        default=DEFAULT_MODEL,
        description=any_of(f"{name} ({each.title})" for name, each in MODELS.items()) + "."
        if len(MODELS) > 1
        else f"{DEFAULT_MODEL} ({MODELS[DEFAULT_MODEL].title}).",
        json_schema_extra=NAME,
    )
    head: Annotated[str, AfterValidator(partial(known, "head", HEADS))] = Field(
        default="linear",
        description="From covariates to parameters of a mechanism: "
        + any_of(f"{name} ({what})" for name, what in HEADS.items())
        + ".",
        json_schema_extra=NAME,
    )
    baseline: bool = Field(
        default=False,
        description="Tell the model the biomarker before the first dose (PD0); it concerns the "
        "biomarker only.",
    )
    log_target: bool = Field(
        default=False,
        description="Learn logarithms, where a model learns values; scores stay of values.",
        json_schema_extra={"show_default": "no-log-target; log-target for networks but mlp"},
    )
    per_kg: bool = Field(
        default=False, description="Add dose features for each kilogram of body weight."
    )
    structure: str = Field(
        default="auto",
        description="Of the mechanism: compartments and effect, such as 2-I, 1-III or 2-direct; "
        "auto compares them by likelihood.",
        json_schema_extra=NAME,
    )
    refits: int = Field(
        default=40, ge=0, description="Resamples that a mechanistic model is fitted to."
    )
    n_qubits: int = Field(default=4, ge=2, description="Qubits of a circuit.")
    n_layers: int = Field(default=2, ge=1, description="Layers of a circuit.")
    absorb_tail: bool = later(
        False,
        "Move the last CNOTs of a circuit into the observables: same numbers, fewer gates, more "
        "measurement bases.",
    )
    base_features: bool = later(
        False, "Networks and baselines read covariates, dose and time alone."
    )
    core: Annotated[str, AfterValidator(partial(known_name, CORES))] = later(
        QUANTUM,
        "In the place of a network's circuits: "
        + any_of(f"{name} ({what})" for name, what in CORES.items())
        + ".",
        json_schema_extra=NAME,
    )
    qexperts: bool = later(
        False, "Circuits in the experts of resqnn_moe, not in its residual layers."
    )
    pkpd_mode: Annotated[str, AfterValidator(partial(known_name, MODES))] | None = later(
        None,
        "Endpoints of a network: "
        + any_of(f"{name} ({what})" for name, what in MODES.items())
        + ".",
        json_schema_extra={**NAME, "show_default": f"{CASCADE}; independent for mlp"},
    )
    normalisation: Annotated[str, AfterValidator(partial(known_name, NORMALISATIONS))] = later(
        "identity",
        f"Before each circuit of a network: {any_of(NORMALISATIONS)}.",
        json_schema_extra=NAME,
    )
    a: float = later(PAPER_A, "Input scale of r*tanh(phi/a).", gt=0)
    r: Angle = later(
        PAPER_R,
        "Output range of r*tanh(phi/a) in radians; pi/2, 3pi/4 and the like.",
        json_schema_extra={"format": "angle", "show_default": "pi/2"},
    )
    learn_a_r: bool = later(False, "Train a and r.")
    dropout: float | None = later(
        None,
        "Dropout of networks while training.",
        ge=0,
        lt=1,
        json_schema_extra=of_blocks("dropout", DROPOUT),
    )
    dropout_quantum: float | None = later(
        None,
        "The same for networks with circuits.",
        ge=0,
        lt=1,
        json_schema_extra={"show_default": "as --dropout"},
    )
    balance: float = later(
        0.0, "Factor of a term that makes the experts of a mixture share rows evenly.", ge=0
    )
    pk_column: Annotated[str, AfterValidator(partial(known_name, PK_COLUMNS))] = later(
        PREDICTED,
        "What the biomarker's network reads of concentrations in a cascade: "
        + any_of(f"{name} ({what})" for name, what in PK_COLUMNS.items())
        + ".",
        json_schema_extra=NAME,
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        """Refuse settings of networks that other models do not have."""
        with_circuits = [name for name, each in NETWORKS.items() if each.circuits]
        with_experts = [name for name, each in NETWORKS.items() if each.experts]
        for settings, models in (
            (("balance",), with_experts),
            (OF_CIRCUITS, with_circuits),
            (OF_NETWORKS, list(NETWORKS)),
        ):
            if self.model not in models:
                self._refuse(settings, f"--model {any_of(models)}")
        if self.model in NETWORKS:
            self._fits_network()
        if self.qexperts and (self.model != "resqnn_moe" or self.core == NONE):
            raise ValueError("--qexperts belongs to --model resqnn_moe with circuits")
        if self.absorb_tail and not self.has_circuits:
            raise ValueError("--absorb-tail belongs to models with circuits, and this has none")
        return self

    def _fits_network(self) -> None:
        """Refuse settings that a network does not read."""
        if not find_normalisation(self.normalisation).scaled:
            self._refuse(OF_SCALED, "--normalisation moderated")
        if (self.pkpd_mode or NETWORKS[self.model].mode) != CASCADE:
            self._refuse(("pk_column",), f"--pkpd-mode {CASCADE}")

    @property
    def unread(self) -> frozenset[str]:
        """Names of settings that the chosen model does not read, beside those that are refused."""
        of_others = {
            "head": self.model == "greybox",
            "structure": self.model not in NETWORKS,
            "refits": self.model == "mechanistic",
            "n_qubits": self.has_circuits,
            "n_layers": self.has_circuits,
        }
        return frozenset(name for name, read in of_others.items() if not read)

    @property
    def has_circuits(self) -> bool:
        """Whether there are circuits in it."""
        if self.model in NETWORKS:
            return NETWORKS[self.model].circuits and self.core in WITH_CIRCUITS
        return self.model == "greybox" and self.head == "quantum"

    def _refuse(self, names: Iterable[str], owner: str) -> None:
        """Refuse settings that were changed, where only an owner of other settings reads them."""
        for name in names:
            if getattr(self, name) != type(self).model_fields[name].default:
                flag = name.replace("_", "-")
                raise ValueError(f"--{flag} belongs to {owner}")
