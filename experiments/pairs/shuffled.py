"""The negative control: pairs whose drugs are shuffled within each cell line."""

from dataclasses import replace

import numpy as np

from qkdrp.systems.pairs.data.pair_data import PairData


def drugs_shuffled(pairs: PairData, seed: int) -> PairData:
    """Return pairs with the values of each cell line dealt out to its drugs at random.

    What is known of a line stays; which of its drugs has which value is lost.

    Args:
        pairs: The pairs.
        seed: Of the shuffling.
    """
    rng = np.random.default_rng(seed)
    by_line = np.argsort(pairs.line, kind="stable")
    at_random = np.lexsort((rng.random(len(pairs)), pairs.line))
    value = np.empty_like(pairs.value)
    value[by_line] = pairs.value[at_random]
    return replace(pairs, value=value)
