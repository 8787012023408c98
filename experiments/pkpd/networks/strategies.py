"""Errors by strategy of training, beside the published ones."""

from collections.abc import Iterator

import pandas as pd

from qkdrp.experiments.pkpd.networks.parts import STRATEGIES, STRATEGISTS, with_strategy
from qkdrp.experiments.pkpd.networks.published import published
from qkdrp.experiments.pkpd.networks.results import Results
from qkdrp.experiments.pkpd.networks.words import against

BASE, ENGINEERED, DROPOUT = STRATEGIES
"""Base features, engineered ones, and the mean of predictions with dropout."""


def strategies_frame(results: Results) -> pd.DataFrame:
    """Return one row for each endpoint, encoder and strategy that has all folds.

    Args:
        results: Of the study.
    """
    known = published("strategies").set_index(["metric", "encoder"])
    return pd.DataFrame(
        [
            {
                "endpoint": endpoint,
                "encoder": encoder,
                "strategy": strategy,
                "error": results.error(name, endpoint),
                "error_text": results.error_text(name, endpoint),
                "published": float(known.loc[(endpoint, encoder), strategy]),  # type: ignore[arg-type]  # a number
            }
            for endpoint in ("PK", "PD")
            for encoder in STRATEGISTS
            for strategy in STRATEGIES
            if results.has(name := with_strategy(encoder, strategy))
        ]
    )


def strategies_sentences(results: Results) -> Iterator[str]:
    """Yield what features and dropout change, encoder by encoder.

    Args:
        results: Of the study.
    """
    changes = {
        "Engineered features": (ENGINEERED, BASE),
        "MC dropout": (DROPOUT, ENGINEERED),
    }
    for words, (after, before) in changes.items():
        for encoder in STRATEGISTS:
            names = with_strategy(encoder, after), with_strategy(encoder, before)
            if all(map(results.has, names)):
                parts = [f"{each}, {against(results, *names, each)}" for each in ("PK", "PD")]
                yield f"{words}: {' '.join(parts)}"
