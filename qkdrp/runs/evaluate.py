"""Evaluating a trained run on any backend."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from qkdrp.backends import Backend
from qkdrp.backends.base import Purpose
from qkdrp.common.digests import digest_of_file
from qkdrp.common.errors import ConfigError, DataError, RunError
from qkdrp.common.files import write_csv, write_json
from qkdrp.common.provenance import versions
from qkdrp.runs.folder import (
    METRICS,
    PREDICTIONS,
    Run,
    load_run,
    read_frame,
    read_metrics,
)
from qkdrp.runs.kept_rows import ROWS, read_rows
from qkdrp.runs.new_folder import claim_folder, refuse_taken
from qkdrp.runs.open_backend import open_backend
from qkdrp.runs.predict import predict_parts, score_part
from qkdrp.runs.repeats import summarise_repeats
from qkdrp.training.dataset import Dataset
from qkdrp.training.system import AnySystem
from qkdrp.training.threads import limit_threads

NOT_ASKED_AGAIN = ("wait", "resubmit", "ledger")
"""Options that belong to one call, not to what is evaluated."""

EVALUATIONS = "evaluations"
"""Folder inside a run folder for its evaluations."""


@dataclass(frozen=True)
class Evaluation:
    """A trained run, evaluated once more.

    Args:
        path: Where it was written.
        trained: The ``metrics.json`` of the run.
        metrics: The ``metrics.json`` of the evaluation.
    """

    path: Path
    trained: dict[str, Any]
    metrics: dict[str, Any]


def claim_evaluation(run_path: Path, backend_name: str, output: Path | None) -> Path:
    """Make the folder of an evaluation and return its whole path."""
    return claim_folder(output, run_path / EVALUATIONS / backend_name).resolve()


def rows_to_evaluate(
    run: Run, trained: Mapping[str, Any], source: str | None
) -> tuple[Dataset, str]:
    """Return the rows to evaluate, and the digest of the data that they belong to.

    They are kept with the run; runs of earlier versions need the data that they were trained on.

    Args:
        run: The run.
        trained: Its ``metrics.json``.
        source: Data to take instead; None for the run's own.

    Raises:
        RunError: If the rows that are kept are damaged.
        DataError: If data cannot be read.
    """
    kept = run.path / ROWS
    if source is None and kept.exists():
        if digest_of_file(kept) != trained.get("rows_sha256"):
            raise RunError(
                f"{kept}: is not the one of {METRICS}; copy the run once more, or give --data."
            )
        return read_rows(kept, run.system), trained["data_sha256"]
    data = run.config.data
    try:
        dataset = run.system.load(data.model_copy(update={"source": source or data.source}))
    except DataError as error:
        if source is not None:
            raise
        raise DataError(f"{error} Give --data, the folder that the run was trained on.") from error
    return dataset, dataset.digest()


def identity_of(run: Run, trained: Mapping[str, Any], data_digest: str) -> str:
    """Return what tells an evaluation from others: the same model on the same samples has one.

    Angles are not in it: they differ in their last bits between machines and thread counts.
    """
    content = [trained.get("model_sha256"), data_digest, run.split.test.tolist()]
    return sha256(json.dumps(content).encode()).hexdigest()


def evaluate(
    run_path: Path,
    backend: str | Backend,
    source: str | None = None,
    output: Path | None = None,
    threads: int = 0,
    options: Mapping[str, Any] | None = None,
    repeats: int = 1,
    seed: int = 0,
    on_progress: Callable[[str, int, int], None] = lambda _what, _done, _total: None,
    on_cost: Callable[[Any], None] = lambda _cost: None,
) -> Evaluation:
    """Predict the test rows of a run on a backend and write scores and predictions.

    Args:
        run_path: The run folder.
        backend: Where the circuit runs: a name, or an open backend, which is closed at the end.
        source: Data to take instead of the rows that are kept with the run.
        output: A new folder; one below the run's ``evaluations/`` where left out.
        threads: Threads of torch and the backend; 0 for all cores.
        options: The backend's own options; of no use for an open one.
        repeats: How often all test rows are predicted, each time with new shots.
        seed: Of shots and the like.
        on_progress: Called with what is counted, how much of it is done, and how much there is.
        on_cost: Called with what is about to be spent on hardware.

    Raises:
        QkdrpError: If run, data or backend cannot be used, or repeats would all be the same.
        JobsPendingError: If values come from jobs that have not ended, and nobody waits.
    """
    options = dict(options or {})
    refuse_taken(output)
    if repeats < 1:
        raise ConfigError(f"repeats = {repeats}: expected at least 1.")
    if isinstance(backend, str):
        backend = open_backend(backend, options, seed)
    backend_name = backend.name
    with limit_threads(threads), backend:
        backend.on_progress, backend.on_cost = on_progress, on_cost
        run = load_run(run_path, backend)
        if backend.circuits_only and not run.system.circuits(run.config):
            raise ConfigError(
                f"model {run.config.model.model!r} has no circuit: there is nothing to run on "
                f"{backend_name}."
            )
        if repeats > 1 and backend.paid:
            raise ConfigError(
                f"repeats = {repeats}: {backend_name} is evaluated once per command; take more "
                "--shots, or --resubmit for another evaluation."
            )
        if repeats > 1 and backend.repeatable:
            raise ConfigError(
                f"repeats = {repeats}: all repeats of exact values are the same; give --shots."
            )
        trained = read_metrics(run_path)
        dataset, data_digest = rows_to_evaluate(run, trained, source)
        backend.begin(
            Purpose(
                run=run_path.resolve(),
                identity=identity_of(run, trained, data_digest),
                request={
                    "source": source and str(Path(source).resolve()),
                    "threads": threads,
                    "options": {k: v for k, v in options.items() if k not in NOT_ASKED_AGAIN},
                    "seed": seed,
                },
                output=output and output.resolve(),
                claim=partial(claim_evaluation, run_path, backend_name, output),
            )
        )
        tables = []
        for number in range(1, repeats + 1):
            tables.append(predict_parts(run, dataset, ("test",)))
            on_progress("repeats", number, repeats)
        predictions, test, repeated = _summarise(run.system, tables)
        shown = predictions["prediction_mean" if repeated else "prediction"]
        key = list(run.system.row_key)
        before = read_frame(run_path / PREDICTIONS, (*key, "part", "prediction"))
        before = before[before["part"] == "test"].reset_index(drop=True)
        if not before[key].equals(predictions[key].astype(before[key].dtypes)):
            raise RunError(
                f"{run_path / PREDICTIONS}: does not hold the samples of the split; "
                "copy the run once more."
            )
        shift = (shown - before["prediction"]).abs().dropna()
        metrics = {
            "backend": backend_name,
            "data": dataset.provenance,
            "same_data": data_digest == trained.get("data_sha256"),
            "test": test,
            "not_predicted": int(shown.isna().sum()),
            "largest_prediction_shift": float(shift.max()) if len(shift) else None,
            "usage": asdict(backend.usage),
            "versions": versions(run.system.packages),
        }
        if report := backend.report():
            metrics[backend.kind_of_report] = report | {"seed": seed}
        if repeated:
            metrics["repeats"] = repeated
        path = backend.folder() or claim_evaluation(run_path, backend_name, output)
        backend.save(path)
        write_csv(path / PREDICTIONS, predictions)
        write_json(path / METRICS, metrics)
        backend.finish()
    return Evaluation(path, trained, metrics)


def _summarise(
    system: AnySystem,
    tables: Sequence[pd.DataFrame],
) -> tuple[pd.DataFrame, dict[str, Any] | None, dict[str, Any]]:
    """Return predictions, scores and what repeats tell; the last is empty for a single table."""
    test = score_part(system, tables[0], "test")
    if len(tables) == 1:
        return tables[0], test, {}
    repeated, predictions = summarise_repeats(system, tables)
    return predictions, test and _mean_scores(test, repeated), repeated


def _mean_scores(one: Mapping[str, Any], repeated: Mapping[str, Any]) -> dict[str, Any]:
    """Return the scores of one repeat with means over all in their place.

    Intervals are left out: those of ``repeated`` are of means over repeats, not over samples.
    """
    scores = [name.removesuffix("_ci") for name in one if name.endswith("_ci")]
    means = {name: repeated.get(name, {}).get("mean") for name in scores}
    return {**one, **means, **dict.fromkeys(f"{name}_ci" for name in scores)}
