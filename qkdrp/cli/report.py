"""What commands print."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rich.box import SIMPLE_HEAD
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from qkdrp.cli.console import console, print_folder
from qkdrp.cli.hardware_report import hardware_lines
from qkdrp.cli.noise_report import circuit_lines, noise_lines, repeats_line

if TYPE_CHECKING:
    from qkdrp.runs.evaluate import Evaluation
    from qkdrp.runs.train import Prepared
    from qkdrp.systems.response.data.fetch import CohortCount
    from qkdrp.training.epoch import Epoch

SCORES = ("AUC", "Spearman", "Pearson", "MSE")
"""Rows of score tables; keys of :class:`qkdrp.systems.response.scores.Scores` in small letters."""

MOST_SIDE_BY_SIDE = 3
"""Columns up to which scores and intervals fit into a line of 80 characters."""

LOG_EVERY = 10
"""Epochs between two lines where the output is not a terminal."""


class TrainReport(AbstractContextManager["TrainReport"]):
    """Reports a training while it goes on; a context manager around the training itself.

    Args:
        prepared: What is going to be trained.
    """

    def __init__(self, prepared: "Prepared") -> None:
        self.console = console()
        self.progress = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]}  validation AUC {task.fields[auc]}  at most"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[circuits]}", markup=False),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        epochs = prepared.config.fit.epochs
        self.task = self.progress.add_task("", total=epochs, loss="-", auc="-", circuits="")
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
        loss, auc = f"{epoch.train_loss:.4f}", _number(epoch.value("validation_auc"))
        self.progress.update(self.task, advance=1, loss=loss, auc=auc)
        if not self.console.is_terminal and (epoch.epoch == 1 or epoch.epoch % LOG_EVERY == 0):
            self.console.print(
                f"epoch {epoch.epoch:4d}  loss {loss}  validation AUC {auc}  {epoch.seconds:.1f} s",
            )

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
        self.console.print(_score_table(_title(metrics), columns))
        print_folder("run", path)


def _introduction(prepared: "Prepared") -> list[str]:
    from qkdrp.systems.response.data.letters import doubt_letters
    from qkdrp.systems.response.recipes import recipe_of

    config, cohort, split = prepared.config, prepared.cohort, prepared.split
    n_responder = int(cohort.responder.sum())
    model = config.model
    return [
        f"data     {cohort.provenance}",
        f"cohort   {cohort.drug}: {len(cohort)} samples, {len(cohort) - n_responder} "
        f"non-responders, {n_responder} responders; {len(split.train)} train, "
        f"{len(split.validation)} validation, {len(split.test)} test; "
        f"{len(prepared.preprocessor.transform.genes)} of {len(cohort.genes)} genes",
        f"model    {model.model}, n1={model.n_qubits} n2={model.n_encoding} "
        f"n3={model.n_variational} on {config.backend}, seed {config.seed}"
        if recipe_of(model).quantum
        else f"model    {model.model}, {model.n_qubits * model.n_encoding} features, no circuit, "
        f"seed {config.seed}",
        *noise_lines(prepared.noise),
        *([f"note: {doubt.text}"] if (doubt := doubt_letters(cohort)) else []),
    ]


def report_evaluation(evaluation: "Evaluation") -> None:
    """Print an evaluation beside the scores of the training."""
    screen = console()
    trained, metrics = evaluation.trained, evaluation.metrics
    noise = metrics.get("noise", {})
    repeats = metrics.get("repeats")
    when = f"mean of {repeats['n']}" if repeats else "now"
    columns = {
        f"{trained.get('predicted_on', trained['backend'])},\ntrained": trained["test"],
        f"{metrics['backend']},\n{when}": metrics["test"] or {},
        **trained["baselines"],
    }
    hardware = hardware_lines(metrics.get("hardware", {}))
    for line in (*noise_lines(noise), *circuit_lines(noise), *hardware):
        screen.print(line, soft_wrap=True)
    screen.print(_score_table(_title(trained), columns))
    if repeats:
        screen.print(repeats_line(repeats), soft_wrap=True)
    if not metrics["same_data"]:
        screen.print("the data differ from those that the run was trained on")
    if metrics["not_predicted"]:
        screen.print(
            f"{metrics['not_predicted']} test samples have no finite values and no prediction: "
            "scores of the others",
            soft_wrap=True,
        )
    if metrics["largest_prediction_shift"] is not None:
        screen.print(f"largest change of a prediction: {metrics['largest_prediction_shift']:.2g}")
    print_folder("evaluation", evaluation.path)


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


def _title(metrics: dict[str, Any]) -> str:
    mark = ", SYNTHETIC DATA" if metrics["synthetic"] else ""
    test = metrics["test"]
    return f"{metrics['drug']}, {test['n']} test samples, {test['n_responder']} responders{mark}"


def _score_table(title: str, columns: dict[str, dict[str, Any]]) -> Table:
    table = Table(
        title=title,
        caption="in brackets: 95% intervals; MSE of the tanh-normalised ln IC50",
        box=SIMPLE_HEAD,
    )
    table.add_column("")
    for name in columns:
        table.add_column(name, no_wrap=True)
    between = " " if len(columns) <= MOST_SIDE_BY_SIDE else "\n"
    for name in SCORES:
        cells = [_with_interval(scores, name.lower(), between) for scores in columns.values()]
        table.add_row(name, *cells)
    return table


def _with_interval(scores: dict[str, Any], key: str, between: str) -> str:
    low, high = scores.get(f"{key}_ci") or (None, None)
    bounds = "" if low is None else f"{between}({low:.2f}, {high:.2f})"
    return _number(scores.get(key)) + bounds


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


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
