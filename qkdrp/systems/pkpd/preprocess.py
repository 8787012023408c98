"""What is fitted on training subjects before a model is: scales of features and of values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from qkdrp.common.brief import Brief
from qkdrp.common.errors import DataError
from qkdrp.common.names import listed
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.padded import padded
from qkdrp.systems.pkpd.data.sources import EMBEDDED
from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION, ENDPOINTS, Subject, Trial
from qkdrp.systems.pkpd.features import BASE, feature_names, features_at
from qkdrp.training.stored_state import State

Reals = NDArray[np.float64]

PD0 = "PD0"
"""Feature of the biomarker alone: the logarithm of its value before the first dose."""

FIXED_SCALES: Mapping[str, float] = {CONCENTRATION: 2.658, BIOMARKER: 3.257}
"""What errors on the embedded trial are divided by, mg/L and ng/mL: one number for all splits."""

STANDARD, LOG = "standard", "log"
"""Spaces of what is learned: standardised values, or plain logarithms."""


@dataclass(frozen=True, eq=False)
class Scaling:
    """Means and standard deviations of training rows, by column.

    Args:
        mean: Shape (n,).
        sd: Same shape; 1 where a column does not vary.
    """

    mean: Reals
    sd: Reals

    @classmethod
    def of(cls, rows: Reals) -> Self:
        """Return the scaling of rows, shape (n_rows, n); divided by n, as StandardScaler does."""
        sd = rows.std(axis=0)
        return cls(rows.mean(axis=0), np.where(sd > 0, sd, 1.0))

    def __call__(self, rows: Reals) -> Reals:
        """Return rows with mean 0 and standard deviation 1 on the training rows."""
        found: Reals = (rows - self.mean) / self.sd
        return found


@dataclass(frozen=True, eq=False, repr=False)
class Preprocessor(Brief):
    """Everything that is fitted on training subjects before the model is.

    Args:
        model: A key of :data:`~qkdrp.systems.pkpd.models.MODELS`; it says what rows look like.
        covariates: Names, in the order of features.
        baseline: Whether the biomarker before the first dose is an input.
        per_kg: Whether dose features have copies for each kilogram of body weight.
        target: :data:`STANDARD` or :data:`LOG`.
        log_target: Whether logarithms are standardised rather than values.
        features: Of the features of each endpoint; those of the biomarker end with ``PD0`` where
            that is an input.
        values: Of the values of each endpoint.
        scales: What errors of each endpoint are divided by.
        typical_baseline: Mean of PD0 over training subjects; stands for one that is not known.
        measured_concentration: Of concentrations as measured, mg/L, whatever is learned of them.
        base_features: Whether covariates, dose and time are all that is read.
    """

    model: str
    covariates: tuple[str, ...]
    baseline: bool
    per_kg: bool
    target: str
    log_target: bool
    features: Mapping[str, Scaling]
    values: Mapping[str, Scaling]
    scales: Mapping[str, float]
    typical_baseline: float
    measured_concentration: Scaling
    base_features: bool = False

    @classmethod
    def fit(cls, train: Trial, config: PkpdConfig, target: str) -> Self:
        """Fit on training subjects.

        Args:
            train: The subjects.
            config: The settings.
            target: :data:`STANDARD` or :data:`LOG`, as the model asks.

        Raises:
            DataError: If an endpoint has no value, or no biomarker is known before a dose although
                it is asked for.
        """
        measured = {name: _measured(train, name) for name in ENDPOINTS}
        for name, found in measured.items():
            if len(found) < 2 or not np.ptp(found):
                raise DataError(
                    f"{train.provenance}: training subjects have {len(found)} different values of "
                    f"the {name}, expected several of both endpoints."
                )
        baselines = np.log([each.baseline for each in train.subjects])
        known = baselines[np.isfinite(baselines)]
        if config.model.baseline and not len(known):
            raise DataError(
                f"{train.provenance}: no training subject has a biomarker before its first dose, "
                "which --baseline asks for."
            )
        log = config.model.log_target
        made = cls(
            config.model.model,
            train.covariates,
            config.model.baseline,
            config.model.per_kg,
            target,
            log,
            {},
            {name: Scaling.of(np.log(each) if log else each) for name, each in measured.items()},
            _scales(config, measured),
            float(known.mean()) if len(known) else 0.0,
            Scaling.of(measured[CONCENTRATION]),
            config.model.base_features,
        )
        rows = {name: made.feature_rows(train, name) for name in ENDPOINTS}
        features = {name: Scaling.of(each) for name, each in rows.items()}
        object.__setattr__(made, "features", features)
        return made

    def feature_names(self, endpoint: str) -> tuple[str, ...]:
        """Return the names of the features of an endpoint."""
        extra = (PD0,) if self.baseline and endpoint == BIOMARKER else ()
        names = feature_names(self.covariates, self.per_kg)
        return (*(names[place] for place in self._read(names)), *extra)

    def _read(self, names: tuple[str, ...]) -> list[int]:
        """Return the places of the features that are read."""
        base = (*self.covariates, *BASE)
        return [k for k, name in enumerate(names) if not self.base_features or name in base]

    def features_of(self, subject: Subject, endpoint: str, times: Reals | None = None) -> Reals:
        """Return the features of a subject for an endpoint, not scaled.

        Args:
            subject: The subject.
            endpoint: What is predicted.
            times: Hours, shape (n_times,); those of the subject's observations where left out.

        Raises:
            DataError: If the subject lacks a covariate.
        """
        missing = [name for name in self.covariates if name not in subject.covariates]
        if missing:
            raise DataError(
                f"the covariates {listed(missing)} of the model are not in the data; add the "
                "columns."
            )
        times = subject.observations[endpoint].times if times is None else times
        rows = features_at(subject, times, self.covariates, self.per_kg)
        rows = rows[:, self._read(feature_names(self.covariates, self.per_kg))]
        if not (self.baseline and endpoint == BIOMARKER):
            return rows
        known = np.log(subject.baseline)
        value = known if np.isfinite(known) else self.typical_baseline
        return np.column_stack([rows, np.full(len(times), value)])

    def feature_rows(self, trial: Trial, endpoint: str) -> Reals:
        """Return features of all observations of an endpoint, not scaled, (n_rows, n_features)."""
        return np.vstack([self.features_of(each, endpoint) for each in trial.subjects])

    def label(self, trial: Trial) -> torch.Tensor:
        """Return what is learned, shape (n_subjects, n_slots), float64; NaN for no value."""
        tensors = padded(trial)
        return torch.from_numpy(self.learned(tensors.target.numpy(), tensors.n_slots))

    def learned(self, values: Reals, n_slots: tuple[int, int]) -> Reals:
        """Return values in the space that is learned in.

        Args:
            values: In the units of the trial, shape (n_subjects, n_slots).
            n_slots: Slots of concentrations and of the biomarker.
        """
        if self.target == LOG:
            return np.log(values)
        values = np.log(values) if self.log_target else values
        mean, sd = self._by_slot(n_slots)
        return (values - mean) / sd

    def natural(self, values: Reals, n_slots: tuple[int, int]) -> Reals:
        """Return what :meth:`learned` undoes; slots are the last dimension."""
        if self.target == LOG:
            return np.exp(values)
        mean, sd = self._by_slot(n_slots)
        found = values * sd + mean
        return np.exp(found) if self.log_target else found

    def _by_slot(self, n_slots: tuple[int, int]) -> tuple[Reals, Reals]:
        scalings = [self.values[name] for name in ENDPOINTS]
        return (
            np.repeat([float(each.mean) for each in scalings], n_slots),
            np.repeat([float(each.sd) for each in scalings], n_slots),
        )

    def state(self) -> State:
        """Return all of it as plain numbers."""
        arrays: dict[str, Reals] = {}
        for kind, scalings in (("features", self.features), ("values", self.values)):
            for name, each in scalings.items():
                arrays |= {f"{kind}.{name}.mean": np.atleast_1d(each.mean)}
                arrays |= {f"{kind}.{name}.sd": np.atleast_1d(each.sd)}
        measured = self.measured_concentration
        arrays["measured"] = np.array([measured.mean, measured.sd], dtype=np.float64)
        names = ("model", "baseline", "per_kg", "target", "log_target", "typical_baseline")
        details: dict[str, Any] = {name: getattr(self, name) for name in names}
        details |= {"covariates": list(self.covariates), "scales": dict(self.scales)}
        details |= {"base_features": True} if self.base_features else {}
        return State(arrays, {"pkpd": details})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Make a preprocessor again from its state.

        Raises:
            KeyError: If the state lacks something.
        """
        details, arrays = dict(state.details["pkpd"]), state.arrays

        def scaling(kind: str, name: str) -> Scaling:
            mean, sd = (arrays[f"{kind}.{name}.{part}"] for part in ("mean", "sd"))
            return Scaling(mean, sd) if kind == "features" else Scaling(mean[0], sd[0])

        values = {name: scaling("values", name) for name in ENDPOINTS}
        measured = arrays.get("measured")  # runs of earlier versions had no use for it
        return cls(
            **{**details, "covariates": tuple(details["covariates"])},
            features={name: scaling("features", name) for name in ENDPOINTS},
            values=values,
            measured_concentration=values[CONCENTRATION]
            if measured is None
            else Scaling(*measured),
        )


def _measured(trial: Trial, endpoint: str) -> Reals:
    """Return all values of an endpoint, shape (n_values,)."""
    found = [each.observations[endpoint].values for each in trial.subjects]
    values: Reals = np.concatenate([np.empty(0), *found])
    measured: Reals = values[~np.isnan(values)]
    return measured


def _scales(config: PkpdConfig, measured: Mapping[str, Reals]) -> dict[str, float]:
    """Return what errors of each endpoint are divided by."""
    given = {CONCENTRATION: config.data.pk_scale, BIOMARKER: config.data.pd_scale}
    fixed = FIXED_SCALES if config.data.source == EMBEDDED else {}
    return {
        name: given[name] or fixed.get(name) or float(values.std())
        for name, values in measured.items()
    }
