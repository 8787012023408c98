"""What a system says of a source of data, or of data that it downloaded: tables and notes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

OnProgress: TypeAlias = Callable[[str, int, int], None]
"""Called with what is counted, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class TextTable:
    """A table whose cells are texts.

    Args:
        columns: Names of the columns.
        rows: Cells, one for each column.
        title: Line above it; empty for none.
        words: Columns of words, which are aligned at the left; the others are numbers.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    words: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Description:
    """Tables and notes.

    Args:
        tables: In their order.
        notes: What the user should look at.
        as_published: Whether the data are what was expected; False lets the command fail.
        write: Writes figures and tables into a folder; None for data without.
    """

    tables: Sequence[TextTable]
    notes: Sequence[str] = ()
    as_published: bool = True
    write: Callable[[Path], None] | None = None


Download: TypeAlias = Callable[[Path, Any], Description]
"""Downloads into a folder; takes a progress bar in the sense of pooch, too."""
