"""Scores of models side by side, each with its interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from qkdrp.cli.fitting_table import fits

if TYPE_CHECKING:
    from qkdrp.training.score_row import ScoreRow
    from qkdrp.training.system import AnySystem

DIGITS = 3
"""Decimals of numbers without a digit count of their own."""


@dataclass(frozen=True)
class ScoreTable:
    """Scores of models side by side, as wide as the screen allows; nothing is cut.

    Intervals stand beside the scores, or below them where that is too wide. Where that is too wide
    as well, the models come in several tables.

    Args:
        system: Whose scores they are.
        metrics: The ``metrics.json`` of the trained run.
        columns: Scores by what the table calls them; None for none.
    """

    system: "AnySystem"
    metrics: Mapping[str, Any]
    columns: Mapping[str, Mapping[str, Any] | None]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the tables that fit the screen."""
        names = list(self.columns)
        for count in range(len(names), 0, -1):
            groups = [names[start : start + count] for start in range(0, len(names), count)]
            for between in (" ", "\n"):
                tables = [self._table(group, between) for group in groups]
                if count == 1 or all(fits(table, console, options) for table in tables):
                    yield from self._titled(tables)
                    return

    def _titled(self, tables: Sequence[Table]) -> Sequence[Table | Text]:
        title, caption = self.system.score_title(self.metrics), self.system.score_caption
        if len(tables) > 1:
            return [Text(title), *tables, Text(caption)]
        tables[0].title, tables[0].caption = title, caption
        return tables

    def _table(self, names: Sequence[str], between: str) -> Table:
        table = Table(box=SIMPLE_HEAD)
        table.add_column("", no_wrap=True)
        for name in names:
            table.add_column(name, no_wrap=True)
        for row in filter(attrgetter("shown"), self.system.score_rows):
            cells = [_with_interval(self.columns[name] or {}, row, between) for name in names]
            table.add_row(row.name, *cells)
        return table


def _with_interval(scores: Mapping[str, Any], row: "ScoreRow", between: str) -> str:
    ends = scores.get(f"{row.key}_ci")
    bounds = "" if not ends or None in ends else f"{between}({', '.join(row.interval(*ends))})"
    value = scores.get(row.key)
    return ("-" if value is None else row.number(value)) + bounds


def number(value: float | None, digits: int = DIGITS) -> str:
    """Return a number with so many decimals; a dash for None."""
    return "-" if value is None else f"{value:.{digits}f}"
