"""Which of several drugs comes first for a sample, and how sure that is.

ln IC50 of drugs cannot be compared: doses and potencies differ. The place of a prediction among a
drug's training predictions can be.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from qkdrp.common.conformal import conformal_bounds
from qkdrp.systems.response.new_samples.table import DrugForecast

N_DRAWS = 1000
"""Draws of the errors of all drugs' places."""

RANKS = ("rank", "rank_low", "rank_high")
"""Columns of ranks, 1 for the drug that comes first."""

SEED = 20250510
"""Of the draws: the same predictions give the same table."""

Reals = NDArray[np.float64]


def rank_drugs(
    ids: NDArray[np.str_], forecasts: Mapping[str, DrugForecast], coverage: float
) -> pd.DataFrame:
    """Return one row per sample and drug, best drug first, in the order of the samples.

    ``percentile_low`` and ``percentile_high`` hold the place of the measured value among the drug's
    measured training values, by conformal prediction. ``rank_low`` and ``rank_high`` are quantiles
    of the rank over draws: each drug's place gets the error of a random validation row of that
    drug, errors of drugs being taken for independent. Both are blank for a drug without validation
    rows.

    Args:
        ids: Of the samples.
        forecasts: By drug; two at least.
        coverage: Share that bounds are to hold.
    """
    places = np.stack([each.place for each in forecasts.values()])
    ranks = rankdata(places, axis=0, method="min", nan_policy="omit")
    low, high = _rank_bounds(places, list(forecasts.values()), coverage)
    parts = []
    for row, (drug, found) in enumerate(forecasts.items()):
        table = found.table(coverage)
        table.insert(0, "sample", ids)
        table.insert(1, "drug", drug)
        bounds = _place_bounds(found, coverage)
        table = table.assign(percentile_low=bounds[0], percentile_high=bounds[1])
        of_drug = dict(zip(RANKS, (ranks[row], low[row], high[row]), strict=True))
        parts.append(table.assign(**of_drug))
    whole = pd.concat(parts)
    order = np.lexsort((whole["rank"].to_numpy(), whole.index.to_numpy()))
    whole = whole.iloc[order].reset_index(drop=True)
    return whole.astype(dict.fromkeys(RANKS, "Int64"))  # whole numbers, or blanks


def _place_bounds(found: DrugForecast, coverage: float) -> tuple[Reals, Reals]:
    if not sum(map(len, found.place_errors)):
        nowhere = np.full(found.percentile.shape[1], np.nan)
        return nowhere, nowhere
    errors = [np.abs(each) for each in found.place_errors]
    low, high = conformal_bounds(found.percentile, errors, coverage)
    return np.clip(low, 0, 100), np.clip(high, 0, 100)


def _rank_bounds(
    places: Reals, forecasts: list[DrugForecast], coverage: float
) -> tuple[Reals, Reals]:
    """Return bounds of the rank of each drug and sample, shape (n_drugs, n_samples)."""
    pools = [np.concatenate(list(each.place_errors)) for each in forecasts]
    if not all(map(len, pools)):
        nowhere = np.full(places.shape, np.nan)
        return nowhere, nowhere
    rng = np.random.default_rng(SEED)
    errors = np.stack([rng.choice(pool, N_DRAWS) for pool in pools])  # (n_drugs, n_draws)
    levels = [(1 - coverage) / 2, (1 + coverage) / 2]
    low, high = np.empty_like(places), np.empty_like(places)
    for sample in range(places.shape[1]):
        drawn = np.clip(places[:, sample, np.newaxis] + errors, 0, 100)
        ranks = rankdata(drawn, axis=0, method="min")
        low[:, sample], high[:, sample] = np.quantile(ranks, levels, axis=1, method="nearest")
    unknown = np.isnan(places).any(axis=0)
    low[:, unknown] = high[:, unknown] = np.nan
    return low, high
