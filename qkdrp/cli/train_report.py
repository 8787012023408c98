"""What ``qkdrp train`` prints."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from qkdrp.cli.console import console, print_folder
from qkdrp.cli.noise_report import circuit_lines, noise_lines
from qkdrp.cli.score_table import number, score_table

if TYPE_CHECKING:
    from qkdrp.runs.prepare import Prepared
    from qkdrp.training.epoch import Epoch

LOG_EVERY = 10
"""Epochs between two lines where the output is not a terminal."""


class TrainReport(AbstractContextManager["TrainReport"]):
    """Reports a training while it goes on; a context manager around the training itself.

    Args:
        prepared: What is going to be trained.
    """

    def __init__(self, prepared: "Prepared") -> None:
        self.console = console()
        self.system = prepared.system
        self.monitor = prepared.system.fit_task(prepared.config).monitor
        self.progress = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]}  {task.fields[watched]}  at most"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[circuits]}", markup=False),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        epochs = prepared.config.fit.epochs
        self.task = self.progress.add_task(
            "", total=epochs, loss="-", watched=self._words(None), circuits=""
        )
        for line in _introduction(prepared):
            self.console.print(line, soft_wrap=True)

    def __enter__(self) -> Self:
        """Start the progress bar."""
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the progress bar."""
        self.progress.stop()

    def epoch(self, epoch: "Epoch") -> None:
        """Show an epoch."""
        loss, watched = f"{epoch.train_loss:.4f}", self._watched(epoch)
        self.progress.update(self.task, advance=1, loss=loss, watched=watched)
        if not self.console.is_terminal and (epoch.epoch == 1 or epoch.epoch % LOG_EVERY == 0):
            self.console.print(
                f"epoch {epoch.epoch:4d}  loss {loss}  {watched}  {epoch.seconds:.1f} s",
            )

    def _watched(self, epoch: "Epoch") -> str:
        return self._words(self.monitor.value(epoch))

    def _words(self, value: float | None) -> str:
        return f"{self.monitor.title} {number(value)}"

    def circuits(self, what: str, done: int, total: int) -> None:
        """Show how far a slow backend is with layouts or the circuits of one evaluation."""
        text = f"{what} {done}/{total}" if done < total else ""
        self.progress.update(self.task, circuits=text)

    def finished(self, path: Path, metrics: dict[str, Any]) -> None:
        """Print the scores of the test rows, and where the run is."""
        verb = "interrupted after" if metrics["status"] == "interrupted" else "trained"
        self.console.print(
            f"{verb} {metrics['epochs']} epochs, weights of epoch {metrics['best_epoch']}; "
            f"{metrics['seconds']:.1f} s in all"
        )
        if metrics["loss_still_falling"]:
            self.console.print(
                "note: the validation loss was still falling; a higher --lr or more --patience "
                "trains further"
            )
        for line in circuit_lines(metrics.get("noise", {})):
            self.console.print(line, soft_wrap=True)
        columns = {metrics["model"]: metrics["test"], **metrics["baselines"]}
        self.console.print(score_table(self.system, metrics, columns))
        print_folder("run", path)


def _introduction(prepared: "Prepared") -> list[str]:
    facts = prepared.facts
    notes = [f"note: {doubt}" for doubt in facts.doubts]
    return [*facts.introduction, *noise_lines(prepared.noise), *notes]
