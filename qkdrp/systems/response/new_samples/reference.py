"""What a run keeps of its training samples: how genes, embedding and angles are distributed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from qkdrp.nn.hybrid import HybridModel
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.preprocess import GeneTransform, Preprocessor
from qkdrp.training.stored_state import State
from qkdrp.training.trained import Trained

N_QUANTILES = 33
"""Quantiles that are kept of each gene, the smallest and largest value among them."""

SATURATED = 0.9
"""Share of r beyond which an angle counts as at the end of its range."""

RIDGE = 1e-6
"""Share of the mean variance that is added to each direction of the embedding: some have none."""

Reals = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GeneReference:
    """How the genes that a model reads are distributed over its training samples.

    Args:
        mean: Shape (n_genes,).
        sd: Shape (n_genes,); 1 where there is no spread.
        quantiles: Shape (n_genes, :data:`N_QUANTILES`); None where they were not kept.
    """

    mean: Reals
    sd: Reals
    quantiles: Reals | None = None

    @classmethod
    def of_transform(cls, transform: GeneTransform) -> "GeneReference":
        """Return what a preprocessing tells: means, and spreads where it standardises."""
        return cls(transform.fill, transform.scale)

    @classmethod
    def of_rows(cls, transform: GeneTransform, train: Cohort) -> "GeneReference":
        """Return how the kept genes are distributed over the training rows of a preprocessing."""
        position = {gene: place for place, gene in enumerate(train.genes.tolist())}
        columns = [position[gene] for gene in transform.genes.tolist()]
        values = train.expression[:, columns].astype(np.float64)
        sd = np.nanstd(values, axis=0)
        return cls(transform.fill, np.where(sd > 0, sd, 1.0), gene_quantiles(values))


@dataclass(frozen=True, eq=False)
class EmbeddingReference:
    """Where training samples lie in a model.

    Args:
        mean: Of the embedding phi, shape (n_features,).
        precision: Inverse of its covariance, shape (n_features, n_features).
        far: Distance that 1% of the training samples exceed.
        median: Distance that half of them exceed.
        saturated: Share of angles beyond :data:`SATURATED` of r; NaN for models without r.
    """

    mean: Reals
    precision: Reals
    far: float
    median: float
    saturated: float

    def distance(self, phi: Reals) -> Reals:
        """Return the Mahalanobis distance of embeddings, shape (n_samples,)."""
        offset = phi - self.mean
        return np.asarray(np.sqrt(np.einsum("ni,ij,nj->n", offset, self.precision, offset)))


def saturated_share(model: HybridModel, angles: Reals) -> float:
    """Return the share of angles beyond :data:`SATURATED` of r; NaN for models without r."""
    r = model.trace().get("r")
    return float("nan") if r is None else float((np.abs(angles) > SATURATED * r).mean())


def embed(model: nn.Module, genes: NDArray[np.float32]) -> tuple[Reals, Reals]:
    """Return embedding and angles of preprocessed genes; no circuit is run."""
    assert isinstance(model, HybridModel)
    phi, angles = model.embed(torch.from_numpy(np.array(genes, dtype=np.float32)))
    return phi.double().numpy(), angles.double().numpy()


def gene_quantiles(values: Reals) -> Reals:
    """Return quantiles of each gene, as numpy's ``nanquantile`` but all genes at once.

    Args:
        values: Shape (n_samples, n_genes); NaN where missing, one value at least of each gene.

    Returns:
        Shape (n_genes, :data:`N_QUANTILES`).
    """
    ordered = np.sort(values, axis=0)  # NaN comes last
    last = (~np.isnan(values)).sum(axis=0) - 1
    place = np.linspace(0, 1, N_QUANTILES)[:, np.newaxis] * last
    below = np.floor(place).astype(np.int64)
    low, high = (
        np.take_along_axis(ordered, at, axis=0) for at in (below, np.ceil(place).astype(int))
    )
    return np.asarray(low + (place - below) * (high - low), dtype=np.float64).T


def reference_state(trained: Trained[Any, Preprocessor], train: Cohort) -> State:
    """Return what a run keeps of its training samples; no row of theirs is in it."""
    transform, model = trained.preprocessor.transform, trained.model
    assert isinstance(model, HybridModel)
    genes = GeneReference.of_rows(transform, train)
    assert genes.quantiles is not None
    phi, angles = embed(model, transform(train))
    covariance = np.atleast_2d(np.cov(phi, rowvar=False))
    covariance += RIDGE * (np.trace(covariance) / len(covariance) + 1e-12) * np.eye(len(covariance))
    centre = np.asarray(phi.mean(axis=0), dtype=np.float64)
    inverse = np.asarray(np.linalg.inv(covariance), dtype=np.float64)
    found = EmbeddingReference(centre, inverse, 0.0, 0.0, 0.0)
    distances = found.distance(phi)
    return State(
        {
            "genes.sd": genes.sd,
            "genes.quantiles": genes.quantiles.astype(np.float32),
            "embedding.mean": found.mean,
            "embedding.precision": found.precision,
            "embedding.distances": np.quantile(distances, [0.5, 0.99]),
            "angles.saturated": np.array([saturated_share(model, angles)]),
        },
        {},
    )


def gene_reference(transform: GeneTransform, state: State | None) -> GeneReference:
    """Return how the training samples' genes are distributed, as far as it is known."""
    if state is None:
        return GeneReference.of_transform(transform)
    arrays = state.arrays
    return GeneReference(
        transform.fill, arrays["genes.sd"], arrays["genes.quantiles"].astype(np.float64)
    )


def embedding_reference(state: State | None) -> EmbeddingReference | None:
    """Return where training samples lie in the model; None where it is not known."""
    if state is None:
        return None
    arrays = state.arrays
    median, far = (float(each) for each in arrays["embedding.distances"])
    return EmbeddingReference(
        arrays["embedding.mean"],
        arrays["embedding.precision"],
        far,
        median,
        float(arrays["angles.saturated"][0]),
    )
