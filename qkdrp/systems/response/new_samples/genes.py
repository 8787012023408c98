"""Which of a model's genes new samples have, and what the missing ones weigh."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import nn

from qkdrp.common.errors import DataError
from qkdrp.systems.response.data.gene_names import kind_of_names
from qkdrp.systems.response.new_samples.samples import Samples

SHOWN = 5
"""Missing genes that are named in one line."""


@dataclass(frozen=True)
class GeneMatch:
    """What of a model's genes was found.

    Args:
        n_genes: Genes that the model reads.
        missing: Those that the samples lack, the heaviest first.
        share: Share of the genes that the samples have.
        weight: Share of the squared weights of the encoder's first layer that those carry.
    """

    n_genes: int
    missing: tuple[str, ...]
    share: float
    weight: float

    @property
    def line(self) -> str:
        """What was found, and by what the rest was replaced, in one line."""
        found = self.n_genes - len(self.missing)
        text = (
            f"genes    {found} of {self.n_genes} ({self.share:.0%}), which carry "
            f"{self.weight:.0%} of the encoder's weight"
        )
        if not self.missing:
            return text
        more = f" and {len(self.missing) - SHOWN} more" if len(self.missing) > SHOWN else ""
        return (
            f"{text}; training means stand for {', '.join(self.missing[:SHOWN])}{more} "
            "(heaviest first)"
        )

    def record(self) -> dict[str, Any]:
        """Return all as JSON."""
        return {
            "n_genes": self.n_genes,
            "share_of_genes": self.share,
            "share_of_weight": self.weight,
            "missing_genes": list(self.missing),
        }


def match_genes(
    genes: NDArray[np.str_], encoder: nn.Module | None, samples: Samples, least: float
) -> tuple[NDArray[np.float64], GeneMatch]:
    """Return expression of a model's genes by name, NaN where it is missing.

    Args:
        genes: Names of the model's genes, shape (n_genes,).
        encoder: Its first linear layer reads them; None counts all genes alike.
        samples: New samples; other genes of theirs are not looked at.
        least: Smallest share of the genes that must be there.

    Returns:
        Expression, shape (n_samples, n_genes), and what was found.

    Raises:
        DataError: If too few are there.
    """
    columns = pd.Index(samples.genes).get_indexer(pd.Index(genes))
    there = columns >= 0
    values = np.full((len(samples), len(genes)), np.nan)
    values[:, there] = samples.expression[:, columns[there]]
    weights = np.ones(len(genes)) if encoder is None else _weights(encoder)
    order = np.argsort(-weights, kind="stable")
    found = GeneMatch(
        n_genes=len(genes),
        missing=tuple(genes[order][~there[order]].tolist()),
        share=float(there.mean()),
        weight=float(weights[there].sum() / weights.sum()),
    )
    if not there.any():
        raise DataError(_nothing_in_common(genes, samples))
    if found.share < least:
        raise DataError(
            f"{samples.provenance}: found {there.sum()} of the model's {len(genes)} genes "
            f"({found.share:.0%}), expected at least {least:.0%}; missing are, for one, "
            f"{', '.join(found.missing[:SHOWN])}: {_other_names(genes, samples)}give data "
            "with more of them, or allow it with --min-genes."
        )
    return values, found


def _weights(encoder: nn.Module) -> NDArray[np.float64]:
    """Return the squared weights of each gene in the first linear layer, shape (n_genes,)."""
    first = next(part for part in encoder.modules() if isinstance(part, nn.Linear))
    squares: NDArray[np.float64] = (first.weight.detach().double() ** 2).sum(dim=0).numpy()
    return squares


def _nothing_in_common(genes: NDArray[np.str_], samples: Samples) -> str:
    text = (
        f"{samples.provenance}: found none of the model's {len(genes)} genes; the samples have "
        f"{str(samples.genes[0])!r}, the model reads {str(genes[0])!r}: "
    )
    if np.isin(samples.samples, genes).any():
        return f"{text}genes are in rows here, expected in columns: transpose the table."
    return f"{text}{_other_names(genes, samples)}use the gene names that it was trained with."


def _other_names(genes: NDArray[np.str_], samples: Samples) -> str:
    """Return of which kinds the names of the genes are, where these differ."""
    model, there = (kind_of_names(names).rstrip(",") for names in (genes, samples.genes))
    return "" if model == there else f"the samples' are {there}, the model's are {model}; "
