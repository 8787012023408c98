"""What of a run may leave the machine that it was made on: models and scores, never rows.

A list of what is shared, not of what is kept back: a file that is new in run folders stays.
"""

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from qkdrp.common.errors import RunError
from qkdrp.runs.circuit_file import CIRCUIT
from qkdrp.runs.folder import (
    HISTORY,
    METRICS,
    MODEL,
    WITHOUT_ROWS,
    load_run,
    read_metrics,
)
from qkdrp.runs.model_card import CARD, model_card, without_place
from qkdrp.runs.run_path import CONFIG

SHARED = (CARD, CONFIG, METRICS, MODEL, CIRCUIT, HISTORY)
"""Files of a run folder that are shared. Those of single rows are not among them:
``test_rows.safetensors`` (what was measured), ``split.csv`` and ``predictions.csv`` (ids, measured
and predicted values), figures (a dot for each row), evaluations and explanations."""

OF_THE_ACCOUNT = ("hardware",)
"""Parts of ``metrics.json`` that name jobs of the user's account."""


def shared_files(path: Path) -> dict[str, bytes]:
    """Return the files of a run that are shared, by name, without places of this machine.

    Args:
        path: The run folder.

    Raises:
        RunError: If it is none of a finished run, or damaged.
    """
    run, metrics = load_run(path), read_metrics(path)
    given = run.config.data.source
    config = json.loads((path / CONFIG).read_text()) | {"backend_options": {}}
    shared = {name: each for name, each in metrics.items() if name not in OF_THE_ACCOUNT}
    shared[WITHOUT_ROWS] = True
    shared["data"] = without_place(str(metrics["data"]), given)
    try:
        files = {name: (path / name).read_bytes() for name in SHARED if (path / name).is_file()}
    except OSError as error:
        raise RunError(f"{error.filename}: {error.strerror}") from error
    files.setdefault(CARD, model_card(run.system, run.config, metrics).encode())
    return files | {CONFIG: _as_json(_placeless(config)), METRICS: _as_json(_placeless(shared))}


def _placeless(content: Any) -> Any:  # noqa: ANN401  # whatever JSON holds
    """Return JSON with whole paths replaced by the last name in them."""
    if isinstance(content, Mapping):
        return {name: _placeless(each) for name, each in content.items()}
    if isinstance(content, list):
        return [_placeless(each) for each in content]
    if isinstance(content, str):
        for kind in (PurePosixPath, PureWindowsPath):
            if kind(content).is_absolute():
                return kind(content).name
    return content


def _as_json(content: Any) -> bytes:  # noqa: ANN401
    return (json.dumps(content, indent=2, allow_nan=False) + "\n").encode()
