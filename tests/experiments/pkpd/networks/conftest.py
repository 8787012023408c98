"""Made-up results of all networks of the study: errors by name, and what was measured."""

from collections.abc import Mapping

import pandas as pd
import pytest

from qkdrp.experiments.pkpd.cv.contenders import Variant
from qkdrp.experiments.pkpd.cv.measured import COLUMNS
from qkdrp.experiments.pkpd.cv.scores import scores_frame
from qkdrp.experiments.pkpd.networks.parts import PARTS
from qkdrp.experiments.pkpd.networks.results import Results
from tests.experiments.pkpd.cv.test_differences import made

ALL = tuple(dict.fromkeys(name for part in PARTS.values() for name in part))

FOLDS = 12


def results_of(
    more: Mapping[str, float] | None = None,
    converged: Mapping[str, int] | None = None,
    names: tuple[str, ...] = ALL,
) -> Results:
    """Return results in which errors of some networks are larger or smaller than those of others.

    Args:
        more: Share that errors are larger by, by name.
        converged: Epoch of convergence, by name; 100 for others.
        names: Networks that have all folds.
    """
    changes, epochs = more or {}, converged or {}
    found = {
        Variant(name): made(0.02, seed, more=changes.get(name, 0.0))
        for seed, name in enumerate(names)
    }
    rows = [
        {
            "model": name,
            "pd0": False,
            "fold": fold,
            "seed": 0,
            "n_parameters": 300 if "dense" in name or name == "resqnn_moe" else 400,
            "n_quantum": 48 if name == "resqnn_moe" else 0,
            "epochs": 150,
            "best_epoch": 120,
            "converged": epochs.get(name, 100) + (fold * (number + 1)) % 5,
            "inference_seconds": 0.002 if name == "resqnn_moe" else 0.001,
            "train_pk": 0.2,
            "train_pd": 0.2 + 0.001 * number,
            "seconds": 1.0,
        }
        for number, name in enumerate(names)
        for fold in range(FOLDS)
    ]
    measured = pd.DataFrame(rows, columns=COLUMNS)
    return Results(found, scores_frame(found), measured, told=False)


@pytest.fixture(scope="session")
def level() -> Results:
    """Return results in which all networks are alike."""
    return results_of()
