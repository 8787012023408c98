import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from qkdrp.experiments.ito.config import StudyConfig
from qkdrp.experiments.ito.plan import ItoPlan
from qkdrp.experiments.study.driver import run_study
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.runners import LocalRunner
from qkdrp.experiments.study.study_folder import open_store
from qkdrp.experiments.study.task_results import TaskStore
from tests.qkdrp.conftest import DRUGS, cli, folder, make_tables

__all__ = ["cli", "folder"]

SMALL = {
    "drugs": (DRUGS[0],),
    "models": ("moderated", "ridge"),
    "n_qubits": (2,),
    "n_encoding": (1,),
    "lr": (1e-3,),
    "repeats": 2,
    "folds": 2,
    "epochs": 2,
    "batch_size": 16,
}


def study_config(source: Path, **changes: Any) -> StudyConfig:
    """Return the settings of a study of a second."""
    return StudyConfig.make(data={"source": str(source)}, **{**SMALL, **changes})


def conduct_study(config: StudyConfig, path: Path) -> tuple[ItoPlan, TaskStore, Findings]:
    """Run a study in this process."""
    plan = ItoPlan.open(config)
    store = open_store(config, plan.digests, path, path, resume=False)
    return plan, store, run_study(plan, store, LocalRunner(1), Console(quiet=True))


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of tables that no test changes."""
    return make_tables().write(tmp_path_factory.mktemp("study") / "data")


def close(left: float, right: float, tolerance: float = 1e-12) -> bool:
    return math.isclose(left, right, rel_tol=0, abs_tol=tolerance)


def random_labels(folder: Path, n_samples: int, seed: int) -> Path:
    """Write tables whose response has nothing to do with the expression."""
    tables = make_tables(n_samples)
    rng = np.random.default_rng(seed)
    rows = tables.response["drug"] == DRUGS[0]
    order = rng.permutation(n_samples)
    for column in ("ln_ic50", "response"):
        tables.response.loc[rows, column] = tables.response.loc[rows, column].to_numpy()[order]
    return tables.write(folder)
