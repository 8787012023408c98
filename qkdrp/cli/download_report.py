"""The progress bar of ``qkdrp data fetch``."""

from contextlib import AbstractContextManager

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn


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
