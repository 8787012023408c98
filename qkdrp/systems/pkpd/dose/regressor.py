"""Models on features as the search for a dose takes them: dosed until their courses repeat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION, ENDPOINTS, Doses, Trial
from qkdrp.systems.pkpd.dose.feature_ranges import FeatureRanges
from qkdrp.systems.pkpd.dose.held_out import Offsets
from qkdrp.systems.pkpd.dose.model import BASELINE, Support
from qkdrp.systems.pkpd.dose.repetition import Repeated, repeated
from qkdrp.systems.pkpd.dose.virtual_trial import VirtualTrial
from qkdrp.systems.pkpd.kind import ModelKind
from qkdrp.systems.pkpd.mechanism import Curves, Schedule, late_doses, offsets
from qkdrp.systems.pkpd.preprocess import Preprocessor, Scaling
from qkdrp.training.loop import predict

Reals = NDArray[np.float64]

N_COURSES = 128
"""Virtual subjects whose courses are predicted; all others share these, each with its own offset.

Courses of a model on features differ by covariates alone, and few points cover these."""

N_PROBED = 32
"""Virtual subjects that tell whether courses repeat."""

NEGATIVE = "; the biomarker is predicted below 0 there, which cannot be"
"""Ends the words of a steady state that is none."""

NO_DOSES = Doses(np.empty(0), np.empty(0))
"""Of placebo."""


@dataclass(frozen=True, eq=False)
class RegressorDoses:
    """A trained model on features, with how subjects differ from it.

    Args:
        title: What the model is called.
        kind: How its rows are made.
        preprocessor: Of the run.
        module: The trained network.
        ranges: Of the features of training subjects.
        held_out: Offsets of held-out subjects; None for no variability between subjects.
    """

    title: str
    kind: ModelKind
    preprocessor: Preprocessor
    module: nn.Module
    ranges: FeatureRanges
    held_out: Offsets | None

    @property
    def covariates(self) -> tuple[str, ...]:
        """Names of the covariates that features hold, the baseline of the biomarker included."""
        known = self.preprocessor
        return (*known.covariates, *([BASELINE] if known.baseline else []))

    @property
    def n_deviates(self) -> int:
        """Standard normal numbers that make a subject: one for each endpoint."""
        return len(ENDPOINTS)

    @property
    def sigma(self) -> Mapping[str, float]:
        """Standard deviation of log residuals about the mean of their subject, by endpoint."""
        return {} if self.held_out is None else self.held_out.within

    def subjects(
        self, covariates: Mapping[str, Reals], deviates: torch.Tensor | None = None
    ) -> "RegressorSubjects":
        """Return subjects: courses by covariates, times offsets.

        Args:
            covariates: Values by name, (n,) each.
            deviates: Shape (n, n_deviates) or (n_repeats, n, n_deviates); None for typical ones.
        """
        n = len(next(iter(covariates.values()), np.zeros(1)))
        return RegressorSubjects(self, covariates, self._factors(n, deviates))

    def _factors(self, n: int, deviates: torch.Tensor | None) -> Mapping[str, torch.Tensor]:
        """Return what courses are multiplied by, (..., n), by endpoint."""
        if self.held_out is None:
            shape = (n,) if deviates is None else deviates.shape[:-1]
            return dict.fromkeys(ENDPOINTS, torch.ones(shape, dtype=torch.float64))
        found = {}
        for place, name in enumerate(ENDPOINTS):
            mean, deviation = self.held_out.mean[name], self.held_out.deviation[name]
            normal = torch.zeros(n, dtype=torch.float64)
            normal = normal if deviates is None else deviates[..., place]
            found[name] = torch.exp(mean + deviation * normal)
        return found

    def without_variability(self) -> Self:
        """Return the model whose subjects are as their covariates say."""
        return replace(self, held_out=None)

    def with_pk_scaler(self) -> Self:
        """Return the model that scales the biomarker's features as those of concentrations."""
        known = self.preprocessor
        drug, marker = known.features[CONCENTRATION], known.features[BIOMARKER]
        n = len(drug.mean)  # features of the biomarker alone stand after these, and keep theirs
        mixed = Scaling(*(np.concatenate([getattr(drug, each), getattr(marker, each)[n:]])
                          for each in ("mean", "sd")))  # fmt: skip
        features = {**known.features, BIOMARKER: mixed}
        return replace(self, preprocessor=replace(known, features=features))

    def facts(self) -> dict[str, Any]:
        """Return what an answer says of the model; omega is that of offsets."""
        offsets_ = self.held_out
        return {
            "structure": "a model on features, without a mechanism",
            "covariates": list(self.covariates),
            "omega": {} if offsets_ is None else dict(offsets_.deviation),
            "mean_offset": {} if offsets_ is None else dict(offsets_.mean),
            "held_out_subjects": {} if offsets_ is None else dict(offsets_.n_subjects),
            "sigma": dict(self.sigma),
        }

    @torch.no_grad()
    def predict(
        self, covariates: Mapping[str, Reals], doses: Sequence[Doses], times: Reals
    ) -> tuple[Curves, Trial]:
        """Return the courses of subjects without offsets, and the trial that they were asked of.

        Args:
            covariates: Values by name, (n,) each.
            doses: Of each subject.
            times: Hours, shape (n, n_times), increasing along a row.

        Returns:
            Curves of shape (n, n_times), float64; concentrations of subjects without doses are 0.
        """
        asked = VirtualTrial.of(self.preprocessor.covariates, covariates, doses, times)
        inputs, _ = self.kind.rows(self.preprocessor, asked.trial).batch(slice(None))
        values = predict(self.module, *inputs).double().numpy()
        n_drug = times.shape[1]
        found = self.preprocessor.natural(values, (n_drug, values.shape[1] - n_drug))
        marker = np.take_along_axis(found[:, n_drug:], asked.asked, axis=1)
        drug = found[:, :n_drug] * np.array([len(each) > 0 for each in doses])[:, None]
        at = torch.from_numpy(times)
        return Curves(at, torch.from_numpy(drug), torch.from_numpy(marker)), asked.trial


@dataclass(frozen=True, eq=False)
class RegressorSubjects:
    """Subjects of a model on features.

    Args:
        model: The model.
        covariates: Values by name, (n,) each.
        factors: What courses are multiplied by, (..., n), by endpoint.
    """

    model: RegressorDoses
    covariates: Mapping[str, Reals]
    factors: Mapping[str, torch.Tensor]

    def __len__(self) -> int:
        """Return the number of subjects."""
        return self.factors[BIOMARKER].shape[-1]

    @property
    def finite(self) -> bool:
        """Whether all covariates are finite numbers; a baseline that is missing is filled in."""
        names = self.model.preprocessor.covariates
        return all(bool(np.isfinite(self.covariates[name]).all()) for name in names)

    def first(self, n: int) -> "RegressorSubjects":
        """Return the first n subjects."""
        return RegressorSubjects(
            self.model,
            {name: values[:n] for name, values in self.covariates.items()},
            {name: values[..., :n] for name, values in self.factors.items()},
        )

    def interval(self, hours: float, *, late: bool = False, refine: int = 1) -> "RegressorInterval":
        """Return the interval between two doses, for any dose."""
        return RegressorInterval(self, hours, late, refine)

    def alike(self, n: int, doses: Doses, times: Reals) -> tuple[Curves, Trial]:
        """Return the courses of the first n subjects under the same doses, without offsets.

        Args:
            n: How many.
            doses: Of each of them.
            times: Hours, shape (n_times,).
        """
        few = {name: values[:n] for name, values in self.covariates.items()}
        n = len(next(iter(few.values()), np.zeros(1)))
        return self.model.predict(few, [doses] * n, np.tile(times, (n, 1)))

    def courses(self, schedule: Schedule, times: torch.Tensor) -> Curves:
        """Return the curves under any doses, (..., n, n_times); times may be in any order."""
        at = times.double().numpy()
        order = np.argsort(at, axis=1, kind="stable")
        found, places = _distinct(np.take_along_axis(at, order, axis=1))
        given = [
            _doses(when[amount > 0], amount[amount > 0])
            for when, amount in zip(schedule.times.numpy(), schedule.amounts.numpy(), strict=True)
        ]
        curves, _ = self.model.predict(self.covariates, given, found)
        back = np.take_along_axis(places, np.argsort(order, axis=1, kind="stable"), axis=1)
        chosen = torch.from_numpy(back)
        return self.scaled(
            Curves(times, *(each.take_along_dim(chosen, dim=1) for each in curves[1:]))
        )

    def scaled(self, curves: Curves) -> Curves:
        """Return curves times the factors of the subjects; fewer curves than subjects repeat."""
        n = curves.biomarker.shape[0]
        row = torch.arange(len(self)) % n
        drug, marker = (
            values[row] * self.factors[name][..., None]
            for name, values in zip(ENDPOINTS, curves[1:], strict=True)
        )
        return Curves(curves.times, drug, marker)


def _doses(times: Reals, amounts: Reals) -> Doses:
    return Doses(times, amounts) if len(times) else NO_DOSES


def _distinct(times: Reals) -> tuple[Reals, NDArray[np.int64]]:
    """Return sorted times without repeats, filled up with later ones, and where each time went."""
    new = np.concatenate([np.ones((len(times), 1), dtype=bool), np.diff(times, axis=1) > 0], axis=1)
    places = np.cumsum(new, axis=1) - 1
    found = times.max(axis=1, keepdims=True) + 1.0 + np.arange(times.shape[1])
    np.put_along_axis(found, places, times, axis=1)
    return found, places.astype(np.int64)


class RegressorInterval:
    """The interval between two doses of a model on features, for any dose.

    Args:
        subjects: Whose.
        hours: Between doses.
        late: Whether it begins an interval after the last of a few doses.
        refine: Into how many parts a step of time is cut, twice as many as for a mechanism.
    """

    def __init__(self, subjects: RegressorSubjects, hours: float, late: bool, refine: int) -> None:
        self.subjects, self.hours, self.late = subjects, float(hours), late
        self._points, self._coarse = self._grid(2 * refine), self._grid(1)
        self._found: dict[float, tuple[Curves, Repeated]] = {}

    def _grid(self, refine: int) -> Reals:
        points = offsets(self.hours, torch.tensor([self.hours], dtype=torch.float64), refine)
        found: Reals = points[points <= self.hours].numpy()
        return found

    def at(self, dose: float) -> Curves:
        """Return the curves of a dose, mg; times count from the start of the interval."""
        return self.subjects.scaled(self._curves(dose)[0])

    def support(self, dose: float) -> Support:
        """Return how steady state was reached, and which features are outside the training."""
        curves, known = self._curves(dose)
        given = self._given(dose, known.n_doses)
        _, trial = self.subjects.alike(N_COURSES, given, self._at(known))
        model = self.subjects.model
        outside = model.ranges.outside(model.preprocessor, trial)
        negative = bool((curves.biomarker < 0).any())
        words = f"{known}{NEGATIVE if negative else ''}"
        return Support(words, known.settled and not negative, outside, len(model.ranges))

    def _curves(self, dose: float) -> tuple[Curves, Repeated]:
        if dose not in self._found:
            known = self._repeated(dose)
            given = self._given(dose, known.n_doses)
            curves, _ = self.subjects.alike(N_COURSES, given, self._at(known))
            times = torch.from_numpy(self._points)
            self._found[dose] = (Curves(times, *curves[1:]), known)
        return self._found[dose]

    def _at(self, known: Repeated) -> Reals:
        """Return the times of the interval since the first dose, hours."""
        start = known.n_doses if self.late else known.n_doses - 1
        return start * self.hours + self._points

    def _given(self, dose: float, n: int) -> Doses:
        """Return the same dose n times; none for a dose of 0."""
        if dose == 0:
            return NO_DOSES
        return Doses(self.hours * np.arange(n, dtype=np.float64), np.full(n, dose, np.float64))

    def _repeated(self, dose: float) -> Repeated:
        """Return the number of doses after which courses repeat, or the most that is tried."""
        if self.late:
            return Repeated(late_doses(self.hours), self.hours, None, late=True)
        inner = self._coarse[:-1]  # at the end the next dose counts as given

        def biomarker(n_doses: int) -> Reals:
            times = (self.hours * np.arange(n_doses)[:, None] + inner).ravel()
            curves, _ = self.subjects.alike(N_PROBED, self._given(dose, n_doses), times)
            found: Reals = curves.biomarker.numpy().reshape(-1, n_doses, len(inner))
            return found

        return repeated(biomarker, self.hours)
