"""Values that were paid for and kept: beside the results in a run folder, or in the ledger."""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Never

import numpy as np
import pandas as pd

from qkdrp.backends.isa.prepared_file import CIRCUIT, MAPPING
from qkdrp.backends.layer_names import layer_file
from qkdrp.backends.runtime.answers import Values
from qkdrp.backends.runtime.kept_values import KeptValues
from qkdrp.backends.runtime.ledger import Ledger, ledger_path
from qkdrp.backends.runtime.ledger_destinations import destination_rows
from qkdrp.backends.runtime.ledger_rows import Evaluation
from qkdrp.backends.runtime.paid_values import PaidValues
from qkdrp.backends.runtime.result_files import EXPECTATIONS, JOB
from qkdrp.backends.runtime.stages import all_of
from qkdrp.common.errors import BackendError, RunError
from qkdrp.runs.evaluate import EVALUATIONS
from qkdrp.runs.folder import METRICS, PREDICTIONS, read_frame

CARRIED = (EXPECTATIONS, JOB, CIRCUIT, MAPPING)
"""Files that go along with values, where they are there; those of several layers with their names
added."""

VALUES = layer_file(EXPECTATIONS, "*")
"""Files of the values of several layers."""

COLUMNS = {"row": int, "observable": int, "value": float, "standard_error": float}
"""Of the file of values, with their types."""

PLACE, FOUND = ["row", "observable"], ["value", "standard_error"]


@dataclass(frozen=True)
class KeptEvaluation:
    """Values of one evaluation.

    Args:
        backend: Gives them out; it cannot send anything.
        origin: Where they are kept, in words.
        folder: The folder with them; None for the ledger, which compares angles itself.
    """

    backend: KeptValues | PaidValues
    origin: str
    folder: Path | None = None

    @property
    def circuits(self) -> list[str]:
        """Digests of the circuits; none where the folder does not tell."""
        job = self.folder and self.folder / JOB
        if job is None or not job.is_file():
            return []
        shown = _read(job)
        return [str(each.get("circuit")) for each in shown.get("stages", [shown])]

    @property
    def predictions(self) -> "pd.Series[float] | None":
        """What was predicted from the values before; None where that is not kept."""
        path = self.folder and self.folder / PREDICTIONS
        if path is None or not path.is_file():
            return None
        return read_frame(path, ("prediction",))["prediction"]


def find_kept(run: Path, which: str | None, ledger: Path | None) -> KeptEvaluation:
    """Return the values that a run can be scored from once more.

    Args:
        run: The run folder.
        which: A folder with values, or the number of an evaluation in the ledger; None for the only
            ones of the run.
        ledger: The ledger; None for the one in the user's data folder.

    Raises:
        RunError: If there are none, or several and none was chosen.
        LedgerError: If the ledger has no such evaluation.
    """
    if which is not None:
        if which.isdigit():
            return _of_ledger(Ledger(ledger), Ledger(ledger).find(which))
        return _of_folder(Path(which))
    folders = _folders(run)
    if len(folders) > 1:
        listed = ", ".join(str(each) for each in folders)
        raise RunError(
            f"{run}: has values of {len(folders)} evaluations: choose with --values one of "
            f"{listed}."
        )
    if folders:
        return _of_folder(folders[0])
    place = ledger_path(ledger)
    done = _done(Ledger(place), run) if place.exists() else []
    if not done:
        raise RunError(
            f"{run}: there are no values to replay: no folder of {EVALUATIONS}/ holds "
            f"{EXPECTATIONS}, and no evaluation of the run in {place} has all its values; "
            "evaluate the run first (qkdrp evaluate --backend ibm_runtime), or fetch what was "
            "submitted (qkdrp jobs collect)."
        )
    return _of_ledger(Ledger(place), done[-1])


def _folders(run: Path) -> list[Path]:
    """Return the complete evaluations of a run that hold values, each set of values once."""
    found: dict[str, Path] = {}
    for folder in sorted((run / EVALUATIONS).glob("*")):
        files = _value_files(folder)
        if files and (folder / METRICS).is_file():
            content = b"".join(path.read_bytes() for path in files.values())
            found.setdefault(sha256(content).hexdigest(), folder)
    return list(found.values())


def _value_files(folder: Path) -> dict[str, Path]:
    """Return the files of values of a folder by the name of their layer; empty for a single one."""
    single = folder / EXPECTATIONS
    if single.is_file():
        return {"": single}
    start, end = VALUES.split("*")
    files = sorted(folder.glob(VALUES))
    return {path.name.removeprefix(start).removesuffix(end): path for path in files}


def _of_folder(folder: Path) -> KeptEvaluation:
    paths = _value_files(folder)
    if not paths:
        raise RunError(
            f"{folder}: holds no {EXPECTATIONS}: expected the folder of an evaluation on "
            "ibm_runtime, or the number of one in the ledger (qkdrp jobs list)."
        )
    metrics = folder / METRICS
    report = _read(metrics).get("hardware", {}) if metrics.is_file() else {}
    patterns = (*CARRIED, *(layer_file(name, "*") for name in CARRIED))
    carried = (path for pattern in patterns for path in folder.glob(pattern))
    files = {path.name: path.read_bytes() for path in carried}
    values = {label: read_values(path) for label, path in paths.items()}
    return KeptEvaluation(KeptValues(values, report, files), str(folder), folder)


def _of_ledger(ledger: Ledger, evaluation: Evaluation) -> KeptEvaluation:
    number = evaluation.id

    def no_service() -> Never:
        raise BackendError(
            f"Evaluation {number} of the ledger has not all its values: qkdrp jobs collect "
            f"{number} fetches them."
        )

    values = PaidValues(ledger, evaluation, no_service)
    return KeptEvaluation(values, f"evaluation {number} of {ledger.path}")


def _done(ledger: Ledger, run: Path) -> list[Evaluation]:
    """Return the evaluations of a run that have all their values, the oldest first."""
    return [
        each.head
        for each in all_of(ledger, ledger.evaluations())
        if each.done
        and any(Path(row.run) == run.resolve() for row in destination_rows(ledger, each.head.id))
    ]


def read_values(path: Path) -> list[Values]:
    """Return the values of a file of values, those of each request for values by themselves.

    Args:
        path: As :func:`~qkdrp.backends.runtime.result_files.value_files` makes it: rows and
            observables count from 0 for each request.

    Raises:
        RunError: If it is damaged.
    """
    try:
        frame = pd.read_csv(path, usecols=list(COLUMNS), dtype=COLUMNS)  # values may be blank
    except (OSError, ValueError) as error:
        raise RunError(
            f"{path}: is damaged: expected columns {', '.join(COLUMNS)} of numbers."
        ) from error
    starts = ((frame["row"] == 0) & (frame["observable"] == 0)).cumsum()
    return [_values(path, part) for _, part in frame.groupby(starts)]


def _values(path: Path, part: pd.DataFrame) -> Values:
    n_points, n_observables = (int(part[name].max()) + 1 for name in PLACE)
    wanted = np.stack(np.divmod(np.arange(n_points * n_observables), n_observables), axis=1)
    if not np.array_equal(part[PLACE].to_numpy(), wanted):
        raise RunError(f"{path}: is damaged: expected every observable of every row, in order.")
    shape = n_points, n_observables
    evs, stds = (part[name].to_numpy(dtype=float).reshape(shape) for name in FOUND)
    return Values.of(evs, stds)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise RunError(f"{path}: is damaged: expected a JSON object.")
    return found
