"""What the spread of angles means for a circuit of a length scale, in words made of numbers."""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.systems.pairs.config import ModelConfig
from qkdrp.systems.pairs.length_scale import SHOWN_MOVE, LengthScale
from qkdrp.systems.pairs.spread import BEYOND_PI, DRUG_SD, LINE_SD

FLAT, HASHED = 0.1, 2.0
"""Spreads, as multiples of the length scale, below which the circuit sees nearly one point, and
beyond which neighbours get unrelated outputs."""

UNBOUNDED = "identity"
"""The normalisation without any."""


def scale_words(config: ModelConfig, scale: LengthScale) -> Iterator[str]:
    """Yield how far angles may move before the output is another one."""
    correlation, interval = scale.at(SHOWN_MOVE)
    if math.isnan(correlation):
        yield "Its output does not vary over angles drawn from N(0, 1), so it has no length scale."
        return
    bounds = "" if interval is None else f" ({interval[0]:.2f} to {interval[1]:.2f})"
    half = (
        "It does not fall to one half within the moves that were tried"
        if scale.value is None
        else f"It falls to one half at {scale.value:.3g} rad: the length scale of the circuit"
    )
    yield (
        f"Where each of its {config.n_angles} angles moves by {SHOWN_MOVE:g} rad (rms, at random), "
        f"the output keeps a correlation of {correlation:.2f}{bounds} with the former output. "
        f"{half}. The changes of all angles add up, so a circuit that takes more angles has a "
        "shorter one."
    )


def spread_words(best: pd.DataFrame, scale: LengthScale) -> Iterator[str]:
    """Yield how embeddings spread at the best epoch, beside the length scale.

    Args:
        best: The row of the history of that epoch; may be empty.
        scale: Of the circuit.
    """
    if best.empty or scale.value is None:
        return
    row = best.iloc[0]
    lines, drugs = float(row[LINE_SD]), float(row[DRUG_SD])
    yield (
        f"At the epoch of the model, embeddings differ by {lines:.2g} rad between lines and "
        f"{drugs:.2g} rad between drugs (before the normalisation), "
        f"{lines / scale.value:.2g} and {drugs / scale.value:.2g} times the length scale; "
        f"{row[BEYOND_PI]:.1%} of the angles are beyond pi."
    )


def angle_words(
    config: ModelConfig, scale: LengthScale, angles: NDArray[np.float64] | None
) -> Iterator[str]:
    """Yield what the angles of this model mean for its circuit, and what normalisation does.

    Args:
        config: Of the model.
        scale: Of its circuit.
        angles: Of test pairs, shape (n_pairs, n_angles); None where none are kept.
    """
    if angles is not None and scale.value is not None:
        spread = float(np.sqrt(angles.var(axis=0).mean()))
        yield (
            f"The angles of the test pairs, which the circuit takes, differ by {spread:.2g} rad "
            f"between pairs (rms over angles), {spread / scale.value:.2g} times the length scale: "
            f"{_meaning(spread / scale.value)}"
        )
    if config.normalisation == UNBOUNDED:
        yield (
            "Nothing bounds or scales the angles of this model (normalisation identity, as "
            "published). Training may spread the embeddings to any size. Where similar pairs "
            "differ by more than the length scale, their outputs have nothing to do with each "
            "other: the circuit is a hash of the pair and not a function that can be learned from "
            "neighbours, and beyond pi angles wrap around. Where all pairs lie within a small part "
            "of it, the circuit is close to linear. Which of the two a run gets depends on "
            "learning rate, data size and dropout. --normalisation moderated keeps angles within "
            "r, and its slope r/a makes the differences between embeddings smaller."
        )
    elif config.normalisation == "moderated":
        yield (
            f"The normalisation r tanh(phi/a) keeps angles within {config.r:.3g} rad, and its "
            f"slope r/a = {config.r / config.a:.3g} makes differences between embeddings smaller "
            "by this factor: it acts as a scale as much as a bound. Without it "
            "(--normalisation identity, as published) nothing keeps differences between similar "
            "pairs below the length scale, beyond which the circuit is a hash of the pair."
        )


def _meaning(ratio: float) -> str:
    if ratio < FLAT:
        return (
            "the circuit sees nearly one point, where it is close to a linear function of the "
            "angles."
        )
    if ratio < HASHED:
        return "the circuit resolves these differences."
    return (
        "pairs that differ like two random ones get unrelated outputs, so that only much more "
        "similar pairs tell the model anything about each other."
    )
