"""What ``qkdrp train`` prints."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
)

from qkdrp.cli.console import console, print_folder
from qkdrp.cli.noise_report import LINE_SECONDS, circuit_lines, noise_lines
from qkdrp.cli.score_table import ScoreTable, number
from qkdrp.cli.training_clock import TrainingClock
from qkdrp.common.remaining import LONG_SECONDS, Remaining, duration_text
from qkdrp.common.settings import any_of
from qkdrp.training.monitor import LOSS
from qkdrp.training.scored import FINAL, scored_rows

if TYPE_CHECKING:
    from qkdrp.runs.cross_validation import Stage
    from qkdrp.runs.prepare import Prepared
    from qkdrp.training.config import FitConfig
    from qkdrp.training.epoch import Epoch

LOG_EVERY = 10
"""Epochs between two lines where the output is not a terminal."""


MONITOR = "monitor"
"""The setting of a training, in systems that have it, that names what early stopping watches."""

NO_SCORES = "scores   none: no rows were left out for a test"
"""Printed in place of a table of scores that would be empty."""


class TrainReport(AbstractContextManager["TrainReport"]):
    """Reports a training while it goes on; a context manager around the training itself.

    Args:
        prepared: What is going to be trained.
        brief: Whether lines before the training are left out, and those of epochs.
    """

    def __init__(self, prepared: "Prepared", *, brief: bool = False) -> None:
        self.console = console()
        self.system = prepared.system
        self.monitor = prepared.system.fit_task(prepared.config).monitor
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]}  {task.fields[watched]}  {task.fields[left]}"),
            TextColumn("{task.fields[whole]}{task.fields[circuits]}", markup=False),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self.fit = prepared.config.fit
        self.epochs = epochs = self.fit.most_epochs(len(prepared.split.train))
        self.task = self.progress.add_task(
            "training",
            total=epochs,
            loss="-",
            watched=self._words(None),
            left="",
            whole="",
            circuits="",
        )
        self.clock, self.quicker = TrainingClock(epochs), prepared.quicker
        self.stages: Remaining | None = None
        self._said = perf_counter()
        self._told_long = False
        self.doubts = prepared.doubts
        self.brief = brief
        for line in () if brief else _introduction(prepared):
            self.console.print(line, soft_wrap=True)

    def __enter__(self) -> Self:
        """Start the progress bar and the clock."""
        self.progress.start()
        self.clock.begin()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the progress bar."""
        self.progress.stop()

    def stage(self, stage: "Stage") -> None:
        """Show that one of several trainings begins."""
        self.stages = self.stages or Remaining(stage.total - stage.number + 1)
        self.stages.reach(self.stages.total - (stage.total - stage.number + 1))
        self.clock = TrainingClock(stage.epochs)
        title = f"{stage.number}/{stage.total} {stage.title}"
        left = self.stages.left()
        whole = "" if left is None else f"about {duration_text(left)} left"
        self.progress.reset(
            self.task,
            total=stage.epochs,
            description=title,
            loss="-",
            watched=self._words(None),
            left="",
            whole=whole,
            circuits="",
        )
        if not (self.brief or self.console.is_terminal):
            self.console.print(f"training {title}  {whole}".rstrip(), soft_wrap=True)

    def preparing(self, what: str) -> None:
        """Show what begins before the first epoch."""
        self.progress.update(self.task, circuits=what)
        if not (self.brief or self.console.is_terminal):
            self.console.print(f"preparing: {what}", soft_wrap=True)

    def step(self, _done: int, total: int) -> None:
        """Count a batch, and show how long the training takes as soon as that is known."""
        self.clock.step(total)
        self._show_time()

    def epoch(self, epoch: "Epoch") -> None:
        """Show an epoch."""
        self.clock.epoch()
        loss, watched = f"{epoch.train_loss:.4f}", self._watched(epoch)
        self.progress.update(self.task, advance=1, loss=loss, watched=watched, circuits="")
        self._show_time()
        due = not self.brief and (epoch.epoch == 1 or epoch.epoch % LOG_EVERY == 0)
        due = due or self._long_silence()
        if not self.console.is_terminal and due:
            self._said = perf_counter()
            self.console.print(
                f"epoch {epoch.epoch:4d}  loss {loss}  {watched}  {epoch.seconds:.1f} s  "
                f"{self._time_left()}".rstrip(),
                soft_wrap=True,
            )

    def note(self, text: str) -> None:
        """Print what the user should know, above the bar."""
        self.console.print(f"note: {text}", soft_wrap=True)

    def _long_silence(self) -> bool:
        return perf_counter() - self._said > LINE_SECONDS

    def _time_left(self) -> str:
        left = self.clock.left()
        return "" if left is None else f"at most {duration_text(left)}"

    def _show_time(self) -> None:
        """Show the time that is left; once in words where the training takes long."""
        self.progress.update(self.task, left=self._time_left())
        whole, each = self.clock.whole(), self.clock.each
        if self._told_long or whole is None or each is None or whole < LONG_SECONDS:
            return
        self._told_long = True
        advice = f"; {self.quicker}" if self.quicker else ""
        self.note(
            f"{self.clock.epochs} epochs take at most about {duration_text(whole)}, "
            f"{duration_text(each)} each{advice}"
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
            advice = any_of(further_training(self.fit, metrics["epochs"] >= self.epochs))
            self.note(f"the validation loss was still falling; {advice} trains further")
        for text in metrics["notes"]:
            if text not in self.doubts:  # those are told before training
                self.note(text)
        for line in circuit_lines(metrics.get("noise", {})):
            self.console.print(line, soft_wrap=True)
        scores = scored_rows(metrics).scores
        if FINAL in metrics:
            for line in final_lines(metrics):
                self.console.print(line, soft_wrap=True)
        if scores is None and FINAL not in metrics:
            self.console.print(NO_SCORES, soft_wrap=True)
        elif scores is not None:
            columns = {metrics["model"]: scores, **metrics["baselines"]}
            self.console.print(ScoreTable(self.system, metrics, columns))
        print_folder("run", path)


def further_training(fit: "FitConfig", all_epochs: bool) -> list[str]:
    """Return options of the training that let it train further.

    Args:
        fit: How it was trained.
        all_epochs: Whether it took all epochs, rather than stop early; without patience it stops
            early only where it was interrupted.
    """
    longer = "more --epochs" if all_epochs or not fit.patience else "more --patience"
    options = ["a higher --lr", longer]
    if dict(fit).get(MONITOR, LOSS) != LOSS:
        options.append(f"--{MONITOR} {LOSS}")
    return options


def final_lines(metrics: Mapping[str, Any]) -> list[str]:
    """Return how a model of all rows got its epochs, and what its scores are of.

    Args:
        metrics: The ``metrics.json`` of its run.
    """
    final = metrics[FINAL]
    best = ", ".join(map(str, final["best_epochs"]))
    lines = [f"epochs   {final['epochs']}, the median of the best ones of the folds: {best}"]
    if not best:
        lines = [f"epochs   {final['epochs']}, as given"]
    if final["folds"]:
        lines.append(
            f"scores   means over {final['folds']} folds, each predicted by a model that was "
            "trained without it; the model of the run has seen all rows"
        )
    else:
        lines.append(
            "scores   none: all rows were trained on and none were held out; --folds 5 "
            "cross-validates, and gives predictions bounds; qkdrp validate scores other samples"
        )
    return lines


def _introduction(prepared: "Prepared") -> list[str]:
    notes = [f"note: {doubt}" for doubt in prepared.doubts]
    return [*prepared.facts.introduction, *noise_lines(prepared.noise), *notes]
