"""How fast values change with an angle of a gate, and which shifts give the slope."""

import math
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
from qiskit.circuit import Gate

SAMPLES = 32
"""Angles at which a gate's matrix is looked at for its frequencies, over a period of 4 pi."""

VANISHING = 1e-9
"""Size of a Fourier coefficient that is none."""


class Shift(NamedTuple):
    """A pair of shifted values: ``weight * (value at + shift - value at - shift)``.

    Attributes:
        parameter: Index of the parameter that is shifted.
        shift: Radians.
        weight: Of the difference in the derivative.
    """

    parameter: int
    shift: float
    weight: float


@cache
def frequencies_of(gate: type[Gate], n_arguments: int, index: int) -> tuple[float, int]:
    """Return the least frequency of values in an angle of a gate, and how many multiples.

    An entry of the gate's matrix is a sum of waves in the angle, a value one of their products.
    """
    angles = np.tile(0.3 + np.arange(n_arguments), (SAMPLES, 1))  # the others are anything
    angles[:, index] = 4 * np.pi / SAMPLES * np.arange(SAMPLES)
    entries = np.array([gate(*row).to_matrix().ravel() for row in angles])
    waves = np.flatnonzero(
        np.abs(np.fft.fft(entries, axis=0, norm="forward")).max(axis=1) > VANISHING
    )
    halves = np.where(waves < SAMPLES // 2, waves, waves - SAMPLES)
    beats = {abs(int(a - b)) for a in halves for b in halves} - {0}
    least = math.gcd(*beats)
    return (least / 2, max(beats) // least) if beats else (0.0, 0)


def shifts_of(parameter: int, least: float, count: int) -> Iterator[Shift]:
    """Yield the shifts of a parameter in which values have some multiples of a frequency.

    The general rule of Wierichs et al. 2022 (Quantum 6, 677), in pairs whose weights solve
    ``2 sum_s weight_s sin(frequency shift_s) = frequency`` for each frequency.
    """
    multiples = least * np.arange(1, count + 1)
    shifts = [(2 * k + 1) * math.pi / (2 * count * least) for k in range(count)]
    weights = np.linalg.solve(2 * np.sin(np.outer(multiples, shifts)), multiples)
    for shift, weight in zip(shifts, weights.tolist(), strict=True):
        yield Shift(parameter, shift, weight)
