"""Evaluating a trained run on any backend."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qkdrp.backends import get_backend
from qkdrp.circuits.errors import RunError
from qkdrp.files import write_csv, write_json
from qkdrp.predictions import predict_parts, score_part
from qkdrp.provenance import versions
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
from qkdrp.training import load_data

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
) -> Evaluation:
    """Predict the test rows of a run on a backend and write scores and predictions.

    Args:
        run_path: The run folder.
        backend_name: Where the circuit runs.
        source: The data that the run was trained on, if they have moved.
        output: A new folder; one below the run's ``evaluations/`` where left out.
        threads: Threads of torch and the backend; 0 for all cores.

    Raises:
        QkdrpError: If run, data or backend cannot be used.
    """
    refuse_taken(output)
    with limit_threads(threads), get_backend(backend_name) as backend:
        run = load_run(run_path, backend)
        trained = read_metrics(run_path)
        data = run.config.data
        cohort = load_data(data.model_copy(update={"source": source or data.source}))
        predictions = predict_parts(run, cohort, ("test",))
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
    path = claim_folder(output, run_path / EVALUATIONS / backend_name)
    write_csv(path / PREDICTIONS, predictions)
    write_json(path / METRICS, metrics)
    return Evaluation(path, trained, metrics)
