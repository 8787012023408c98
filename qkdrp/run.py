"""The run folder: the unit of result, never overwritten, whole or not there."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from qiskit import qpy
from qiskit.exceptions import QiskitError

from qkdrp.backends import Backend
from qkdrp.circuits import PQC, compile_program
from qkdrp.circuits.errors import RunError
from qkdrp.config import TrainConfig
from qkdrp.data import Cohort, Preprocessor, Split
from qkdrp.files import atomic, write_csv, write_json
from qkdrp.model import build_model, pqc_of, recipe_of
from qkdrp.provenance import versions
from qkdrp.regressor import HybridRegressor
from qkdrp.store import StoredModel

CONFIG, SPLIT, HISTORY, METRICS = "config.json", "split.csv", "history.csv", "metrics.json"
MODEL, CIRCUIT, PREDICTIONS, FIGURES = (
    "model.safetensors",
    "circuit.qpy",
    "predictions.csv",
    "figures",
)
"""Names of the files of a run. ``metrics.json`` comes last: a run with one is complete."""


@dataclass(frozen=True, eq=False)
class Run:
    """A trained model on a backend, with all that it was trained with.

    Args:
        path: The run folder.
        config: Its settings.
        split: Its samples.
        preprocessor: What was fitted on the training rows.
        regressor: The trained model.
    """

    path: Path
    config: TrainConfig
    split: Split
    preprocessor: Preprocessor
    regressor: HybridRegressor

    def predict(self, cohort: Cohort) -> NDArray[np.float64]:
        """Return the predicted normalised label of every sample, shape (n_samples,)."""
        return np.asarray(self.regressor.predict(self.preprocessor.genes(cohort)))


def new_folder(wanted: Path | None, default_name: str) -> Path:
    """Return the path of a folder to be made, and refuse one that holds something.

    Args:
        wanted: What the user asked for.
        default_name: Where nothing was asked for, a time-stamped folder below ``runs/``.

    Raises:
        RunError: If the folder is there and not empty, or is a file.
    """
    if wanted is None:
        stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
        return unused(Path("runs") / f"{default_name.lower().replace(' ', '_')}-{stamp}")
    if wanted.exists() and not (wanted.is_dir() and not any(wanted.iterdir())):
        raise RunError(f"{wanted}: already there; give --output a new folder.")
    return wanted


def unused(path: Path) -> Path:
    """Return the path, with a number behind it if it is taken."""
    candidates = (path.with_name(f"{path.name}-{number}") for number in range(2, 10_000))
    return path if not path.exists() else next(other for other in candidates if not other.exists())


def start_run(path: Path, config: TrainConfig, split: Split) -> None:
    """Make a run folder with what is known before training."""
    path.mkdir(parents=True, exist_ok=True)
    write_json(path / CONFIG, config.model_dump() | {"versions": versions()})
    write_csv(path / SPLIT, split.to_frame())
    if recipe_of(config.model).quantum:
        with atomic(path / CIRCUIT) as temporary, temporary.open("wb") as file:
            qpy.dump(pqc_of(config.model).circuit, file)


def load_run(path: Path, backend: Backend) -> Run:
    """Load a run onto a backend.

    Args:
        path: A run folder with a trained model.
        backend: Where its circuit is to run; any one.

    Raises:
        RunError: If the folder is missing, incomplete, or its circuit is not the one that this
            version builds.
    """
    config = _read_config(path)
    if not (path / METRICS).is_file():
        raise RunError(f"{path}: the run did not finish, {METRICS} is missing; train it again.")
    split = Split.from_frame(pd.read_csv(path / SPLIT, dtype=str))
    stored = StoredModel.load(path / MODEL)
    n_genes = len(stored.preprocessor.transform.genes)
    if recipe_of(config.model).quantum:
        _check_circuit(path / CIRCUIT, pqc_of(config.model))
    model = build_model(config.model, n_genes, backend, seed=0)
    try:
        model.load_state_dict(stored.weights)
    except RuntimeError as error:
        raise RunError(f"{path / MODEL}: does not fit {CONFIG} ({error}).") from error
    regressor = HybridRegressor(**config.model.model_dump(), backend=backend)
    return Run(path, config, split, stored.preprocessor, regressor.restore(model, n_genes))


def read_metrics(path: Path) -> dict[str, object]:
    """Return the ``metrics.json`` of a run."""
    content: dict[str, object] = json.loads((path / METRICS).read_text())
    return content


def _read_config(path: Path) -> TrainConfig:
    try:
        content = json.loads((path / CONFIG).read_text())
    except (OSError, ValueError) as error:
        raise RunError(f"{path}: no run folder, {CONFIG} is missing or unreadable.") from error
    content.pop("versions", None)
    return TrainConfig.make(**content)


def _check_circuit(path: Path, pqc: PQC) -> None:
    """Compare the stored circuit with the one of this version, as Pauli programs."""
    try:
        with path.open("rb") as file:
            (stored,) = qpy.load(file)
    except (OSError, ValueError, QiskitError) as error:
        raise RunError(f"{path}: cannot be read ({error}).") from error
    by_name = {parameter.name: parameter for parameter in stored.parameters}
    try:
        inputs = [by_name[parameter.name] for parameter in pqc.inputs]
        weights = [by_name[parameter.name] for parameter in pqc.weights]
        same = compile_program(stored, pqc.observables, inputs, weights) == compile_program(
            pqc.circuit, pqc.observables, pqc.inputs, pqc.weights
        )
    except (KeyError, ValueError):
        same = False
    if not same:
        raise RunError(
            f"{path}: is not the circuit that this version builds from {CONFIG}; "
            "load the run with the version named there."
        )
