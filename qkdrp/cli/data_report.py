"""What ``qkdrp data`` prints: the tables and notes of a system."""

from typing import TYPE_CHECKING

from qkdrp.cli.console import console
from qkdrp.cli.fitting_table import FittingTable

if TYPE_CHECKING:
    from qkdrp.training.description import Description

MOST_NOTES = 5
"""Notes that are printed."""


def print_description(description: "Description") -> None:
    """Print the tables, then the notes."""
    out = console()
    for table in description.tables:
        out.print(FittingTable(table.columns, table.rows, table.words, table.title))
    different = list(dict.fromkeys(description.notes))
    for note in different[:MOST_NOTES]:
        out.print(f"note: {note}", soft_wrap=True)
    if len(different) > MOST_NOTES:
        out.print(f"note: {len(different) - MOST_NOTES} more such notes")
