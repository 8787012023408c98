"""Evaluating a trained run on any backend."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qkdrp.circuits.errors import ConfigError, RunError
from qkdrp.files import write_csv, write_json
from qkdrp.predictions import predict_parts, score_part
from qkdrp.provenance import versions
from qkdrp.repeats import summarise_repeats
from qkdrp.run import (
    METRICS,
    PREDICTIONS,
    claim_folder,
    load_run,
    read_frame,
    read_metrics,
    refuse_taken,
)
from qkdrp.threads import limit_threads
from qkdrp.training import load_data, open_backend

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


def evaluate(
    run_path: Path,
    backend_name: str,
    source: str | None = None,
    output: Path | None = None,
    threads: int = 0,
    options: Mapping[str, Any] | None = None,
    repeats: int = 1,
    seed: int = 0,
    on_progress: Callable[[str, int, int], None] = lambda _what, _done, _total: None,
) -> Evaluation:
    """Predict the test rows of a run on a backend and write scores and predictions.

    Args:
        run_path: The run folder.
        backend_name: Where the circuit runs.
        source: The data that the run was trained on, if they have moved.
        output: A new folder; one below the run's ``evaluations/`` where left out.
        threads: Threads of torch and the backend; 0 for all cores.
        options: The backend's own options.
        repeats: How often all test rows are predicted, each time with new shots.
        seed: Of shots and the like.
        on_progress: Called with what is counted, how much of it is done, and how much there is.

    Raises:
        QkdrpError: If run, data or backend cannot be used, or repeats would all be the same.
    """
    refuse_taken(output)
    if repeats < 1:
        raise ConfigError(f"repeats = {repeats}: expected at least 1.")
    with limit_threads(threads), open_backend(backend_name, options or {}, seed) as backend:
        backend.on_progress = on_progress
        run = load_run(run_path, backend)
        if repeats > 1 and backend.repeatable:
            raise ConfigError(
                f"repeats = {repeats}: all repeats of exact values are the same; give --shots."
            )
        trained = read_metrics(run_path)
        data = run.config.data
        cohort = load_data(data.model_copy(update={"source": source or data.source}))
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
        shift = np.abs(predictions["prediction"] - before["prediction"])
        metrics = {
            "backend": backend_name,
            "data": cohort.provenance,
            "same_data": cohort.digest() == trained.get("data_sha256"),
            "test": score_part(predictions, "test").model_dump(),
            "largest_prediction_shift": float(shift.max()),
            "usage": asdict(backend.usage),
            "versions": versions(),
        }
        if report := backend.report():
            metrics["noise"] = report | {"seed": seed}
        if repeats > 1:
            metrics["repeats"], predictions = summarise_repeats(tables)
        path = claim_folder(output, run_path / EVALUATIONS / backend_name)
        backend.save(path)
    write_csv(path / PREDICTIONS, predictions)
    write_json(path / METRICS, metrics)
    return Evaluation(path, trained, metrics)
