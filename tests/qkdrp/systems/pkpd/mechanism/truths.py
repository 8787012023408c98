"""The two true mechanisms of the specification, by weight and comedication."""

import math

import torch

from qkdrp.systems.pkpd.mechanism import Structure

TRUTH_A, TRUTH_B = Structure(2, "I"), Structure(1, "III")


def truth(name: str, weight: float, comed: float = 0) -> tuple[Structure, dict[str, torch.Tensor]]:
    s = weight / 70
    if name == "A":
        structure, values = TRUTH_A, {
            "ka": 1.5, "CL": 0.12 * s**0.75, "V": 6 * s, "Q": 0.5 * s**0.75, "V2": 12 * s,
            "R0": 20 * math.exp(-0.15 * comed), "kout": 0.04, "IC50": 0.5, "Imax": 0.8,
        }  # fmt: skip
    else:
        structure, values = TRUTH_B, {
            "ka": 0.8, "CL": 0.05 * s**0.75, "V": 5 * s,
            "R0": 4.0, "kout": 0.03, "EC50": 0.8, "Emax": 3.0,
        }  # fmt: skip
    return structure, structure.to_natural(structure.to_log(values))
