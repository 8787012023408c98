"""How near drugs and cell lines are to those that a model was trained on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qkdrp.common.brief import Brief
from qkdrp.systems.pairs.data.graph import fingerprints, read_molecule
from qkdrp.systems.pairs.data.pair_data import Drugs

RARE = 0.01
"""Share of training molecules, or lines, that are farther from all others than those in range."""

Reals = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Nearest(Brief):
    """The nearest training molecule, or line, of each of some.

    Args:
        place: Its place among those of training, shape (n,).
        value: Similarity or distance, shape (n,).
        limit: Value that :data:`RARE` of the training ones exceed towards the far side, each
            compared with all others; NaN for fewer than two.
        outside: Whether it is beyond the limit, shape (n,).
    """

    place: Places
    value: Reals
    limit: float
    outside: NDArray[np.bool_]


def canonical(smiles: NDArray[np.str_]) -> NDArray[np.str_]:
    """Return texts that are the same for the same molecule, shape (n,)."""
    from rdkit import Chem

    texts = [Chem.MolToSmiles(read_molecule(each, each)) for each in smiles.tolist()]
    return np.array(texts, dtype=np.str_)


def tanimoto(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Reals:
    """Return the share of bits set in both among those set in either, shape (n_first, n_second).

    Args:
        first: Fingerprints, 0 or 1, shape (n_first, n_bits).
        second: Shape (n_second, n_bits).
    """
    one, other = first.astype(np.float64), second.astype(np.float64)
    both = one @ other.T
    either = one.sum(axis=1)[:, np.newaxis] + other.sum(axis=1) - both
    return np.asarray(np.divide(both, either, out=np.ones_like(both), where=either > 0))


def nearest_drugs(drugs: Drugs, trained: Drugs) -> Nearest:
    """Return the most similar training molecule of each drug, by Morgan fingerprints.

    Args:
        drugs: The drugs.
        trained: Those of training, one at least.
    """
    own = fingerprints(trained.smiles, trained.ids)
    similarity = tanimoto(fingerprints(drugs.smiles, drugs.ids), own)
    among = tanimoto(own, own)
    np.fill_diagonal(among, -np.inf)
    place = similarity.argmax(axis=1)
    value = similarity[np.arange(len(place)), place]
    limit = float(np.quantile(among.max(axis=1), RARE)) if len(own) > 1 else np.nan
    return Nearest(place, value, limit, value < limit)


def nearest_lines(lines: NDArray[np.float32], trained: NDArray[np.float32]) -> Nearest:
    """Return the nearest training line of each line: the root mean square over all features.

    Args:
        lines: Features as the model reads them, shape (n_lines, n_features).
        trained: Those of training lines, one at least.
    """
    own = trained.astype(np.float64)
    distance = _distances(lines.astype(np.float64), own)
    among = _distances(own, own)
    np.fill_diagonal(among, np.inf)
    place = distance.argmin(axis=1)
    value = distance[np.arange(len(place)), place]
    limit = float(np.quantile(among.min(axis=1), 1 - RARE)) if len(own) > 1 else np.nan
    return Nearest(place, value, limit, value > limit)


def _distances(first: Reals, second: Reals) -> Reals:
    """Return root mean square differences, shape (n_first, n_second)."""
    squares = (first**2).sum(axis=1)[:, np.newaxis] + (second**2).sum(axis=1)
    found = np.maximum(squares - 2 * first @ second.T, 0.0) / first.shape[1]
    return np.asarray(np.sqrt(np.where(found < 1e-12, 0.0, found)))
