"""The run folder: the unit of result, never overwritten, whole or not there."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, overload

import numpy as np
import pandas as pd

from qkdrp.backends import Backend, get_backend
from qkdrp.common.digests import digest_of_file
from qkdrp.common.errors import ConfigError, RunError
from qkdrp.common.files import write_csv, write_json
from qkdrp.common.provenance import versions
from qkdrp.runs.circuit_file import CIRCUIT, check_circuits, write_circuits
from qkdrp.runs.finished_folds import FOLDS
from qkdrp.runs.kept_rows import ROWS
from qkdrp.runs.model_card import CARD
from qkdrp.runs.model_file import StoredModel, unreadable_model
from qkdrp.runs.reference_file import REFERENCE, read_reference
from qkdrp.runs.run_path import CONFIG, check_run_path
from qkdrp.systems.registry import find_system
from qkdrp.systems.sample_settings import sample_settings_of
from qkdrp.training.checkpoint import CHECKPOINT
from qkdrp.training.dataset import Dataset
from qkdrp.training.forecast import predict_frames
from qkdrp.training.new_samples import SAMPLES
from qkdrp.training.predict import predict_rows
from qkdrp.training.run_config import DEFAULT_SYSTEM, RunConfig
from qkdrp.training.split import Split
from qkdrp.training.system import AnySystem, Facts, Values
from qkdrp.training.trained import Trained

SPLIT, HISTORY, METRICS = "split.csv", "history.csv", "metrics.json"
MODEL, PREDICTIONS, FIGURES = "model.safetensors", "predictions.csv", "figures"
FILES = (
    CONFIG, SPLIT, HISTORY, METRICS, MODEL, CIRCUIT, PREDICTIONS, ROWS, REFERENCE, CHECKPOINT, CARD,
    FOLDS,
)  # fmt: skip
"""Names in a run folder. A run with ``metrics.json`` is complete; only figures come later."""

VERSIONS, FIXED = "versions", "fixed"
"""What ``config.json`` holds beside settings: versions of packages, and choices that are none."""

SIZES = ("n_train", "n_val", "n_test")
"""Numbers of rows of the parts of the split in ``metrics.json``."""


WITHOUT_ROWS = "without_rows"
"""Says in ``metrics.json`` that a run was shared without rows of its data, ids included."""


@dataclass(frozen=True, eq=False, repr=False)
class Run(Trained[Any, Any]):
    """A trained model on a backend, with all that it was trained with, in a folder.

    Args:
        path: The run folder.
        system: Whose run it is.
    """

    path: Path
    system: AnySystem

    @overload
    def predict(self, samples: pd.DataFrame | None = None, **given: object) -> pd.DataFrame: ...

    @overload
    def predict(self, samples: Dataset) -> Values: ...

    def predict(
        self, samples: pd.DataFrame | Dataset | None = None, **given: object
    ) -> pd.DataFrame | Values:
        """Predict samples: a table in the user's units, or the bare output for a data set.

        Args:
            samples: A table of new samples, one row each, as ``qkdrp predict --data`` reads it; or
                a data set of the system. None where ``given`` holds what is needed.
            given: Options of ``qkdrp predict`` for the run's system, such as ``coverage`` or
                ``align``, by the names of its settings
                (:func:`~qkdrp.systems.sample_settings.sample_settings_of`). Those that name tables
                may be data frames: ``predict(drugs=frame)``.

        Returns:
            For tables one with intervals in the user's units; for a data set the model's output,
            shape (n_rows,) or (n_rows, n_outputs).

        Raises:
            QkdrpError: If tables do not fit the model.
        """
        if samples is not None and not isinstance(samples, pd.DataFrame):
            return predict_rows(self.system, self.preprocessor, self.model, samples)
        frames = {name: each for name, each in given.items() if isinstance(each, pd.DataFrame)}
        settings = {name: each for name, each in given.items() if name not in frames}
        if samples is not None:
            frames[SAMPLES] = samples
        made = sample_settings_of(self.system.name).make(**settings)
        reference = read_reference(self.path, self.system)
        return predict_frames(self.system, self, self.known(), reference, frames, made)

    def known(self) -> pd.DataFrame:
        """Return measured and predicted values of the rows of the split.

        Raises:
            RunError: If the file is missing or damaged.
        """
        key = self.system.row_key
        return read_frame(self.path / PREDICTIONS, (*key, "part", "prediction"))


def default_folder(config: RunConfig, facts: Facts) -> Path:
    """Return the time-stamped folder below ``runs/`` that a run gets by default."""
    return _stamped([*facts.names.values(), config.backend])


def default_parent(config: RunConfig) -> Path:
    """Return the time-stamped folder below ``runs/`` that several runs get by default."""
    return _stamped(["several", config.model.model, config.backend])


def _stamped(words: Sequence[str]) -> Path:
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    name = re.sub(r"[^\w.-]+", "_", "-".join(words).lower())
    return Path("runs") / f"{name}-{stamp}"


def start_run(path: Path, system: AnySystem, config: RunConfig, split: Split) -> None:
    """Write into a run folder what is known before training."""
    fixed = {FIXED: dict(system.fixed)} if system.fixed else {}
    told = fixed | {VERSIONS: versions(system.packages)}
    write_json(path / CONFIG, config.model_dump() | told)
    write_csv(path / SPLIT, split.to_frame())
    write_circuits(path / CIRCUIT, system.circuits(config))


def load_run(path: Path | str, backend: Backend | None = None) -> Run:
    """Load a run onto a backend.

    Args:
        path: A run folder with a trained model.
        backend: Where its circuits are to run, any one; exact state vectors where left out.

    Raises:
        RunError: If the folder is missing, incomplete or damaged, or its circuit is not the one
            that this version builds.
    """
    path = Path(path)
    config, metrics = read_config(path), read_metrics(path)
    system = find_system(config.system)
    stored = _read_model(path, metrics)
    try:
        preprocessor = system.preprocessor_from(stored.preprocessor)
    except (KeyError, TypeError, ValueError) as error:
        raise unreadable_model(path / MODEL) from error
    split = _split_of(path, metrics)
    check_circuits(path / CIRCUIT, system.circuits(config), CONFIG)
    model = system.build(config, preprocessor, backend or get_backend("statevector"), seed=0)
    try:
        model.load_state_dict(stored.weights)
    except RuntimeError as error:
        raise RunError(f"{path / MODEL}: does not fit {CONFIG}.") from error
    return Run(config, split, preprocessor, model, None, path, system)


def _read_model(path: Path, metrics: dict[str, Any]) -> StoredModel:
    if not (path / MODEL).is_file():
        raise _damaged(path / MODEL)
    if digest_of_file(path / MODEL) != metrics.get("model_sha256"):
        raise RunError(f"{path / MODEL}: is not the model of {METRICS}; copy the run once more.")
    return StoredModel.load(path / MODEL)


def _split_of(path: Path, metrics: dict[str, Any]) -> Split:
    """Return the split of a run, without rows where it came without its rows from elsewhere."""
    if metrics.get(WITHOUT_ROWS) and not (path / SPLIT).exists():
        return Split(*(np.array([], dtype=np.str_) for _ in SIZES))
    split = read_split(path)
    if [len(ids) for ids in split.parts().values()] != [metrics.get(name) for name in SIZES]:
        raise _damaged(path / SPLIT)
    return split


def read_split(path: Path) -> Split:
    """Return the split of a run.

    Raises:
        RunError: If it is missing or damaged.
    """
    split = Split.from_frame(read_frame(path / SPLIT, ("sample", "part")))
    if not len(split.train):
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


def read_config(path: Path) -> RunConfig:
    """Return the settings of a run.

    Raises:
        RunError: If the folder is none of a run, or damaged.
    """
    check_run_path(path)
    content = _read_object(path / CONFIG)
    for told in (VERSIONS, FIXED):
        content.pop(told, None)
    try:
        system = find_system(content.get("system", DEFAULT_SYSTEM))
        return system.config_type.make(**content)
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
