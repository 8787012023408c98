"""Steady state under regular dosing: the periodic solution, without dosing until it is reached."""

from dataclasses import dataclass

import torch

from qkdrp.systems.pkpd.mechanism.curves import Curves, Parameters
from qkdrp.systems.pkpd.mechanism.disposition import exponentials
from qkdrp.systems.pkpd.mechanism.grid import NODES, offsets
from qkdrp.systems.pkpd.mechanism.response import drug_effect, scan, steps, widen
from qkdrp.systems.pkpd.mechanism.structure import Structure

REFINE = 2
"""Into how many parts a step of the grid is cut here: one interval costs little."""


@dataclass(frozen=True, eq=False)
class SteadyInterval:
    """The interval between two doses once it repeats, for any dose.

    Concentrations are proportional to the dose: they are computed once, for 1 mg. The exponential
    of rate r in them is ``e^(-r t) / (1 - e^(-r interval))``; the biomarker at a dose solves
    ``rho = gain * rho + offset`` over one interval.

    ``points`` are hours after a dose, shape (n_points,); ``at_points`` and ``at_nodes`` (two for
    each step) are concentrations after doses of 1 mg, shapes (..., n_points) and
    (..., n_points - 1).
    """

    structure: Structure
    parameters: Parameters
    points: torch.Tensor
    at_points: torch.Tensor
    at_nodes: tuple[torch.Tensor, torch.Tensor]

    @classmethod
    def of(
        cls,
        structure: Structure,
        parameters: Parameters,
        interval: float,
        times: torch.Tensor | None = None,
        refine: int = REFINE,
    ) -> "SteadyInterval":
        """Return the interval of a mechanism; arguments as those of :func:`steady_state`."""
        end = torch.tensor([float(interval)], dtype=torch.float64)
        grid = offsets(float(interval), end, refine)
        points = grid[grid <= interval]
        if times is not None:
            points = torch.unique(torch.cat([points, times]))
        terms = exponentials(structure, parameters)
        weights = terms.weights / -torch.expm1(-terms.rates * interval)

        def unit(at: torch.Tensor) -> torch.Tensor:
            decays = torch.exp(-terms.rates[..., None] * at)
            return (weights[..., None, :] @ decays)[..., 0, :]

        first, second = (unit(points[:-1] + node * points.diff()) for node in NODES)
        return cls(structure, parameters, points, unit(points), (first, second))

    def at(self, dose: float | torch.Tensor) -> Curves:
        """Return the curves of a dose, mg (a number or shape (...)), at all points."""
        amount = torch.as_tensor(dose, dtype=torch.float64)[..., None]
        concentration = amount * self.at_points
        if self.structure.effect == "direct":
            rho = drug_effect(self.structure, self.parameters, concentration)
        else:
            first, second = (
                drug_effect(self.structure, self.parameters, amount * unit)
                for unit in self.at_nodes
            )
            span = self.parameters["kout"][..., None] * self.points.diff()
            maps = scan(steps(self.structure, span, (first, second)))
            start = maps.offset[..., -1:] / (1 - maps.gain[..., -1:])
            rho = maps.gain * start + maps.offset
        return Curves(self.points, concentration, widen(self.parameters["R0"], rho) * rho)


def steady_state(
    structure: Structure,
    parameters: Parameters,
    dose: float | torch.Tensor,
    interval: float,
    times: torch.Tensor | None = None,
    refine: int = REFINE,
) -> Curves:
    """Return the curves between two doses once they repeat.

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
    times = None if times is None else torch.as_tensor(times, dtype=torch.float64)
    found = SteadyInterval.of(structure, parameters, interval, times, refine).at(dose)
    if times is None:
        return found
    chosen = torch.searchsorted(found.times, times)
    return Curves(times, found.concentration[..., chosen], found.biomarker[..., chosen])
