from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from qkdrp.experiments.noise import report
from qkdrp.experiments.noise.config import NoiseConfig
from qkdrp.experiments.noise.plan import NoisePlan
from qkdrp.experiments.noise.table import COLUMNS, LEVEL
from tests.experiments.conftest import SMALL, data
from tests.qkdrp.conftest import cli

__all__ = ["cli", "data"]

P1, P2, READOUT = 0.01, 0.03, 0.05
NOISE = f"depolarizing:p1={P1},p2={P2},readout={READOUT}"

NOISY = {
    "models": ("moderated",),
    "a": (1.0, 20.0),
    "r": (1.5,),
    "reference_r": 1.5,
    "noise": (NOISE,),
    "scales": (0.0, 1.0),
    "shots": (0, 64),
    "repetitions": 3,
    "gradient_rows": 2,
    "repeats": 1,
}


def noise_config(source: Path, **changes: Any) -> NoiseConfig:
    """Return the settings of a study of seconds."""
    return NoiseConfig.make(data={"source": str(source)}, **{**SMALL, **NOISY, **changes})


@pytest.fixture(scope="session")
def plan(data: Path) -> NoisePlan:
    return NoisePlan.open(noise_config(data, parts=("all", "readout")))


@pytest.fixture
def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out figures, which take most of the time of a small study."""
    monkeypatch.setattr(report, "drawn", lambda *_: iter(()))


def made_up(scores: dict[tuple[float, float], np.ndarray], level: dict[str, Any]) -> pd.DataFrame:
    """Return a table with given AUCs of each run, by point, at one level."""
    rows = []
    common = {
        "drug": "A", "model": "moderated", "n_qubits": 4, "n_encoding": 2, "n_variational": 1,
        "lr": 1e-4, "training": "exact", "train_noise": "", "train_scale": 0.0,
        "source": "somewhere", "parts": "all", "scale": 0.0, "shots": 0,
    } | level  # fmt: skip
    assert set(LEVEL) <= set(common)
    for (a, r), values in scores.items():
        for fold, auc in enumerate(values):
            row = common | {"a": a, "r": r, "repeat": 1, "fold": fold + 1, "auc": auc}
            rows.append(row | {"spearman": auc, "mse": 1 - auc})
    return pd.DataFrame(rows, columns=COLUMNS)
