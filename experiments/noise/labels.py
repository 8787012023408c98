"""Labels of levels, trainings and models in tables and figures."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from qkdrp.experiments.ito.contenders import contender
from qkdrp.experiments.noise.cells import NONE
from qkdrp.experiments.noise.config import ALL
from qkdrp.experiments.noise.trainings import EXACT

Row = Mapping[Any, Any] | pd.Series
"""A row of a table."""

SCORE_NAMES = {"auc": "AUC", "spearman": "Spearman", "mse": "squared error"}
"""Scores in words."""


def shots_name(shots: int) -> str:
    """Return a number of shots in words."""
    return f"{shots:,} shots" if shots else "infinitely many shots"


def level_name(row: Row) -> str:
    """Return a level of noise in words."""
    noise = "no noise" if row["parts"] == NONE else f"scale {row['scale']:g}"
    only = "" if row["parts"] in (NONE, ALL) else f" of {row['parts']}"
    return f"{noise}{only}, {shots_name(int(row['shots']))}"


def training_name(row: Row) -> str:
    """Return a training in words."""
    if row["training"] == EXACT:
        return "exactly"
    return f"with noise of scale {row['train_scale']:g}"


def circuit_name(row: Row) -> str:
    """Return a model and its circuit in words."""
    sizes = ", ".join(f"{row[name]:g}" for name in ("n_qubits", "n_encoding", "n_variational"))
    return f"{contender(row['model']).label} ({sizes}), rate {row['lr']:g}"


def angle(r: float) -> str:
    """Return an angle in units of pi."""
    return f"{r / math.pi:.3g} pi"
