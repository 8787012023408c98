"""Scoring a run once more from values that were paid for before; nothing is sent."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from qkdrp.circuits.digest import legacy_digest, pqc_digest
from qkdrp.common.errors import RunError
from qkdrp.common.files import write_csv, write_files, write_json
from qkdrp.runs.evaluate import (
    Evaluation,
    EvaluationRequest,
    Subject,
    check_request,
    compute,
    load_subject,
)
from qkdrp.runs.folder import FIGURES, HISTORY, METRICS, PREDICTIONS, Run, load_run
from qkdrp.runs.kept_evaluations import KeptEvaluation, find_kept
from qkdrp.training.threads import limit_threads

SAME_PREDICTION = 1e-4
"""By how much predictions from the same values may differ between machines and versions."""


@dataclass(frozen=True)
class Replay:
    """What was scored once more.

    Args:
        evaluation: The new evaluation.
        origin: Where its values are kept, in words.
    """

    evaluation: Evaluation
    origin: str


def replay(
    run_path: Path,
    values: str | None = None,
    source: str | None = None,
    output: Path | None = None,
    threads: int = 0,
    ledger: Path | None = None,
    on_note: Callable[[str], None] = lambda _note: None,
) -> Replay:
    """Compute scores, predictions and figures from kept values, and write them to a new folder.

    The folder appears whole or not at all.

    Args:
        run_path: The run folder.
        values: A folder with values, or the number of an evaluation in the ledger; None for the
            only ones of the run.
        source: Data to take instead of the rows that are kept with the run.
        output: A new folder; one below the run's ``evaluations/`` where left out.
        threads: Of torch; 0 for all cores.
        ledger: The ledger; None for the one in the user's data folder.
        on_note: Called with what the user should know.

    Raises:
        QkdrpError: If run or data cannot be used, or there are no values, or those of another run.
    """
    request = EvaluationRequest(run_path, source, output, threads)
    kept = find_kept(run_path, values, ledger)
    with limit_threads(threads), kept.backend as backend:
        run = load_run(run_path, backend)
        check_request(request, run, backend)
        _check_circuit(kept, run)
        subject = load_subject(run, source)
        predictions, metrics = compute(request, subject, backend)
        _check_predictions(kept, predictions)
        metrics["replay_of"] = kept.origin

        def write(folder: Path) -> None:
            write_files(folder, backend.files())
            write_csv(folder / PREDICTIONS, predictions)
            _draw(folder, subject, predictions, on_note)
            write_json(folder / METRICS, metrics)

        beside = run_path if output is None else output.parent
        path = _write_whole(lambda: request.claim(backend.name), beside, write)
    return Replay(Evaluation(path, subject.trained, metrics), kept.origin)


def _check_circuit(kept: KeptEvaluation, run: Run) -> None:
    """Raise a :class:`RunError` if values are of a circuit that the run does not have."""
    known: set[str] = set()
    for each in run.system.circuits(run.config).values():
        known |= {pqc_digest(each.pqc), legacy_digest(each.pqc.circuit, each.pqc.observables)}
    if not known.issuperset(kept.circuits):
        raise RunError(
            f"{kept.origin}: holds values of another circuit than that of {run.path}: give "
            "--values of this run."
        )


def _check_predictions(kept: KeptEvaluation, predictions: pd.DataFrame) -> None:
    """Raise a :class:`RunError` unless the values give what they gave before."""
    before = kept.predictions
    if before is None:
        return
    now = predictions["prediction"].to_numpy(dtype=float)
    then = before.to_numpy(dtype=float)
    if now.shape != then.shape or not np.allclose(
        now, then, rtol=0, atol=SAME_PREDICTION, equal_nan=True
    ):
        raise RunError(
            f"{kept.origin}: its values do not give the predictions beside them: they are of "
            "another run, or run or data were changed since."
        )


def _draw(
    folder: Path, subject: Subject, predictions: pd.DataFrame, on_note: Callable[[str], None]
) -> None:
    """Draw the figures: they are worth no error."""
    run = subject.run
    history = run.path / HISTORY
    try:
        epochs = pd.read_csv(history) if history.is_file() else pd.DataFrame()
        run.system.draw(folder / FIGURES, run, subject.dataset, epochs, predictions)
    except Exception as error:  # noqa: BLE001  # whatever it is, the scores are complete
        on_note(f"figures were not all drawn: {type(error).__name__}: {error}")


def _write_whole(claim: Callable[[], Path], beside: Path, write: Callable[[Path], Any]) -> Path:
    """Write a folder so that it appears with all its files, and return it.

    Args:
        claim: Makes the empty folder that it becomes.
        beside: A folder of the same disk.
        write: Writes the files into the folder that it is given.
    """
    beside.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".replay-", dir=beside))
    try:
        write(temporary)
        temporary.chmod(beside.stat().st_mode)
        path = claim()
        temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return path
