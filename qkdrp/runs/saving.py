"""Saving a trained run so that neither a signal nor a full disk throws it away."""

import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from qkdrp.backends import Backend
from qkdrp.backends.statevector import Statevector
from qkdrp.common.errors import RunError
from qkdrp.common.files import write_csv, write_files
from qkdrp.common.stop_signals import held_back, let_through
from qkdrp.runs.cross_validation import FOLD, CrossValidated
from qkdrp.runs.folder import HISTORY, MODEL, PREDICTIONS, Run, start_run
from qkdrp.runs.kept_rows import ROWS, keep_rows
from qkdrp.runs.model_file import StoredModel
from qkdrp.runs.predict import predict_parts
from qkdrp.runs.reference_file import REFERENCE, reference_of
from qkdrp.training.dataset import Dataset

Note = Callable[[str], None]


class RunWriter:
    """Writes a trained run into its folder, or into a spare one where the disk fails.

    Args:
        run: The run; its folder holds what :func:`~qkdrp.runs.folder.start_run` wrote.
        dataset: Its data.
        history: One row per epoch.
        backend: What it was trained on.
        hold: Holds signals back meanwhile.
        on_note: Called with what the user should know.
        crossed: The cross-validation of a training on all rows.

    Attributes:
        predicted_on: Name of the backend of the predictions.
    """

    def __init__(
        self,
        run: Run,
        dataset: Dataset,
        history: pd.DataFrame,
        backend: Backend,
        hold: held_back,
        on_note: Note,
        crossed: CrossValidated | None = None,
    ) -> None:
        self.crossed = crossed
        self.run, self.dataset, self.history = run, dataset, history
        self.backend, self.hold, self.on_note = backend, hold, on_note
        self.predicted_on = backend.name

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """One row per sample and part; held-out ones of a cross-validation come last."""
        table = self._of_the_model
        if self.crossed is None or self.crossed.held_out is None:
            return table
        joined = pd.concat([table, self.crossed.held_out], ignore_index=True)
        return joined.astype({FOLD: "Int64"})

    @cached_property
    def _of_the_model(self) -> pd.DataFrame:
        """One row per sample; by the exact engine where a signal ends a slow backend's work."""
        try:
            with let_through():
                return predict_parts(self.run, self.dataset)
        except KeyboardInterrupt:
            self.hold.postpone()
        self.on_note(f"interrupted on {self.backend.name}: predictions are from the exact engine")
        self.predicted_on = Statevector.name
        with Statevector() as backend:
            return predict_parts(moved(self.run, backend), self.dataset)

    def save(self, finish: Callable[[Path], None]) -> Path:
        """Write all files but the figures and return the folder.

        Args:
            finish: Writes the last file into a folder.

        Raises:
            RunError: If no place can be written to.
        """

        def write(path: Path) -> None:
            run, system = self.run, self.run.system
            if path != run.path:
                start_run(path, system, run.config, run.split)
            StoredModel(run.model.state_dict(), run.preprocessor.state()).save(path / MODEL)
            if len(run.split.test):
                test = self.dataset.select(run.split.test)
                keep_rows(path / ROWS, system.keep(run.preprocessor, test))
            reference = reference_of(run, system, self.dataset)
            if reference is not None:
                keep_rows(path / REFERENCE, reference)
            write_files(path, self.backend.files())
            write_csv(path / HISTORY, self.history)
            write_csv(path / PREDICTIONS, self.predictions)
            finish(path)

        return write_somewhere(self.run.path, write, self.on_note)


def moved(run: Run, backend: Backend) -> Run:
    """Return a run with the same weights on another backend."""
    model = run.system.build(run.config, run.preprocessor, backend, seed=0)
    model.load_state_dict(run.model.state_dict())
    return replace(run, model=model)


def write_somewhere(wanted: Path, write: Callable[[Path], None], on_note: Note) -> Path:
    """Write results into a folder, or into a new one elsewhere; return which.

    Args:
        wanted: An existing folder.
        write: Writes all files into the folder that it is given.
        on_note: Called with why the results are elsewhere, and where.

    Raises:
        RunError: If they could be written nowhere.
    """
    try:
        write(wanted)
    except OSError as error:
        problems = [_reason(error)]
    else:
        return wanted
    for place in _spare_places():
        try:
            spare = Path(tempfile.mkdtemp(prefix=f"{wanted.name}-", dir=place))
        except OSError as error:
            problems.append(_reason(error))
            continue
        try:
            write(spare)
        except OSError as error:
            shutil.rmtree(spare, ignore_errors=True)
            problems.append(_reason(error))
            continue
        on_note(f"{problems[0]}; the run is in {spare} instead, move it to where you want it")
        return spare
    raise RunError(f"The run could be written nowhere ({'; '.join(problems)}): free some space.")


def _spare_places() -> list[Path]:
    """Return folders that may be on another disk: for temporary files, and the user's own."""
    places = []
    with suppress(OSError):  # there is none
        places.append(Path(tempfile.gettempdir()))
    with suppress(RuntimeError):
        places.append(Path.home())
    return places


def _reason(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)
