"""Steady state under regular dosing: the periodic solution, without dosing until it is reached."""

import torch

from qkdrp.systems.pkpd.mechanism.curves import Curves, Parameters
from qkdrp.systems.pkpd.mechanism.disposition import exponentials
from qkdrp.systems.pkpd.mechanism.grid import NODES, offsets
from qkdrp.systems.pkpd.mechanism.response import drug_effect, scan, steps, widen
from qkdrp.systems.pkpd.mechanism.structure import Structure

REFINE = 2
"""Into how many parts a step of the grid is cut here: one interval costs little."""


def steady_state(
    structure: Structure,
    parameters: Parameters,
    dose: float | torch.Tensor,
    interval: float,
    times: torch.Tensor | None = None,
    refine: int = REFINE,
) -> Curves:
    """Return the curves between two doses once they repeat.

    The exponential of rate r in the concentration becomes ``e^(-r t) / (1 - e^(-r interval))``; the
    biomarker at a dose solves ``R = gain * R + offset`` over one interval.

    Args:
        structure: The mechanism.
        parameters: Natural parameters, each of shape (...).
        dose: mg per dose, a number or shape (...).
        interval: Hours between doses, positive.
        times: Hours after a dose, 0 to ``interval``, shape (n_times,), increasing; by default those
            of the grid, which holds both ends.
        refine: Into how many parts a step of the grid is cut.

    Returns:
        Curves of shapes (n_times,), (..., n_times) and (..., n_times).
    """
    end = torch.tensor([float(interval)], dtype=torch.float64)
    grid = offsets(float(interval), end, refine)
    grid = grid[grid <= interval]
    chosen = grid if times is None else torch.as_tensor(times, dtype=torch.float64)
    points = torch.unique(torch.cat([grid, chosen]))
    terms = exponentials(structure, parameters)
    amount = torch.as_tensor(dose, dtype=torch.float64)[..., None]
    weights = (amount * terms.weights / -torch.expm1(-terms.rates * interval))[..., None, :]

    def concentration(at: torch.Tensor) -> torch.Tensor:
        return (weights @ torch.exp(-terms.rates[..., None] * at))[..., 0, :]

    if structure.effect == "direct":
        rho = drug_effect(structure, parameters, concentration(points))
    else:
        lengths = points.diff()
        factors = tuple(
            drug_effect(structure, parameters, concentration(points[:-1] + node * lengths))
            for node in NODES
        )
        first, second = factors
        maps = scan(steps(structure, parameters["kout"][..., None] * lengths, (first, second)))
        start = maps.offset[..., -1:] / (1 - maps.gain[..., -1:])
        rho = maps.gain * start + maps.offset
    at = torch.searchsorted(points, chosen)
    return Curves(chosen, concentration(chosen), widen(parameters["R0"], rho) * rho[..., at])
