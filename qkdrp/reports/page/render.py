"""What a page holds, and how it becomes HTML."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pandas as pd
from jinja2 import Environment, StrictUndefined, Template

from qkdrp.common.files import write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

DPI = 150

LONG_CELL = 40
"""Characters of a cell beyond which it is a sentence."""


@dataclass(frozen=True)
class Figure:
    """A picture and how to read it.

    Args:
        title: What it shows, also what a screen reader says.
        reading: How to read it, in a sentence or two.
        png: The picture.
    """

    title: str
    reading: str
    png: bytes = field(repr=False)

    @classmethod
    def of(cls, title: str, reading: str, drawing: "Drawing") -> Self:
        """Return the figure of a Matplotlib drawing."""
        file = BytesIO()
        drawing.savefig(file, format="png", dpi=DPI, bbox_inches="tight")
        return cls(title, reading, file.getvalue())

    @property
    def source(self) -> str:
        """The picture as a data URL."""
        return f"data:image/png;base64,{b64encode(self.png).decode()}"


@dataclass(frozen=True)
class Table:
    """Rows of text; columns of numbers are set to the right.

    Args:
        caption: What it shows.
        frame: The cells; numbers are shown to ``digits`` significant digits.
        digits: See ``frame``.
    """

    caption: str
    frame: pd.DataFrame
    digits: int = 4

    @cached_property
    def numeric(self) -> list[bool]:
        """Whether each column holds numbers."""
        return [
            pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
            for kind in self.frame.dtypes
        ]

    @cached_property
    def holds_sentences(self) -> bool:
        """Whether a cell is so long that a small screen shows the cells of a row as a list."""
        return any(len(cell) > LONG_CELL for row in self.rows for cell in row)

    @cached_property
    def rows(self) -> list[list[str]]:
        """The cells as text, row by row; missing ones are empty."""
        return [[self._text(value) for value in row] for row in self.frame.itertuples(index=False)]

    def _text(self, value: object) -> str:
        if value is None or value is pd.NA or (isinstance(value, float) and value != value):
            return ""
        return f"{value:.{self.digits}g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it: paragraphs, tables, figures, in their order."""

    title: str
    parts: Sequence[str | Table | Figure]


@dataclass(frozen=True)
class Page:
    """A report.

    Args:
        title: Its heading.
        lead: What a reader in haste should know, one paragraph each.
        sections: The rest.
        provenance: With what and from what it was made, a line each.
    """

    title: str
    lead: Sequence[str]
    sections: Sequence[Section]
    provenance: Sequence[str]


def render(page: Page) -> str:
    """Return a page as HTML that needs no other file; all text is escaped."""
    return _template().render(page=page)


def write_page(path: Path, page: Page) -> None:
    """Write a page as one HTML file, whole or not at all."""
    write_text(path, render(page))


@cache
def _template() -> Template:
    source = files("qkdrp.reports.page").joinpath("page.html.j2").read_text(encoding="utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.tests["table"] = lambda part: isinstance(part, Table)
    environment.tests["figure"] = lambda part: isinstance(part, Figure)
    return environment.from_string(source)
