"""The structures that were compared in each fold, as a table."""

import pandas as pd

from qkdrp.experiments.pkpd.cv.plan import CvPlan
from qkdrp.experiments.pkpd.cv.tasks import StructureResult
from qkdrp.experiments.study.outcomes import Findings

COLUMNS = ["fold", "structure", "objective", "n_parameters", "bic", "chosen"]


def structures_frame(plan: CvPlan, findings: Findings) -> pd.DataFrame:
    """Return one row for each fold and structure; none where the structure was given.

    Args:
        plan: The study.
        findings: Its results.
    """
    rows = []
    for fold in range(plan.folds if plan.chooses else 0):
        found = findings.of(plan.structure_task(fold))
        if isinstance(found, StructureResult):
            rows += [
                (fold, e.name, e.objective, e.n_parameters, e.bic, e.name == found.chosen)
                for e in found.compared
            ]
    return pd.DataFrame(rows, columns=COLUMNS)


def chosen_counts(table: pd.DataFrame) -> str:
    """Return how often each structure was chosen, in words.

    Args:
        table: Of :func:`structures_frame`.
    """
    counts = table.loc[table["chosen"].astype(bool), "structure"].value_counts()
    return ", ".join(f"{name} in {count} folds" for name, count in counts.items())
