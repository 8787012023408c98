"""How far a cohort lies from the training samples in a model, and whether that is extrapolation."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qkdrp.nn.hybrid import HybridModel
from qkdrp.systems.response.new_samples.alignment import GeneShift, cohort_moments
from qkdrp.systems.response.new_samples.reference import (
    SATURATED,
    EmbeddingReference,
    GeneReference,
    embed,
    saturated_share,
)

MOST_FAR = 0.1
"""Share of samples beyond 99% of the training samples from which a cohort is warned of."""

MOST_SATURATED = 0.1
"""How much larger the share of angles at their ends may be than in training."""

N_BINS, WIDEST = 41, 4.0
"""Bins of the histogram of shifts of gene means, and its ends in training spreads."""

Reals = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ModelShift:
    """Where a cohort lies in a model, beside the training samples.

    Args:
        distance: Of the embedding, in spreads of the training samples, shape (n_samples,).
        saturated: Share of angles beyond :data:`SATURATED` of r; NaN for models without r.
        reference: The same of the training samples.
    """

    distance: Reals
    saturated: float
    reference: EmbeddingReference

    @property
    def n_far(self) -> int:
        """Samples that are farther than 99% of the training samples."""
        return int((self.distance > self.reference.far).sum())

    def lines(self) -> list[str]:
        """Return what a command prints."""
        text = (
            f"shift    embedding: median distance {np.median(self.distance):.2f} (training "
            f"{self.reference.median:.2f}), {self.n_far} of {len(self.distance)} samples farther "
            f"than 99% of training"
        )
        if math.isnan(self.saturated):
            return [text]
        return [
            f"{text}; angles beyond {SATURATED:g} r: {self.saturated:.1%} (training "
            f"{self.reference.saturated:.1%})"
        ]

    def warnings(self) -> list[str]:
        """Return why predictions are extrapolation, if they are."""
        found = []
        if self.n_far > MOST_FAR * len(self.distance):
            found.append(
                f"{self.n_far} of {len(self.distance)} samples lie farther from the training "
                "samples than 99% of those: their predictions are extrapolation, and intervals "
                "need not hold"
            )
        if self.saturated > self.reference.saturated + MOST_SATURATED:
            found.append(
                f"{self.saturated:.0%} of the angles are at the ends of their range (training "
                f"{self.reference.saturated:.0%}): there the circuit tells samples apart poorly"
            )
        return found

    def record(self, ids: NDArray[np.str_]) -> dict[str, Any]:
        """Return all as JSON."""
        return {
            "distance": dict(zip(ids.tolist(), self.distance.tolist(), strict=True)),
            "training_distance": {"median": self.reference.median, "99%": self.reference.far},
            "n_far": self.n_far,
            "angles_beyond_0.9r": None if math.isnan(self.saturated) else self.saturated,
            "training_angles_beyond_0.9r": (
                None if math.isnan(self.reference.saturated) else self.reference.saturated
            ),
        }


def model_shift(
    model: HybridModel, genes: NDArray[np.float32], reference: EmbeddingReference
) -> ModelShift:
    """Measure where preprocessed samples lie in a model; no circuit is run."""
    phi, angles = embed(model, genes)
    return ModelShift(reference.distance(phi), saturated_share(model, angles), reference)


def gene_shift_record(
    values: Reals, reference: GeneReference, shift: GeneShift
) -> Mapping[str, Any]:
    """Return how gene means and spreads differ from training, as JSON with a histogram.

    Args:
        values: Before alignment, shape (n_samples, n_genes), NaN where missing.
        reference: Of the same genes.
        shift: Its medians.
    """
    mean, _ = cohort_moments(values)
    each = (mean - reference.mean) / reference.sd
    edges = np.linspace(-WIDEST, WIDEST, N_BINS + 1)
    counts, _ = np.histogram(np.clip(each[~np.isnan(each)], -WIDEST, WIDEST), edges)
    return {
        "median_shift_of_means": shift.means,
        "by_chance": shift.by_chance,
        "median_factor_of_spreads": None if math.isnan(shift.spreads) else shift.spreads,
        "shift_of_means": {"edges": edges.tolist(), "genes": counts.tolist()},
    }
