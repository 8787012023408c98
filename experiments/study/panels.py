"""Panels, colours and markers that figures of studies share."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLORS = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9",
    "#000000", "#8c8c8c", "#7f3c8d", "#a0522d", "#b8b800",
)  # fmt: skip
"""Of Okabe and Ito first: told apart by every reader."""

MARKERS = "os^Dv<>PX*h"
"""As many markers as there are colours."""


def panels(
    rows: int, columns: int, width: float = 4.6, height: float = 3.8
) -> tuple[Figure, list[Axes]]:
    """Return a figure with panels row by row, each of a width and height in inches."""
    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    axes = [figure.add_subplot(rows, columns, index + 1) for index in range(rows * columns)]
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes
