"""Bringing a cohort of another platform onto the scale of the training samples."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from qkdrp.common.errors import ConfigError, DataError
from qkdrp.systems.response.new_samples.alignment_names import ALIGNMENT_NAMES, check_alignment
from qkdrp.systems.response.new_samples.reference import GeneReference
from qkdrp.training.new_sample_settings import AUTO, NONE

Reals = NDArray[np.float64]

HALF_NORMAL = 0.674
"""Median of the absolute value of a standard normal number."""

FEWEST = 10
"""Samples that an alignment needs: a mean of fewer is off by more than a third of a spread."""

LARGEST_SHIFT = 1.0
"""Median over genes of the distance of means, in training spreads, that is still the same platform.

Measured on expression alone, against GDSC's arrays: 0.09 to 0.19 for random GDSC lines, 0.16 to
0.39 for GDSC lines of one tissue, 2.2 to 3.7 for five cohorts of other platforms."""

LARGEST_FACTOR = 1.25
"""Median over genes of the factor between spreads, either way, that shifted means may come with.

On other platforms it is 1.16 (RMA of another array) to 1.82. Means tell platforms apart, spreads do
not: GDSC lines of one tissue are at 1.16 to 1.39."""


@dataclass(frozen=True)
class GeneShift:
    """How far a cohort's genes are from the training samples'.

    Args:
        means: Median over genes of ``|cohort mean - training mean|``, in training spreads.
        by_chance: What that would be for as many training samples.
        spreads: Median over genes of the factor between spreads, either way; NaN for one sample.
    """

    means: float
    by_chance: float
    spreads: float


def cohort_moments(values: Reals) -> tuple[Reals, Reals]:
    """Return mean and spread of each gene over a cohort, NaN where no sample has a value."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # genes that are missing altogether
        return np.nanmean(values, axis=0), np.nanstd(values, axis=0)


def gene_shift(values: Reals, reference: GeneReference) -> GeneShift:
    """Measure how far a cohort is from the training samples; looks at expression only.

    Args:
        values: Shape (n_samples, n_genes), NaN where missing.
        reference: Of the same genes.
    """
    mean, sd = cohort_moments(values)
    shift = np.abs(mean - reference.mean) / reference.sd
    factor = float("nan")
    if len(values) > 1:
        with np.errstate(divide="ignore"):  # genes without spread
            factor = float(np.exp(np.nanmedian(np.abs(np.log(sd / reference.sd)))))
    return GeneShift(float(np.nanmedian(shift)), HALF_NORMAL / len(values) ** 0.5, factor)


def _none(values: Reals, _: GeneReference) -> Reals:
    return values


def _center(values: Reals, reference: GeneReference) -> Reals:
    mean, _ = cohort_moments(values)
    return np.asarray(values - mean + reference.mean)


def _standardise(values: Reals, reference: GeneReference) -> Reals:
    mean, sd = cohort_moments(values)
    scale = np.where(sd > 0, sd, np.inf)  # a gene without spread becomes the training mean
    return np.asarray((values - mean) / scale * reference.sd + reference.mean)


def _quantile(values: Reals, reference: GeneReference) -> Reals:
    """Give each gene's ranks the training samples' quantiles; ties share their mean rank."""
    if reference.quantiles is None:
        raise ConfigError(
            "align = 'quantile': the run kept no quantiles of its training samples; give "
            "--train-data, train it again, or take standardise."
        )
    ranks = rankdata(values, axis=0, nan_policy="omit")
    n_values = (~np.isnan(values)).sum(axis=0)
    place = (ranks - 0.5) / np.maximum(n_values, 1)
    known = np.linspace(0, 1, reference.quantiles.shape[1])
    columns = [
        np.interp(place[:, gene], known, reference.quantiles[gene])
        for gene in range(values.shape[1])
    ]
    return np.where(np.isnan(values), np.nan, np.column_stack(columns))


ALIGNMENTS: Mapping[str, Callable[[Reals, GeneReference], Reals]] = MappingProxyType(
    dict(zip(ALIGNMENT_NAMES, (_none, _center, _standardise, _quantile), strict=True))
)
"""What each alignment does to a cohort, by name."""


def align(values: Reals, reference: GeneReference, name: str) -> Reals:
    """Align a cohort.

    Args:
        values: Shape (n_samples, n_genes), NaN where missing.
        reference: Of the same genes.
        name: A key of :data:`ALIGNMENTS`.
    """
    return ALIGNMENTS[name](values, reference)


def choose_alignment(wanted: str, n_samples: int, shift: GeneShift) -> tuple[str, str]:
    """Return the alignment to use and why, in words.

    The least that is needed is chosen: nothing where gene means are those of the training platform,
    means alone where spreads are alike, both otherwise. Responses are not looked at.

    Args:
        wanted: A key of :data:`ALIGNMENTS`, or ``auto``.
        n_samples: Of the cohort.
        shift: Of its genes.

    Raises:
        ConfigError: If the name is unknown.
        DataError: If the cohort is too small for it.
    """
    if wanted != AUTO:
        check_alignment(wanted, AUTO)
    if wanted not in {AUTO, NONE} and n_samples < FEWEST:
        raise DataError(
            f"Found {n_samples} samples, expected at least {FEWEST} to align by {wanted}: give "
            "more samples of the cohort, or --align none."
        )
    measured = (
        f"gene means differ by {shift.means:.2f} training spreads in the median "
        f"({shift.by_chance:.2f} by chance)"
    )
    if n_samples > 1:
        measured += f", spreads by a factor of {shift.spreads:.2f}"
    if wanted != AUTO:
        return wanted, f"as asked for; {measured}"
    if n_samples < FEWEST:
        return NONE, f"{n_samples} samples are fewer than the {FEWEST} of an alignment; {measured}"
    if shift.means <= LARGEST_SHIFT:
        return NONE, measured
    return ("center" if shift.spreads <= LARGEST_FACTOR else "standardise"), measured
