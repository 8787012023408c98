"""The smallest dose that is enough: an open search on the grid, then exactly; or a closed one."""

from collections.abc import Callable
from dataclasses import dataclass

from qkdrp.common.errors import ConfigError

MOST_STEPS = 2**18
"""Greatest dose that is tried, in steps of the grid."""

DIGITS = 10
"""Decimal places of doses."""

LEAST = 1e-9
"""Share of a step of the grid below which doses are not told apart."""

PRECISION = 1e-3
"""Relative width of the bracket that the exact dose is known to."""


@dataclass(frozen=True)
class Found:
    """The smallest dose that reaches a share.

    Args:
        dose: The smallest dose of the grid, mg; None if no dose reaches the share.
        exact: The dose between grid doses at which the share is reached; None as ``dose``.
        share: Share at ``dose``, or at the greatest dose that was tried.
        share_below: Share one step below ``dose``; None where that is below 0.
        searched: The greatest dose that was tried.
        closest: Whether no dose of a closed grid reaches the share, and ``dose`` is the one whose
            share is closest to it.
    """

    dose: float | None
    exact: float | None
    share: float
    share_below: float | None
    searched: float
    closest: bool = False

    @property
    def reached(self) -> bool:
        """Whether some dose reaches the share."""
        return self.dose is not None and not self.closest

    @property
    def shown(self) -> float:
        """The dose that curves are drawn for: the answer, or the greatest that was tried."""
        return self.searched if self.dose is None else self.dose


def smallest_dose(share: Callable[[float], float], fraction: float, grid: float) -> Found:
    """Return the smallest dose whose share is at least a fraction.

    The dose is doubled until it is enough, and bisected on the grid and then between two doses of
    it. The share is taken to rise with the dose; :mod:`~qkdrp.systems.pkpd.dose.checks` looks.

    Args:
        share: Share of subjects that meet the criterion at a dose.
        fraction: The share that is asked for.
        grid: Step of doses, mg, positive.

    Raises:
        ConfigError: For a grid that is not positive.
    """
    if not 0 < grid < float("inf"):
        raise ConfigError(f"the grid of doses is a number above 0, not {grid:g}.")
    if share(0.0) >= fraction:
        return Found(0.0, 0.0, share(0.0), None, 0.0)
    below, enough = 0, 1
    while share(on_grid(enough, grid)) < fraction:
        below, enough = enough, 2 * enough
        if enough > MOST_STEPS:
            greatest = on_grid(below, grid)
            return Found(None, None, share(greatest), None, greatest)
    searched = on_grid(enough, grid)
    while enough - below > 1:
        middle = (below + enough) // 2
        is_enough = share(on_grid(middle, grid)) >= fraction
        below, enough = (below, middle) if is_enough else (middle, enough)
    dose, too_low = on_grid(enough, grid), on_grid(below, grid)
    exact = _exact(share, fraction, too_low, dose, LEAST * grid)
    return Found(dose, exact, share(dose), share(too_low), searched)


def on_grid(steps: int, grid: float) -> float:
    """Return a number of steps in mg, as it is written: 17 steps of 0.1 are 1.7."""
    return round(steps * grid, DIGITS)


def _exact(
    share: Callable[[float], float], fraction: float, low: float, high: float, least: float
) -> float:
    """Return the smallest dose between two that is enough; below ``least`` all are that one.

    A model on features may jump between no dose and the smallest.
    """
    while high - low > PRECISION * max(high, least):
        middle = (low + high) / 2
        low, high = (low, middle) if share(middle) >= fraction else (middle, high)
    return high


@dataclass(frozen=True)
class Caps:
    """The ends of a closed grid of doses.

    Args:
        low: The smallest dose, mg.
        high: The greatest dose.
        grid: Step where none is asked for.
    """

    low: float
    high: float
    grid: float

    def doses(self, grid: float) -> list[float]:
        """Return all doses of a grid between the ends."""
        n_steps = round((self.high - self.low) / grid)
        return [round(self.low + step * grid, DIGITS) for step in range(n_steps + 1)]


def capped_dose(share: Callable[[float], float], fraction: float, grid: float, caps: Caps) -> Found:
    """Return the smallest dose of a closed grid whose share is at least a fraction.

    Where none is enough, the one whose share is closest to the fraction is given, as Team PNU does.
    Nothing lies between doses of the grid, so the exact dose is the same.

    Args:
        share: Share of subjects that meet the criterion at a dose.
        fraction: The share that is asked for.
        grid: Step of doses, mg.
        caps: Ends of the grid.
    """
    doses = caps.doses(grid)
    for place, dose in enumerate(doses):
        if share(dose) >= fraction:
            below = share(doses[place - 1]) if place else None
            return Found(dose, dose, share(dose), below, dose)
    nearest = min(doses, key=lambda each: fraction - share(each))
    return Found(nearest, nearest, share(nearest), None, doses[-1], closest=True)
