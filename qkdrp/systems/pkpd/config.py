"""The settings of a training run: frozen, validated, written to ``config.json``.

Descriptions of fields are what ``qkdrp train-pkpd --help`` says.
"""

import math
from collections.abc import Iterable
from functools import partial
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from qkdrp.common.names import choose_one_of, known_name
from qkdrp.common.settings import any_of
from qkdrp.nn.angle_settings import PAPER_A, PAPER_R, Angle
from qkdrp.nn.normalisation import NORMALISATIONS, find_normalisation
from qkdrp.systems.pkpd.data.sources import EMBEDDED, is_named
from qkdrp.systems.pkpd.models import DEFAULT_MODEL, HEADS, MODELS, SPLITS
from qkdrp.systems.pkpd.network_choices import (
    CASCADE,
    CORES,
    DROPOUT,
    MODES,
    NETWORKS,
    NONE,
    OF_BLOCKS,
    PK_COLUMNS,
    PREDICTED,
    QUANTUM,
    WITH_CIRCUITS,
)
from qkdrp.training.config import FitConfig as AnyFitConfig
from qkdrp.training.run_config import DataSettings, ModelSettings, RunConfig

REFITS_OF_AN_EPOCH = 10
"""Refits that a mechanistic model does in an epoch, as one tensor."""

NAME: Any = {"metavar": "NAME"}
"""What the help calls the value of an option."""

_SCALE: Any = {"show_default": "2.658 and 3.257 for estdata; else SD of training values"}


OF_NETWORKS = ("core", "qexperts", "pkpd_mode", "normalisation", "a", "r", "learn_a_r", "dropout",
               "dropout_quantum", "balance", "pk_column", "base_features")  # fmt: skip
"""Settings of networks on features."""

OF_CIRCUITS = ("core", "normalisation", "a", "r", "learn_a_r", "dropout_quantum")
"""Those of them that networks with circuits have."""

OF_SCALED = ("a", "r", "learn_a_r")
"""Those of them that a normalisation with a and r reads."""


def _of_blocks(name: str, others: object) -> Any:  # noqa: ANN401  # pydantic's extras
    """Return what the help says of a default that networks of blocks have otherwise."""
    words = f"{others}; {OF_BLOCKS[name]} for resmlp, moe, resmlp_moe and resqnn_moe"
    return {"show_default": words}


def _later(default: Any, description: str, **more: Any) -> Any:  # noqa: ANN401  # pydantic's field
    """Return a setting that came later than others.

    It is left out of files where it is the default, so that keys of finished work stay.
    """
    return Field(
        default=default,
        exclude_if=lambda given: bool(given == default),
        description=description,
        **more,
    )


def _known(what: str, names: object, given: str) -> str:
    """Return a name after checking it."""
    known = [str(name) for name in names]  # type: ignore[attr-defined]  # any iterable
    if given not in known:
        raise ValueError(f"{what}: {choose_one_of(given, known)}")
    return given


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
    split: Annotated[str, AfterValidator(partial(_known, "split", SPLITS))] = Field(
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

    model: Annotated[str, AfterValidator(partial(_known, "model", MODELS))] = Field(
        default=DEFAULT_MODEL,
        description=any_of(f"{name} ({each.title})" for name, each in MODELS.items()) + "."
        if len(MODELS) > 1
        else f"{DEFAULT_MODEL} ({MODELS[DEFAULT_MODEL].title}).",
        json_schema_extra=NAME,
    )
    head: Annotated[str, AfterValidator(partial(_known, "head", HEADS))] = Field(
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
    absorb_tail: bool = _later(
        False,
        "Move the last CNOTs of a circuit into the observables: same numbers, fewer gates, more "
        "measurement bases.",
    )
    base_features: bool = _later(
        False, "Networks and baselines read covariates, dose and time alone."
    )
    core: Annotated[str, AfterValidator(partial(known_name, CORES))] = _later(
        QUANTUM,
        "In the place of a network's circuits: "
        + any_of(f"{name} ({what})" for name, what in CORES.items())
        + ".",
        json_schema_extra=NAME,
    )
    qexperts: bool = _later(
        False, "Circuits in the experts of resqnn_moe, not in its residual layers."
    )
    pkpd_mode: Annotated[str, AfterValidator(partial(known_name, MODES))] | None = _later(
        None,
        "Endpoints of a network: "
        + any_of(f"{name} ({what})" for name, what in MODES.items())
        + ".",
        json_schema_extra={**NAME, "show_default": f"{CASCADE}; independent for mlp"},
    )
    normalisation: Annotated[str, AfterValidator(partial(known_name, NORMALISATIONS))] = _later(
        "identity",
        f"Before each circuit of a network: {any_of(NORMALISATIONS)}.",
        json_schema_extra=NAME,
    )
    a: float = _later(PAPER_A, "Input scale of r*tanh(phi/a).", gt=0)
    r: Angle = _later(
        PAPER_R,
        "Output range of r*tanh(phi/a) in radians; pi/2, 3pi/4 and the like.",
        json_schema_extra={"format": "angle", "show_default": "pi/2"},
    )
    learn_a_r: bool = _later(False, "Train a and r.")
    dropout: float | None = _later(
        None,
        "Dropout of networks while training.",
        ge=0,
        lt=1,
        json_schema_extra=_of_blocks("dropout", DROPOUT),
    )
    dropout_quantum: float | None = _later(
        None,
        "The same for networks with circuits.",
        ge=0,
        lt=1,
        json_schema_extra={"show_default": "as --dropout"},
    )
    balance: float = _later(
        0.0, "Factor of a term that makes the experts of a mixture share rows evenly.", ge=0
    )
    pk_column: Annotated[str, AfterValidator(partial(known_name, PK_COLUMNS))] = _later(
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


class FitConfig(AnyFitConfig):
    """How a model is trained: all subjects in a batch, as by Team PNU, at a higher rate."""

    full_batch = True
    # Defaults of some networks differ: NETWORKS in network_choices.py.
    epochs: int = Field(
        default=500,
        ge=1,
        description="Largest number of epochs.",
        json_schema_extra=_of_blocks("epochs", 500),
    )
    batch_size: int = Field(default=2048, ge=2, description="Subjects in a batch.")
    lr: float = Field(
        default=2e-3, gt=0, description="Learning rate.", json_schema_extra=_of_blocks("lr", 2e-3)
    )
    patience: int = Field(
        default=50,
        ge=0,
        description="Epochs without a better validation loss before stopping; 0 never stops.",
        json_schema_extra=_of_blocks("patience", 50),
    )
    weight_decay: float | None = _later(
        None,
        "Weight decay of networks.",
        ge=0,
        json_schema_extra={"show_default": "the optimiser's own"},
    )
    restore: Literal["best", "last"] | None = _later(
        None,
        "Epoch whose weights a model keeps: best (by validation loss) or last.",
        json_schema_extra={**NAME, **_of_blocks("restore", "best")},
    )

    @property
    def keeps_last(self) -> bool:
        """Whether a model ends with the weights of the last epoch."""
        return self.restore == "last"


class PkpdConfig(RunConfig):
    """Everything that determines a training run of the system ``pkpd``.

    Args:
        system: ``"pkpd"``.
        data: What is learned from.
        model: What is trained.
        fit: How it is trained.
        backend: Where circuits run while training, a key of :data:`qkdrp.backends.BACKENDS`.
        backend_options: The backend's own options.
        seed: Of split, initialisation, shuffling and dropout.
        threads: Threads of torch and of the backend; 0 for all cores.
        data_licence: Licence of the data, for the model card.
    """

    system: Literal["pkpd"] = "pkpd"
    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    fit: FitConfig = FitConfig()
    backend: str = "statevector"

    @model_validator(mode="after")
    def _networks_alone_decay(self) -> Self:
        """Refuse a weight decay of models that have none."""
        if self.fit.weight_decay is not None and self.model.model not in NETWORKS:
            raise ValueError(f"--weight-decay belongs to --model {any_of(NETWORKS)}")
        return self

    @model_validator(mode="after")
    def _networks_have_their_own(self) -> Self:
        """Take a network's own settings where none are given."""
        network = NETWORKS.get(self.model.model)
        own_settings = {} if network is None else network.own
        for name in ("model", "fit") if own_settings else ():
            section = getattr(self, name)
            left_out = type(section).model_fields.keys() - section.model_fields_set
            own = {key: value for key, value in own_settings.items() if key in left_out}
            object.__setattr__(self, name, section.model_copy(update=own))
        return self

    @model_validator(mode="after")
    def _epochs_are_refits(self) -> Self:
        """Give a mechanistic model one epoch for every ten refits: it has nothing else to train."""
        if self.model.model == "mechanistic":
            epochs = max(1, math.ceil(self.model.refits / REFITS_OF_AN_EPOCH))
            object.__setattr__(self, "fit", self.fit.model_copy(update={"epochs": epochs}))
        return self
