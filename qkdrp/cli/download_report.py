"""What ``qkdrp data fetch`` prints."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from qkdrp.cli.console import console, print_folder

if TYPE_CHECKING:
    from qkdrp.systems.response.data.fetch import CohortCount


def report_counts(folder: Path, counts: Sequence["CohortCount"]) -> bool:
    """Print downloaded cohorts beside the published ones; tell whether all are the same."""
    table = Table("drug", "non-responders", "responders", "published", "", box=SIMPLE_HEAD)
    for count in counts:
        same = count.found == count.published
        published = " / ".join(map(str, count.published))
        table.add_row(
            count.drug, *map(str, count.found), published, "same" if same else "DIFFERENT"
        )
    console().print(table)
    print_folder("data", folder)
    return all(count.found == count.published for count in counts)


class DownloadBar(AbstractContextManager["DownloadBar"]):
    """A progress bar in the sense of pooch, drawn by Rich; a context manager."""

    def __init__(self) -> None:
        self.progress = Progress(
            TextColumn("download"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
        )
        self.task = self.progress.add_task("", total=None)
        self.total = 0

    def update(self, amount: int) -> None:
        """Add bytes."""
        self.progress.start()
        self.progress.update(self.task, total=self.total, advance=amount)

    def reset(self) -> None:
        """Begin a new file."""
        self.progress.reset(self.task)

    def close(self) -> None:
        """End a file."""
        self.progress.stop()

    def __exit__(self, *_: object) -> None:
        """Stop drawing, whatever happened."""
        self.progress.stop()
