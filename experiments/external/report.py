"""Report of the study of external cohorts: tables, ``report.md`` and ``report.html``."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from qkdrp.experiments.external.answers import answers, by_default
from qkdrp.experiments.external.comparisons import comparisons_frame
from qkdrp.experiments.external.page import page_of
from qkdrp.experiments.external.plan import ExternalPlan
from qkdrp.experiments.external.scores import places, scores_frame
from qkdrp.experiments.ito.contenders import contender
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.report_parts import number, write_report


class ExternalReport:
    """Writes and prints the results of the study of external cohorts.

    Args:
        plan: The study.
    """

    def __init__(self, plan: ExternalPlan) -> None:
        self.plan = plan

    def write(self, findings: Findings, path: Path) -> dict[str, pd.DataFrame]:
        """Write tables, figures, ``report.md`` and ``report.html`` into the folder of a study.

        Args:
            findings: Its results; failed trainings are left out and named.
            path: The folder.

        Returns:
            The tables by file name without its ending.
        """
        config, found = self.plan.config, list(places(self.plan, findings))
        tables = {
            "scores": scores_frame(found),
            "comparisons": comparisons_frame(found, config.draws, config.seed),
        }
        write_report(path, tables, page_of(self.plan, findings, tables))
        return tables

    def show(
        self,
        console: Console,
        findings: Findings,  # noqa: ARG002  # of the protocol
        tables: Mapping[str, pd.DataFrame],
    ) -> None:
        """Print rank correlations, or AUCs where there is no measure, and what they come to."""
        rows, models = by_default(tables["scores"], group=None), self.plan.config.models
        table = Table(
            "cohort", "drug", "group", "n", *(contender(m).label for m in models), box=SIMPLE_HEAD
        )
        names = ["cohort", "drug", "group"]
        for place, found in rows.groupby(names, sort=False):
            own = found.set_index("model")
            score = "spearman" if own["spearman"].notna().any() else "auc"
            n = int(own["n_measured" if score == "spearman" else "n_letters"].max())
            cells = [number(own[score].get(m)) for m in models]
            table.add_row(*map(str, place), str(n), *cells)
        console.print(table)
        console.print("rank correlation, or AUC without a measure; intervals are in the report")
        for line in answers(tables["scores"], tables["comparisons"]):
            console.print(line, soft_wrap=True)
