"""Errors that Team PNU published of its networks, as tables."""

from functools import cache
from importlib.resources import files

import pandas as pd

FIGURES = {
    "resqnn_moe": "published_rmse_resmlp_moe.csv",
    "qnn": "published_rmse_qnn_mlp.csv",
    "modes": "published_pd_rmse_by_mode.csv",
    "strategies": "published_rmse_by_strategy.csv",
}
"""Files: errors over qubits and layers of two networks, by mode, and by strategy.

Read off the figures of the report at +-0.005; one run each, without seeds and intervals.
"""

WHAT_THEY_ARE = (
    "Published errors are read off figures; no seed, split or interval stands beside them. The "
    "errors of ResQNN-MoE over qubits and layers (0.226 to 0.249) are most likely those of "
    "training: an individual fit of the mechanism to all data has 0.223, which is the noise of the "
    "measurements."
)
"""What is known of the published figures."""


@cache
def published(figure: str) -> pd.DataFrame:
    """Return a published table.

    Args:
        figure: A key of :data:`FIGURES`.
    """
    with files("qkdrp.experiments.pkpd.networks").joinpath(FIGURES[figure]).open("rb") as file:
        return pd.read_csv(file)
