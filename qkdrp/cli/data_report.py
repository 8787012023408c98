"""What ``qkdrp data`` prints: the tables and notes of a system."""

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table

from qkdrp.cli.console import console

if TYPE_CHECKING:
    from qkdrp.training.description import Description, TextTable

MOST_NOTES = 5
"""Notes that are printed."""


def print_description(description: "Description") -> None:
    """Print the tables, then the notes."""
    out = console()
    for table in description.tables:
        out.print(_drawn(table))
    different = list(dict.fromkeys(description.notes))
    for note in different[:MOST_NOTES]:
        out.print(f"note: {note}", soft_wrap=True)
    if len(different) > MOST_NOTES:
        out.print(f"note: {len(different) - MOST_NOTES} more such notes")


def _drawn(table: "TextTable") -> Table:
    drawn = Table(title=table.title or None, box=SIMPLE_HEAD)
    for name in table.columns:
        drawn.add_column(name, justify="left" if name in table.words else "right")
    for row in table.rows:
        drawn.add_row(*row)
    return drawn
