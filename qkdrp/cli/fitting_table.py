"""A table as wide as the screen allows, of which nothing is cut."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table

WIDEST = 10_000
"""Columns of a screen on which every table fits."""


@dataclass(frozen=True)
class FittingTable:
    """Rows and columns; columns that do not fit come in further tables below.

    The first column, which says what a row is of, stands in each of them. Its cells may be broken
    at blanks.

    Args:
        columns: Their names, two or more.
        rows: A cell for each column.
        words: Columns of words, which are aligned at the left; the others are numbers.
        title: Above the first table.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: Collection[str] = ()
    title: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the tables that fit the screen."""
        others, title = list(range(1, len(self.columns))), self.title
        while others:
            count = len(others)
            roomy = options.update(width=options.max_width + self._spare())
            while count > 1 and not fits(self._table(others[:count]), console, roomy):
                count -= 1
            table = self._table(others[:count])
            table.title, title = title or None, ""
            yield table
            others = others[count:]

    def _spare(self) -> int:
        """Return how much narrower the first column is with its cells broken at blanks."""
        cells = [self.columns[0], *(row[0] for row in self.rows)]
        words = [word for cell in cells for word in cell.split()]
        return max(map(cell_len, cells)) - max(map(cell_len, words), default=0)

    def _table(self, others: Sequence[int]) -> Table:
        """Return the table of the first column and some others."""
        table, shown = Table(box=SIMPLE_HEAD), [0, *others]
        for name in (self.columns[each] for each in shown):
            table.add_column(
                name,
                justify="left" if name in self.words else "right",
                no_wrap=name != self.columns[0],
                overflow="fold",
            )
        for row in self.rows:
            table.add_row(*(row[each] for each in shown))
        return table


def fits(table: Table, console: Console, options: ConsoleOptions) -> bool:
    """Tell whether a table is shown on a screen without a line being broken."""
    wide = options.update(width=WIDEST)
    return Measurement.get(console, wide, table).maximum <= options.max_width
