"""Size, epochs, time and training error of each variant, over folds and seeds."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from qkdrp.experiments.pkpd.cv.contenders import Variant
from qkdrp.experiments.pkpd.cv.measures import Measures
from qkdrp.experiments.pkpd.cv.plan import CvPlan
from qkdrp.experiments.study.outcomes import Findings

COLUMNS = [
    *("model", "pd0", "fold", "seed", "n_parameters", "n_quantum", "epochs", "best_epoch"),
    *("converged", "inference_seconds", "train_pk", "train_pd", "seconds"),
]


def measures_frame(plan: CvPlan, findings: Findings) -> pd.DataFrame:
    """Return one row for each training that was measured.

    Args:
        plan: The study.
        findings: Its results; those of earlier versions were not measured.
    """
    rows = [row for variant in plan.variants for row in _rows(plan, variant, findings)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _rows(plan: CvPlan, variant: Variant, findings: Findings) -> Iterator[dict[str, object]]:
    for number in range(plan.n_seeds(variant)):
        for fold, result in enumerate(plan.results(variant, number, findings)):
            measured = result.measures
            if measured is not None:
                yield {
                    "model": variant.name,
                    "pd0": variant.told,
                    "fold": fold,
                    "seed": number,
                    **_plain(measured),
                    "best_epoch": result.best_epoch,
                    "seconds": result.seconds,
                }


def _plain(measured: Measures) -> dict[str, object]:
    names = ("n_parameters", "n_quantum", "epochs", "converged", "inference_seconds")
    errors = {f"train_{name.lower()}": value for name, value in measured.train_errors.items()}
    return {**{name: getattr(measured, name) for name in names}, **errors}


def measured_table(measured: pd.DataFrame) -> pd.DataFrame:
    """Return means over folds and seeds for reading; errors are root mean squares.

    Args:
        measured: As :func:`measures_frame` returns it.
    """
    rows = []
    for (name, told), own in measured.groupby(["model", "pd0"], sort=False):
        rows.append(
            {
                "model": Variant(str(name), bool(told)).label,
                "parameters": str(int(own["n_parameters"].max())),
                "angles of circuits": str(int(own["n_quantum"].max())),
                "epochs": f"{own['epochs'].mean():.0f}",
                "converged at": _mean(own["converged"], ".0f"),
                "ms for 1,000 rows": f"{1e3 * own['inference_seconds'].median():.2f}",
                "seconds of training": f"{own['seconds'].mean():.1f}",
                "training PK": f"{root_mean_square(own['train_pk']):.3f}",
                "training PD": f"{root_mean_square(own['train_pd']):.3f}",
            }
        )
    return pd.DataFrame(rows)


def root_mean_square(values: "pd.Series[float]") -> float:
    """Return the root mean square of values."""
    return float(np.sqrt((values.astype(float) ** 2).mean()))


def _mean(values: "pd.Series[float]", form: str) -> str:
    known = values.dropna()
    return format(float(known.mean()), form) if len(known) else ""
