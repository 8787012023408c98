"""Logarithms of predicted curves at observation times, with their slopes in the parameters."""

from collections.abc import Iterator
from typing import cast

import torch

from qkdrp.systems.pkpd.mechanism import Design, Schedule, Structure, concentration_of, curves
from qkdrp.systems.pkpd.population.forward_mode import load_forward_mode
from qkdrp.systems.pkpd.population.panel import Panel

CHUNK = 256
"""Subjects that are computed at a time, so that intermediate arrays fit into the cache."""

FLOOR = 1e-12
"""Smallest value whose logarithm is taken: a concentration before the first dose is 0."""


def design_of(panel: Panel) -> Design:
    """Return doses and times of a panel as the mechanism takes them."""
    return Design.of(Schedule(panel.dose_times, panel.dose_amounts), panel.times)


def log_curves(
    structure: Structure, parameters: torch.Tensor, design: Design, n_concentration: int
) -> torch.Tensor:
    """Return logarithms of predicted values at all slots, shape (..., n_slots).

    Args:
        structure: Of the mechanism.
        parameters: On the logarithmic scale, shape (..., n_subjects, n_parameters).
        design: Doses and times of the same subjects.
        n_concentration: How many slots are concentrations.
    """
    natural = structure.to_natural(parameters)
    if n_concentration == design.times.shape[-1]:
        return concentration_of(structure, natural, design).clamp(min=FLOOR).log()
    found = curves(structure, natural, design)
    n = n_concentration
    both = torch.cat([found.concentration[..., :n], found.biomarker[..., n:]], dim=-1)
    return both.clamp(min=FLOOR).log()


def log_curves_of(structure: Structure, parameters: torch.Tensor, panel: Panel) -> torch.Tensor:
    """Return logarithms of predicted values of many subjects, a chunk at a time."""
    parts = [_values(structure, parameters[rows], panel.take(rows)) for rows in _chunks(panel)]
    return torch.cat(parts) if parts else panel.logs


def slopes_of(
    structure: Structure, parameters: torch.Tensor, panel: Panel
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return logarithms of predicted values and their derivatives, by forward differentiation.

    Args:
        structure: Of the mechanism.
        parameters: Logarithmic parameters, shape (n_subjects, n_parameters).
        panel: The same subjects.

    Returns:
        Values of shape (n_subjects, n_slots), slopes (n_subjects, n_slots, n_parameters).
    """
    load_forward_mode()
    found = [_slopes(structure, parameters[rows], panel.take(rows)) for rows in _chunks(panel)]
    values, slopes = zip(*found, strict=True)
    return torch.cat(values), torch.cat(slopes)


def _values(structure: Structure, parameters: torch.Tensor, panel: Panel) -> torch.Tensor:
    return log_curves(structure, parameters, design_of(panel), panel.n_concentration)


def _slopes(
    structure: Structure, parameters: torch.Tensor, panel: Panel
) -> tuple[torch.Tensor, torch.Tensor]:
    design = design_of(panel)

    def values_at(at: torch.Tensor) -> torch.Tensor:
        return log_curves(structure, at, design, panel.n_concentration)

    def along(direction: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        found = torch.func.jvp(values_at, (parameters,), (direction.expand_as(parameters),))
        return cast("tuple[torch.Tensor, torch.Tensor]", found)

    directions = torch.eye(parameters.shape[-1], dtype=parameters.dtype)
    values, slopes = torch.func.vmap(along)(directions)
    return values[0], slopes.permute(1, 2, 0)


def _chunks(panel: Panel) -> Iterator[torch.Tensor]:
    yield from torch.arange(len(panel)).split(CHUNK)
