"""Logarithmic axes whose ticks are plain numbers that do not overlap."""

import math

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

FEW_DECADES = 1.6
"""Decades up to which an axis has ticks within them."""


def log_axes(axes: Axes, *names: str) -> None:
    """Make axes logarithmic, after all is drawn: their range decides on the ticks.

    Args:
        axes: What is drawn on.
        names: ``x``, ``y`` or both.
    """
    for name in names:
        axes.set(**{f"{name}scale": "log"})
        axis = getattr(axes, f"{name}axis")
        low, high = axis.get_view_interval()
        decades = math.log10(high / low) if 0 < low < high else 1.0
        leading = (1.0, 2.0, 5.0) if decades <= FEW_DECADES else (1.0,)
        axis.set_major_locator(LogLocator(subs=leading, numticks=12))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(NullLocator())
        axis.set_minor_formatter(NullFormatter())
