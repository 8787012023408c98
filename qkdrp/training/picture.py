"""A figure and how to read it, as a system brings it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure and how to read it.

    Args:
        title: What it shows.
        reading: How to read it.
        drawing: Of Matplotlib.
    """

    title: str
    reading: str
    drawing: "Figure"
