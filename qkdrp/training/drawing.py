"""Plain axes for the figures of systems: without the upper and the right line."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure


def side_by_side(count: int, width: float = 4.6, height: float = 3.8) -> tuple[Figure, list[Axes]]:
    """Return a figure with axes side by side, each of a width and height in inches."""
    figure = Figure(figsize=(width * count, height), layout="constrained")
    axes = [figure.add_subplot(1, count, index + 1) for index in range(count)]
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def plain_axes(width: float, height: float) -> Axes:
    """Return the axes of a figure that has no others, of a width and height in inches."""
    (axes,) = side_by_side(1, width, height)[1]
    return axes


def figure_of(axes: Axes) -> Figure:
    """Return the figure that axes are on."""
    figure = axes.figure
    assert isinstance(figure, Figure)
    return figure
