"""Scores of models side by side, each with its interval."""

from collections.abc import Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

if TYPE_CHECKING:
    from qkdrp.training.system import AnySystem, ScoreRow

MOST_SIDE_BY_SIDE = 3
"""Columns up to which scores and intervals fit into a line of 80 characters."""

DIGITS = 3
"""Decimals of numbers without a digit count of their own."""


def score_table(
    system: "AnySystem",
    metrics: Mapping[str, Any],
    columns: Mapping[str, Mapping[str, Any] | None],
) -> Table:
    """Return a table of scores.

    Args:
        system: Whose scores they are.
        metrics: The ``metrics.json`` of the trained run.
        columns: Scores by what the table calls them; None for none.
    """
    table = Table(title=system.score_title(metrics), caption=system.score_caption, box=SIMPLE_HEAD)
    table.add_column("")
    for name in columns:
        table.add_column(name, no_wrap=True)
    between = " " if len(columns) <= MOST_SIDE_BY_SIDE else "\n"
    for row in filter(attrgetter("shown"), system.score_rows):
        cells = [_with_interval(scores or {}, row, between) for scores in columns.values()]
        table.add_row(row.name, *cells)
    return table


def _with_interval(scores: Mapping[str, Any], row: "ScoreRow", between: str) -> str:
    low, high = scores.get(f"{row.key}_ci") or (None, None)
    bounds = "" if low is None else f"{between}({low:.2f}, {high:.2f})"
    return number(scores.get(row.key), row.digits) + bounds


def number(value: float | None, digits: int = DIGITS) -> str:
    """Return a number with so many decimals; a dash for None."""
    return "-" if value is None else f"{value:.{digits}f}"
