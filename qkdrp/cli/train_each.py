"""``qkdrp train --drugs``: one run for each drug, and the table of their scores."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from qkdrp.cli.console import console, print_folder, print_note
from qkdrp.cli.fitting_table import fits
from qkdrp.common.remaining import Remaining, duration_text

if TYPE_CHECKING:
    from qkdrp.runs.prepare import Prepared
    from qkdrp.runs.train_each import Outcome, Trainings
    from qkdrp.training.run_config import RunConfig

Drugs = Annotated[
    str | None,
    typer.Option(
        help="Several drugs, a run for each in one folder: names with commas between, or all. The "
        "same command with the same --output goes on.",
        metavar="LIST|all",
        rich_help_panel="Data",
    ),
]


def train_each_and_report(
    config: "RunConfig", names: Sequence[str], output: Path | None, checkpoint_every: float
) -> None:
    """Train on each of some targets and print the table; exit with 1 where one is missing.

    Args:
        config: The settings of all.
        names: Of the targets, or ``all``.
        output: The parent folder.
        checkpoint_every: Seconds between two checkpoints.
    """
    from qkdrp.runs.train_each import State, choose_targets, claim_trainings, train_each

    trainings = claim_trainings(config, choose_targets(config, names), output)
    report = EachReport(trainings, checkpoint_every)
    try:
        outcomes = train_each(trainings, report.train, report.begins, report.ends)
    finally:
        print_folder("parent", trainings.path)
    report.finished(outcomes)
    whole = all(each.state in {State.TRAINED, State.KEPT} for each in outcomes)
    if not whole or len(outcomes) < len(trainings.targets):
        raise typer.Exit(1)


class EachReport:
    """Reports trainings on several targets.

    Args:
        trainings: What is trained.
        checkpoint_every: Seconds between two checkpoints.
    """

    def __init__(self, trainings: "Trainings", checkpoint_every: float) -> None:
        self.trainings, self.checkpoint_every = trainings, checkpoint_every
        self.screen = console()
        self._remaining: Remaining | None = None
        self._first = 0

    def begins(self, target: str, number: int) -> None:
        """Say which target comes, and how long all take."""
        total = len(self.trainings.targets)
        if self._remaining is None:
            self._remaining, self._first = Remaining(total - number + 1), number
        self._remaining.reach(number - self._first)
        left = self._remaining.left()
        time = "" if left is None else f", about {duration_text(left)} left"
        self.screen.print(f"[{number}/{total}] {target}{time}", soft_wrap=True)

    def train(self, prepared: "Prepared", path: Path, resumed: bool) -> Mapping[str, Any]:
        """Train on one target under a progress bar."""
        from qkdrp.cli.report_page import write_page_of
        from qkdrp.cli.train_report import TrainReport
        from qkdrp.runs.train import train

        with TrainReport(prepared, brief=True) as report:
            run, metrics = train(
                prepared,
                path,
                report.epoch,
                report.circuits,
                print_note,
                resumed=resumed,
                checkpoint_every=self.checkpoint_every,
                on_step=report.step,
                on_stage=report.stage,
                on_preparing=report.preparing,
            )
        write_page_of(run.path)
        return metrics

    def ends(self, outcome: "Outcome") -> None:
        """Say what became of a target."""
        from qkdrp.runs.table_of_runs import cell, models_of

        text = outcome.problem
        if outcome.metrics:
            first = next(row for row in self.trainings.system.score_rows if row.shown)
            models = models_of(self.trainings.system, outcome.metrics).items()
            text = ", ".join(f"{name} {cell(each, first)}" for name, each in models)
            text = f"{outcome.metrics['epochs']} epochs; {first.name}: {text}"
        self.screen.print(f"{outcome.target}: {outcome.state}; {text}", soft_wrap=True)

    def finished(self, outcomes: Sequence["Outcome"]) -> None:
        """Print the table of scores, and notes with the targets that they are about."""
        from qkdrp.runs.train_each import SCORES, SCORES_TEXT

        notes: dict[str, list[str]] = {}
        for each in outcomes:
            for note in each.metrics.get("notes", ()):
                notes.setdefault(note, []).append(each.target)
        for note, targets in notes.items():
            about = "all" if len(targets) == len(outcomes) > 1 else ", ".join(targets)
            self.screen.print(f"note: {note} ({about})", soft_wrap=True)
        for table in score_tables(self.trainings, outcomes, self.screen):
            self.screen.print(table)
        for each in outcomes:
            if each.problem:
                print_note(f"{each.target} failed: {each.problem}")
        place = self.trainings.path
        self.screen.print(f"tables: {place / SCORES}, {place / SCORES_TEXT}", soft_wrap=True)


def score_tables(
    trainings: "Trainings", outcomes: Sequence["Outcome"], screen: Console
) -> list[Table | Text]:
    """Return the scores of all runs, with as many columns in a table as the screen allows.

    Args:
        trainings: What was trained.
        outcomes: What became of it.
        screen: Where the tables are printed.
    """
    shown = [row for row in trainings.system.score_rows if row.shown]
    for count in range(len(shown), 0, -1):
        groups = [shown[start : start + count] for start in range(0, len(shown), count)]
        for between in (" ", "\n"):
            tables = [_table(trainings, outcomes, group, between) for group in groups]
            if count == 1 or all(fits(table, screen, screen.options) for table in tables):
                return [*tables, Text(trainings.system.score_caption)]
    return []


def _table(
    trainings: "Trainings", outcomes: Sequence["Outcome"], shown: Sequence[Any], between: str
) -> Table:
    from qkdrp.runs.table_of_runs import cell, models_of

    table = Table(box=SIMPLE_HEAD)
    for name in ("", "model", "n", *(row.name for row in shown)):
        table.add_column(name, no_wrap=True)
    for each in outcomes:
        models = models_of(trainings.system, each.metrics).items() if each.metrics else ()
        for place, (model, scores) in enumerate(models):
            cells = [cell(scores, row, between) for row in shown]
            name = "" if place else each.target
            table.add_row(name, model, str(scores.get("n", "-")), *cells)
    return table
