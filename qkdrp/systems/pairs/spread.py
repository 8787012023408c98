"""The spread of angles: whether a circuit of short length scale sees a function or a hash."""

import math
from collections.abc import Mapping

import torch

ANGLE_SD, LINE_SD, DRUG_SD, BEYOND_PI = "angle_sd", "line_sd", "drug_sd", "beyond_pi"
"""Names of the values in the history: standard deviation of all angles, root mean square over
features of the standard deviation of embeddings between lines and between drugs, share of angles
beyond pi. In radians, but the last; embeddings are before the normalisation."""

SPREADS = (ANGLE_SD, LINE_SD, DRUG_SD, BEYOND_PI)


@torch.no_grad()
def spread_of(
    lines: torch.Tensor, drugs: torch.Tensor, angles: torch.Tensor
) -> Mapping[str, float]:
    """Return the spread of embeddings and angles.

    Args:
        lines: Embeddings of distinct lines, shape (n_lines, 128).
        drugs: Embeddings of distinct drugs, shape (n_drugs, 128).
        angles: Of pairs, shape (n_pairs, n_angles).
    """
    return {
        ANGLE_SD: float(angles.std(correction=0)),
        LINE_SD: _between(lines),
        DRUG_SD: _between(drugs),
        BEYOND_PI: float((angles.abs() > math.pi).float().mean()),
    }


def _between(embeddings: torch.Tensor) -> float:
    return float(embeddings.var(dim=0, correction=0).mean().sqrt())
