"""Gene imputation, filter and scaling, fitted on training rows only."""

from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_selection import VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from qkdrp.common.brief import Brief
from qkdrp.common.errors import DataError
from qkdrp.common.shown import shown
from qkdrp.systems.response.config import DataConfig
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.data.gene_names import kind_of_names
from qkdrp.systems.response.kinds import KindMeans, OfKinds
from qkdrp.systems.response.labels import LabelNormaliser
from qkdrp.training.stored_state import State

VARIANCE_THRESHOLD = 0.1
"""Genes whose population variance over the training rows is larger are kept."""

CONSTANTS = ("fill", "mean", "scale")
"""Numbers of a gene transform, one for each gene."""


def preprocessing(zscore: bool = True, variance_threshold: float = VARIANCE_THRESHOLD) -> Pipeline:
    """Return the unfitted scikit-learn pipeline: impute, filter by variance, scale.

    Missing values become training means; genes of a population variance up to the threshold are
    dropped; z-scores use training means and standard deviations.

    Args:
        zscore: Whether to standardise genes.
        variance_threshold: Square of the units of the expression values.
    """
    return Pipeline(
        [
            ("impute", SimpleImputer(strategy="mean", keep_empty_features=True)),
            ("filter", VarianceThreshold(variance_threshold)),
            ("scale", StandardScaler() if zscore else "passthrough"),
        ]
    )


class Expression(Protocol):
    """Anything with gene expression: a cohort, or samples without a response."""

    @property
    def genes(self) -> NDArray[np.str_]:
        """Gene names, shape (n_genes,)."""

    @property
    def expression(self) -> NDArray[np.float32]:
        """Shape (n_samples, n_genes), NaN where missing."""


@dataclass(frozen=True, eq=False, repr=False)
class GeneTransform(Brief):
    """A fitted preprocessing as plain numbers, so that a run can be kept without pickles.

    ``(x - mean) / scale`` of the kept genes, with ``fill`` in place of missing values.

    Args:
        genes: Names of the kept genes, shape (n_kept,).
        fill: Training means, shape (n_kept,).
        mean: Subtracted, shape (n_kept,).
        scale: Divided by, shape (n_kept,).
    """

    genes: NDArray[np.str_]
    fill: NDArray[np.float64]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def fit(cls, cohort: Cohort, zscore: bool, variance_threshold: float) -> Self:
        """Fit the preprocessing on a cohort of training rows.

        Raises:
            DataError: If no gene passes the filter.
        """
        pipeline = preprocessing(zscore, variance_threshold)
        try:
            pipeline.fit(cohort.expression)
        except ValueError as error:
            raise DataError(
                f"No gene has a training variance above {variance_threshold}; are the values on "
                "a log scale? Lower the threshold otherwise."
            ) from error
        kept = pipeline["filter"].get_support()
        n_kept = int(kept.sum())
        scaler = pipeline["scale"]
        return cls(
            genes=cohort.genes[kept],
            fill=pipeline["impute"].statistics_[kept].astype(np.float64),
            mean=scaler.mean_ if zscore else np.zeros(n_kept),
            scale=scaler.scale_ if zscore else np.ones(n_kept),
        )

    def __call__(self, cohort: Expression) -> NDArray[np.float32]:
        """Return the model's input, shape (n_samples, n_kept).

        Raises:
            DataError: If the cohort lacks a kept gene.
        """
        position = {gene: index for index, gene in enumerate(cohort.genes.tolist())}
        missing = [gene for gene in self.genes.tolist() if gene not in position]
        if missing:
            kinds = [kind_of_names(names) for names in (self.genes, cohort.genes)]
            advice = "give data of the same platform"
            if kinds[0] != kinds[1]:
                advice = f"the model's are {kinds[0]}, the data's are {kinds[1]}: give --gene-map"
            raise DataError(
                f"{len(missing)} of the model's {len(self.genes)} genes are not in the data, "
                f"{shown(missing[0])} for one: {advice}."
            )
        columns = [position[gene] for gene in self.genes.tolist()]
        values = cohort.expression[:, columns].astype(np.float64)
        values = np.where(np.isnan(values), self.fill, values)
        return ((values - self.mean) / self.scale).astype(np.float32)


@dataclass(frozen=True, eq=False, repr=False)
class Preprocessor(Brief):
    """Everything that is fitted on training rows before the model is.

    Args:
        transform: Of expression.
        labels: Of ln IC50, or of what is left of it without the mean of the sample's kind.
        kinds: These means; None where samples have no kind.
    """

    transform: GeneTransform
    labels: LabelNormaliser
    kinds: KindMeans | None = None

    @classmethod
    def fit(cls, cohort: Cohort, zscore: bool, variance_threshold: float) -> Self:
        """Fit on a cohort of training rows.

        Raises:
            DataError: If no gene passes the filter.
        """
        kinds = None if cohort.kinds is None else KindMeans.fit(cohort.ln_ic50, cohort.kinds)
        left = cohort.ln_ic50 - (0.0 if kinds is None else kinds.of(cohort))
        return cls(
            GeneTransform.fit(cohort, zscore, variance_threshold),
            LabelNormaliser().fit(left[:, np.newaxis]),
            kinds,
        )

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Make a preprocessor again from its state.

        Raises:
            KeyError: If the state lacks something.
        """
        genes = np.array(state.details["genes"])
        arrays = {name: np.asarray(array) for name, array in state.arrays.items()}
        labels = LabelNormaliser()
        labels.mean_, labels.scale_ = arrays["label.mean"], arrays["label.scale"]
        labels.n_features_in_ = len(labels.mean_)
        transform = GeneTransform(genes, *(arrays[f"genes.{name}"] for name in CONSTANTS))
        kinds = None
        if "kinds" in state.details:
            kinds = KindMeans(
                tuple(state.details["kinds"]), arrays["kinds.mean"], float(arrays["kinds.overall"])
            )
        return cls(transform, labels, kinds)

    def state(self) -> State:
        """Return gene names and constants as plain numbers."""
        arrays = {f"genes.{name}": getattr(self.transform, name) for name in CONSTANTS}
        arrays |= {"label.mean": self.labels.mean_, "label.scale": self.labels.scale_}
        details: dict[str, Any] = {"genes": self.transform.genes.tolist()}
        if self.kinds is not None:
            arrays |= {"kinds.mean": self.kinds.means}
            arrays |= {"kinds.overall": np.array(self.kinds.overall)}
            details["kinds"] = list(self.kinds.names)
        return State(arrays, details)

    def genes(self, cohort: Expression) -> NDArray[np.float32]:
        """Return the model's input, shape (n_samples, n_kept)."""
        return self.transform(cohort)

    def label(self, cohort: Cohort) -> NDArray[np.float64]:
        """Return the normalised label, shape (n_samples,)."""
        left = cohort.ln_ic50 - self.expected(cohort)
        return self.labels.transform(left[:, np.newaxis])[:, 0]

    def measured(self, cohort: Cohort, label: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what labels mean in the unit of the measure, shape (n_samples,).

        NaN for a label at or beyond +-1: the tanh never reaches it.

        Args:
            cohort: The samples.
            label: Such as the predicted ones, shape (n_samples,).
        """
        inside = np.where(np.abs(label) < 1.0, label, 0.0)
        value = self.labels.inverse_transform(inside[:, np.newaxis])[:, 0] + self.expected(cohort)
        return np.where(np.abs(label) < 1.0, cohort.measure.from_scale(value), np.nan)

    def expected(self, samples: OfKinds) -> NDArray[np.float64] | float:
        """Return the mean of each sample's kind; 0 where the run leaves none out."""
        return 0.0 if self.kinds is None else self.kinds.of(samples)


def fit_preprocessor(train: Cohort, data: DataConfig) -> Preprocessor:
    """Fit on training samples what settings ask for.

    Genes are standardised if that is asked for, or unless they come so.

    Args:
        train: Training samples.
        data: The settings.

    Raises:
        DataError: If no gene passes the filter.
    """
    zscore = not train.standardised if data.zscore is None else data.zscore
    return Preprocessor.fit(train, zscore, data.variance_threshold)
