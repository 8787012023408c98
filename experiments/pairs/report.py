"""Report of a study of pairs: tables, ``report.md`` and ``report.html``."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from rich.console import Console

from qkdrp.experiments.pairs.plan import PairPlan
from qkdrp.experiments.pairs.scores import comparisons_frame, scores_frame
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.report_parts import write_report
from qkdrp.reports.page import Page, Section, Table


class PairReport:
    """Writes and prints the results of a study of pairs.

    Args:
        plan: The study.
    """

    def __init__(self, plan: PairPlan) -> None:
        self.plan = plan

    def write(self, findings: Findings, path: Path) -> dict[str, pd.DataFrame]:
        """Write tables and report into the folder of a study; return the tables.

        Args:
            findings: Its results; failed trainings are left out and named.
            path: The folder.
        """
        tables = {
            "scores": scores_frame(self.plan, findings),
            "comparisons": comparisons_frame(self.plan, findings),
        }
        sections = [Section(name, [Table(name, table)]) for name, table in tables.items()]
        write_report(path, tables, Page(self.plan.study.title, [], sections, []))
        return tables

    def show(
        self,
        console: Console,
        findings: Findings,  # noqa: ARG002  # of the protocol
        tables: Mapping[str, pd.DataFrame],
    ) -> None:
        """Print the errors."""
        scores = tables["scores"]
        console.print(scores[scores["score"] == "mse"].to_string())
