"""The run folder: the unit of result, never overwritten, whole or not there."""

import json
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from qiskit import qpy
from qiskit.exceptions import QiskitError

from qkdrp.backends import Backend
from qkdrp.circuits import PQC, compile_program
from qkdrp.common.digests import digest_of_file
from qkdrp.common.errors import ConfigError, RunError
from qkdrp.common.files import atomic, write_csv, write_json
from qkdrp.systems.response.config import TrainConfig
from qkdrp.systems.response.data import Cohort
from qkdrp.systems.response.preprocess import Preprocessor
from qkdrp.systems.response.split import Split
from qkdrp.runs.kept_rows import ROWS
from qkdrp.systems.response.recipes import build_model
from qkdrp.systems.response.recipes import pqc_of
from qkdrp.systems.response.recipes import recipe_of
from qkdrp.common.provenance import versions
from qkdrp.systems.response.regressor import HybridRegressor
from qkdrp.runs.model_file import StoredModel
from qkdrp.training.checkpoint import CHECKPOINT

CONFIG, SPLIT, HISTORY, METRICS = "config.json", "split.csv", "history.csv", "metrics.json"
MODEL, CIRCUIT, PREDICTIONS, FIGURES = (
    "model.safetensors",
    "circuit.qpy",
    "predictions.csv",
    "figures",
)
FILES = (CONFIG, SPLIT, HISTORY, METRICS, MODEL, CIRCUIT, PREDICTIONS, ROWS, CHECKPOINT)
"""Names in a run folder. A run with ``metrics.json`` is complete; only figures come later."""


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


def default_folder(config: TrainConfig, drug: str) -> Path:
    """Return the time-stamped folder below ``runs/`` that a run gets by default."""
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    name = re.sub(r"[^\w.-]+", "_", f"{drug}-{config.model.model}-{config.backend}".lower())
    return Path("runs") / f"{name}-{stamp}"


def regressor_of(config: TrainConfig, backend: Backend) -> HybridRegressor:
    """Return the untrained regressor of a configuration."""
    return HybridRegressor(
        **config.model.model_dump(),
        **config.fit.model_dump(),
        backend=backend,
        random_state=config.seed,
    )


def start_run(path: Path, config: TrainConfig, split: Split) -> None:
    """Write into a run folder what is known before training."""
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
        RunError: If the folder is missing, incomplete or damaged, or its circuit is not the one
            that this version builds.
    """
    config = read_config(path)
    metrics = read_metrics(path)
    if not (path / MODEL).is_file():
        raise _damaged(path / MODEL)
    if digest_of_file(path / MODEL) != metrics.get("model_sha256"):
        raise RunError(f"{path / MODEL}: is not the model of {METRICS}; copy the run once more.")
    split = read_split(path)
    stored = StoredModel.load(path / MODEL)
    n_genes = len(stored.preprocessor.transform.genes)
    if recipe_of(config.model).quantum:
        _check_circuit(path / CIRCUIT, pqc_of(config.model))
    model = build_model(config.model, n_genes, backend, seed=0)
    try:
        model.load_state_dict(stored.weights)
    except RuntimeError as error:
        raise RunError(f"{path / MODEL}: does not fit {CONFIG}.") from error
    regressor = regressor_of(config, backend).restore(model, n_genes)
    return Run(path, config, split, stored.preprocessor, regressor)


def read_split(path: Path) -> Split:
    """Return the split of a run.

    Raises:
        RunError: If it is missing or damaged.
    """
    split = Split.from_frame(read_frame(path / SPLIT, ("sample", "part")))
    if not all(len(ids) for ids in split.parts().values()):
        raise _damaged(path / SPLIT)
    return split


def read_metrics(path: Path) -> dict[str, Any]:
    """Return the ``metrics.json`` of a run.

    Raises:
        RunError: If it is missing or damaged.
    """
    if not (path / METRICS).is_file():
        raise RunError(f"{path}: the run did not finish, {METRICS} is missing; train it again.")
    return _read_object(path / METRICS)


def read_frame(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Return a table of a run folder, sample ids as text.

    Raises:
        RunError: If it is missing or damaged, or a column is not there.
    """
    try:
        frame = pd.read_csv(path, dtype={"sample": str}, keep_default_na=False, na_values=[""])
    except (OSError, ValueError) as error:
        raise _damaged(path) from error
    if not set(columns) <= set(frame.columns) or frame[list(columns)].isna().any(axis=None):
        raise _damaged(path)
    return frame


def read_config(path: Path) -> TrainConfig:
    """Return the settings of a run.

    Raises:
        RunError: If the folder is none of a run, or damaged.
    """
    if not (path / CONFIG).is_file():
        raise RunError(f"{path}: is no run folder, {CONFIG} is missing.")
    content = _read_object(path / CONFIG)
    content.pop("versions", None)
    try:
        return TrainConfig.make(**content)
    except ConfigError as error:
        raise RunError(f"{path / CONFIG}: {error}") from error


def _read_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise _damaged(path) from error
    if not isinstance(content, dict):
        raise _damaged(path)
    return content


def _damaged(path: Path) -> RunError:
    return RunError(f"{path}: missing or damaged; copy the run once more, or train it again.")


def _check_circuit(path: Path, pqc: PQC) -> None:
    """Compare the stored circuit with the one of this version, as Pauli programs."""
    try:
        with path.open("rb") as file:
            (stored,) = qpy.load(file)
    except (OSError, ValueError, struct.error, QiskitError) as error:
        raise _damaged(path) from error
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
