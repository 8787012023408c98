"""Evaluating a trained run on any backend."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from qkdrp.backends import Backend
from qkdrp.backends.protocols import PaidBackend
from qkdrp.common.brief import Brief
from qkdrp.common.digests import digest_of_file
from qkdrp.common.errors import ConfigError, DataError, RunError
from qkdrp.common.files import write_csv, write_files, write_json
from qkdrp.common.provenance import versions
from qkdrp.runs.destinations import Destination, Purpose
from qkdrp.runs.folder import METRICS, PREDICTIONS, Run, load_run, read_frame, read_metrics
from qkdrp.runs.kept_rows import ROWS, read_rows
from qkdrp.runs.new_folder import claim_folder, refuse_taken
from qkdrp.runs.open_backend import open_backend
from qkdrp.runs.paid_evaluation import PaidEvaluation
from qkdrp.runs.planned_layers import planned_layers
from qkdrp.runs.predict import predict_parts
from qkdrp.runs.repeats import summarise_tables
from qkdrp.training.dataset import Dataset
from qkdrp.training.threads import limit_threads

if TYPE_CHECKING:
    from qkdrp.backends.runtime.cost import RuntimeCost

NOT_ASKED_AGAIN = ("wait", "resubmit", "ledger", "price", "over_quota")
"""Options that belong to one call, not to what is evaluated."""

VERB = "evaluate"
"""What requests for values in the ledger are of, where they do not say."""

EVALUATIONS = "evaluations"
"""Folder inside a run folder for its evaluations."""

PART = "test"
"""The part of the split that is evaluated."""

Progress = Callable[[str, int, int], None]


def silent(_what: str, _done: int, _total: int) -> None:
    """Take no notice of progress."""


@dataclass(frozen=True)
class EvaluationRequest:
    """What is to be evaluated.

    Args:
        run: The run folder.
        source: Data to take instead of the rows that are kept with the run.
        output: A new folder; one below the run's ``evaluations/`` where left out.
        threads: Threads of torch and the backend; 0 for all cores.
        options: The backend's own options.
        repeats: How often all test rows are predicted, each time with new shots.
        seed: Of shots and the like.

    Raises:
        ConfigError: If the number of repeats is below 1.
        RunError: If the output is there already.
    """

    run: Path
    source: str | None = None
    output: Path | None = None
    threads: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    repeats: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        """Check what can be checked without the run."""
        refuse_taken(self.output)
        if self.repeats < 1:
            raise ConfigError(f"repeats = {self.repeats}: expected at least 1.")

    def to_json(self) -> dict[str, Any]:
        """Return what the ledger keeps, so that results can be completed later."""
        return {
            "verb": VERB,
            "source": self.source and str(Path(self.source).resolve()),
            "threads": self.threads,
            "options": {k: v for k, v in self.options.items() if k not in NOT_ASKED_AGAIN},
            "seed": self.seed,
        }

    def purpose(self, identity: str, backend: str) -> Purpose:
        """Return what values are paid for.

        Args:
            identity: Digest of model and samples.
            backend: Name of the backend.
        """
        return Purpose(
            run=self.run.resolve(),
            identity=identity,
            request=self.to_json(),
            output=self.output and self.output.resolve(),
            claim=partial(self.claim, backend),
        )

    def claim(self, backend: str) -> Path:
        """Make the folder for the results on a backend and return its whole path."""
        return claim_folder(self.output, self.run / EVALUATIONS / backend).resolve()


@dataclass(frozen=True, repr=False)
class Evaluation(Brief):
    """A trained run, evaluated once more.

    Args:
        path: Where it was written.
        trained: The ``metrics.json`` of the run.
        metrics: The ``metrics.json`` of the evaluation.
    """

    path: Path
    trained: dict[str, Any]
    metrics: dict[str, Any]


@dataclass(frozen=True, eq=False, repr=False)
class Subject(Brief):
    """A run that is loaded onto a backend, with the rows to evaluate.

    Args:
        run: The run.
        trained: Its ``metrics.json``.
        dataset: Rows that hold those of its test part.
        digest: Of the data that the rows belong to.
    """

    run: Run
    trained: dict[str, Any]
    dataset: Dataset
    digest: str

    @property
    def identity(self) -> str:
        """Digest that tells an evaluation from others: the same model on the same samples.

        Angles are not in it: they differ in their last bits between machines and thread counts.
        """
        content = [self.trained.get("model_sha256"), self.digest, self.run.split.test.tolist()]
        return sha256(json.dumps(content).encode()).hexdigest()


def evaluate(
    run: Run | Path | str,
    backend: str | Backend,
    source: str | None = None,
    output: Path | str | None = None,
    threads: int = 0,
    options: Mapping[str, Any] | None = None,
    repeats: int = 1,
    seed: int = 0,
    on_progress: Progress = silent,
    on_cost: "Callable[[RuntimeCost], None]" = lambda _cost: None,
    on_note: Callable[[str], None] = lambda _note: None,
) -> Evaluation:
    """Predict the test rows of a run on a backend and write scores and predictions.

    Args:
        run: The run, or its folder.
        backend: Where circuits run: a name, or an open backend, which is closed at the end.
        source: Data to take instead of the rows that are kept with the run.
        output: A new folder; one below the run's ``evaluations/`` where left out.
        threads: Threads of torch and the backend; 0 for all cores.
        options: The backend's own options; of no use for an open one.
        repeats: How often all test rows are predicted, each time with new shots.
        seed: Of shots and the like.
        on_progress: Called with what is counted, how much of it is done, and how much there is.
        on_cost: Called with what is about to be spent on hardware.
        on_note: Called with what the user should know meanwhile, such as how long it takes.

    Raises:
        QkdrpError: If run, data or backend cannot be used, or repeats would all be the same.
        JobsPendingError: If values come from jobs that have not ended, and nobody waits.
    """
    run_path = run.path if isinstance(run, Run) else Path(run)
    output = None if output is None else Path(output)
    request = EvaluationRequest(
        run_path, source, output, threads, dict(options or {}), repeats, seed
    )
    if isinstance(backend, str):
        backend = open_backend(backend, request.options, seed)
    if isinstance(backend, PaidBackend):
        backend.on_cost = on_cost
    backend.on_note = on_note
    return carry_out(request, backend, on_progress)


def carry_out(
    request: EvaluationRequest,
    backend: Backend,
    on_progress: Progress,
    destination: Destination | None = None,
) -> Evaluation:
    """Evaluate on an open backend, which is closed at the end: check, compute, write.

    Args:
        request: What is to be evaluated.
        backend: Where circuits run.
        on_progress: Called with what is counted, how much of it is done, and how much there is.
        destination: Where results that were paid for go; found in the ledger where left out.

    Raises:
        QkdrpError: As :func:`evaluate` does.
    """
    with limit_threads(request.threads), backend:
        backend.on_progress = on_progress
        run = load_run(request.run, backend)
        check_request(request, run, backend)
        subject = load_subject(run, request.source)
        paid = None
        if isinstance(backend, PaidBackend):
            purpose = request.purpose(subject.identity, backend.name)
            layers = planned_layers(run.system.circuits(run.config), len(run.split.test))
            paid = PaidEvaluation(backend, purpose, destination, layers)
            backend.gather(partial(predict_parts, subject.run, subject.dataset, (PART,)))
        predictions, metrics = compute(request, subject, backend)
        path = paid.folder() if paid else request.claim(backend.name)
        write_files(path, backend.files())
        write_csv(path / PREDICTIONS, predictions)
        write_json(path / METRICS, metrics)
        if paid:
            paid.finish()
    return Evaluation(path, subject.trained, metrics)


def check_request(request: EvaluationRequest, run: Run, backend: Backend) -> None:
    """Refuse what is known to make no sense before data are read or anything is paid.

    Raises:
        ConfigError: If a model without circuits is to run where only circuits differ, or repeats
            would all be the same.
        RunError: If there are no rows to evaluate.
    """
    refuse_without_rows(run)
    if backend.circuits_only and not run.system.circuits(run.config):
        raise ConfigError(
            f"model {run.config.model.model!r} has no circuit: there is nothing to run "
            f"on {backend.name}."
        )
    if request.repeats == 1:
        return
    if isinstance(backend, PaidBackend):
        raise ConfigError(
            f"repeats = {request.repeats}: {backend.name} is evaluated once per command; take more "
            "--shots, or --resubmit for another evaluation."
        )
    if backend.repeatable:
        raise ConfigError(
            f"repeats = {request.repeats}: all repeats of exact values are the same; give --shots."
        )


def refuse_without_rows(run: Run) -> None:
    """Refuse a run that has no rows to evaluate, as one that was trained on all rows.

    Raises:
        RunError: Says how it is scored.
    """
    if len(run.split.test):
        return
    why = "came without its rows" if run.config.final is None else "was trained on all rows"
    raise RunError(
        f"{run.path}: {why} and has no {PART} rows to evaluate; score it on other samples: "
        "qkdrp validate RUN --data FOLDER."
    )


def load_subject(run: Run, source: str | None) -> Subject:
    """Return a run with the rows to evaluate and the digest of the data that they belong to.

    Rows are kept with the run; runs of earlier versions need the data that they were trained on.

    Args:
        run: The run.
        source: Data to take instead; None for the run's own.

    Raises:
        RunError: If the rows that are kept are damaged.
        DataError: If data cannot be read.
    """
    trained = read_metrics(run.path)
    kept = run.path / ROWS
    if source is None and kept.exists():
        if digest_of_file(kept) != trained.get("rows_sha256"):
            raise RunError(
                f"{kept}: is not the one of {METRICS}; copy the run once more, or give --data."
            )
        return Subject(run, trained, read_rows(kept, run.system), trained["data_sha256"])
    data = run.config.data
    try:
        dataset = run.system.load(data.model_copy(update={"source": source or data.source}))
    except DataError as error:
        if source is not None:
            raise
        raise DataError(f"{error} Give --data, the folder that the run was trained on.") from error
    return Subject(run, trained, dataset, dataset.digest())


def compute(
    request: EvaluationRequest, subject: Subject, backend: Backend
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return predictions of the test rows and the content of ``metrics.json``."""
    tables = []
    for number in range(1, request.repeats + 1):
        backend.keep_values(number == 1)  # the table is that of the first repeat
        tables.append(predict_parts(subject.run, subject.dataset, (PART,)))
        backend.on_progress("repeats", number, request.repeats)
    predictions, test, repeated = summarise_tables(subject.run.system, tables)
    shown = predictions["prediction_mean" if repeated else "prediction"]
    shift = (shown - _predictions_of_training(subject.run, predictions)).abs().dropna()
    metrics = {
        "backend": backend.name,
        "data": subject.dataset.provenance,
        "same_data": subject.digest == subject.trained.get("data_sha256"),
        "test": test,
        "not_predicted": int(shown.isna().sum()),
        "largest_prediction_shift": float(shift.max()) if len(shift) else None,
        "usage": asdict(backend.usage),
        "versions": versions(subject.run.system.packages),
    }
    if report := backend.report():
        metrics[backend.kind_of_report] = report | {"seed": request.seed}
    if repeated:
        metrics["repeats"] = repeated
    return predictions, metrics


def _predictions_of_training(run: Run, predictions: pd.DataFrame) -> "pd.Series[float]":
    """Return what was predicted for the same test rows after training.

    Raises:
        RunError: If the run folder holds those of other rows.
    """
    key = list(run.system.row_key)
    before = read_frame(run.path / PREDICTIONS, (*key, "part", "prediction"))
    before = before[before["part"] == PART].reset_index(drop=True)
    if not before[key].equals(predictions[key].astype(before[key].dtypes)):
        raise RunError(
            f"{run.path / PREDICTIONS}: does not hold the samples of the split; "
            "copy the run once more."
        )
    return before["prediction"]
