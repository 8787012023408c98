"""The times after a dose at which the response is stepped."""

import torch

START = (0.0, 0.1, 0.3, 0.75, 1.5, 3.0, 6.0, 12.0, 24.0, 36.0, 48.0)
"""Hours after a dose: steps grow, as the concentration changes less and less."""

STEP = 24.0
"""Length of later steps, hours."""

NODES = ((1 - 3**-0.5) / 2, (1 + 3**-0.5) / 2)
"""Where in a step the concentration is evaluated: the two points of Gauss and Legendre."""

MOST_LENGTHS = 4
"""Up to so many different dosing intervals are points of the grid."""


def offsets(longest: float, lengths: torch.Tensor | None = None, refine: int = 1) -> torch.Tensor:
    """Return times after a dose, hours, increasing, from 0 up to at least ``longest``.

    Args:
        longest: Last time that is asked for, hours.
        lengths: Dosing intervals, hours; they become points when there are few of them.
        refine: Into how many equal parts each step is cut; the error falls with its 4th power.

    Returns:
        Shape (n_points,), n_points >= 2.
    """
    later = torch.arange(
        START[-1] + STEP, max(longest, START[-1]) + STEP, STEP, dtype=torch.float64
    )
    points = torch.cat([torch.tensor(START, dtype=torch.float64), later])
    last = int(torch.searchsorted(points, torch.tensor(longest, dtype=torch.float64)))
    points = points[: max(last, 1) + 1]
    if lengths is not None:
        kinds = torch.unique(lengths[lengths > 0])
        if len(kinds) <= MOST_LENGTHS:
            points = torch.unique(torch.cat([points[points < longest], kinds, points[:2]]))
    if refine == 1:
        return points
    parts = torch.arange(refine, dtype=torch.float64) / refine
    inner = points[:-1, None] + points.diff()[:, None] * parts
    return torch.cat([inner.flatten(), points[-1:]])
