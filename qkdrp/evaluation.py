"""Evaluating a trained run on any backend."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from qkdrp.backends import Backend
from qkdrp.backends.base import Purpose
from qkdrp.common.errors import ConfigError, RunError
from qkdrp.common.files import write_csv, write_json
from qkdrp.data import Cohort
from qkdrp.model import recipe_of
from qkdrp.predictions import predict_parts, score_part
from qkdrp.provenance import versions
from qkdrp.repeats import summarise_repeats
from qkdrp.run import (
    METRICS,
    PREDICTIONS,
    Run,
    claim_folder,
    load_run,
    read_frame,
    read_metrics,
    refuse_taken,
)
from qkdrp.threads import limit_threads
from qkdrp.training import load_data, open_backend

NOT_ASKED_AGAIN = ("wait", "resubmit", "ledger")
"""Options that belong to one call, not to what is evaluated."""

LEAST_SCORED = 2
"""Predictions that scores can be made of."""

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


def identity_of(run: Run, trained: Mapping[str, Any], cohort: Cohort) -> str:
    """Return what tells an evaluation from others: the same model on the same samples has one.

    Angles are not in it: they differ in their last bits between machines and thread counts.
    """
    content = [trained.get("model_sha256"), cohort.digest(), run.split.test.tolist()]
    return sha256(json.dumps(content).encode()).hexdigest()


def score_there(predictions: pd.DataFrame) -> dict[str, Any] | None:
    """Return the scores of the test rows that have a prediction; None for fewer than two.

    A device's values may not be finite, and neither are predictions from such values then.
    """
    there = predictions[predictions["prediction"].notna()]
    return score_part(there, "test").model_dump() if len(there) >= LEAST_SCORED else None


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
        source: The data that the run was trained on, if they have moved.
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
        if backend.paid and not recipe_of(run.config.model).quantum:
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
        data = run.config.data
        cohort = load_data(data.model_copy(update={"source": source or data.source}))
        backend.begin(
            Purpose(
                run=run_path.resolve(),
                identity=identity_of(run, trained, cohort),
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
            tables.append(predict_parts(run, cohort, ("test",)))
            on_progress("repeats", number, repeats)
        predictions = tables[0]
        before = read_frame(run_path / PREDICTIONS, ("sample", "part", "prediction"))
        before = before[before["part"] == "test"].reset_index(drop=True)
        if before["sample"].tolist() != predictions["sample"].tolist():
            raise RunError(
                f"{run_path / PREDICTIONS}: does not hold the samples of the split; "
                "copy the run once more."
            )
        shift = (predictions["prediction"] - before["prediction"]).abs().dropna()
        metrics = {
            "backend": backend_name,
            "data": cohort.provenance,
            "same_data": cohort.digest() == trained.get("data_sha256"),
            "test": score_there(predictions),
            "not_predicted": int(predictions["prediction"].isna().sum()),
            "largest_prediction_shift": float(shift.max()) if len(shift) else None,
            "usage": asdict(backend.usage),
            "versions": versions(),
        }
        if report := backend.report():
            metrics[backend.kind_of_report] = report | {"seed": seed}
        if repeats > 1:
            metrics["repeats"], predictions = summarise_repeats(tables)
        path = backend.folder() or claim_evaluation(run_path, backend_name, output)
        backend.save(path)
        write_csv(path / PREDICTIONS, predictions)
        write_json(path / METRICS, metrics)
        backend.finish()
    return Evaluation(path, trained, metrics)
