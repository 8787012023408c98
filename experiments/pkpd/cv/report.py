"""Report of the study: tables, ``report.md`` and ``report.html``."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from qkdrp.experiments.pkpd.cv.answers import answers
from qkdrp.experiments.pkpd.cv.differences import differences_frame
from qkdrp.experiments.pkpd.cv.measured import measures_frame
from qkdrp.experiments.pkpd.cv.page import page_of
from qkdrp.experiments.pkpd.cv.plan import CvPlan
from qkdrp.experiments.pkpd.cv.pooled import pooled_variants
from qkdrp.experiments.pkpd.cv.scores import scores_frame
from qkdrp.experiments.pkpd.cv.shown import cell, scores_of
from qkdrp.experiments.pkpd.cv.structures import structures_frame
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.report_parts import write_report


class CvReport:
    """Writes and prints the results of the study.

    Args:
        plan: The study.
    """

    def __init__(self, plan: CvPlan) -> None:
        self.plan = plan

    def write(self, findings: Findings, path: Path) -> dict[str, pd.DataFrame]:
        """Write tables, figures, ``report.md`` and ``report.html``; return the tables.

        Args:
            findings: Results; variants of which a fold is missing are left out and named.
            path: Folder of the study.
        """
        found = pooled_variants(self.plan, findings)
        tables = {
            "scores": scores_frame(found),
            "differences": differences_frame(found),
            "structures": structures_frame(self.plan, findings),
            "measures": measures_frame(self.plan, findings),
        }
        write_report(path, tables, page_of(self.plan, findings, found, tables))
        return tables

    def show(
        self,
        console: Console,
        findings: Findings,  # noqa: ARG002  # of the protocol
        tables: Mapping[str, pd.DataFrame],
    ) -> None:
        """Print scaled errors, and what they come to."""
        table = Table("model", "PK RMSE, scaled", "PD RMSE, scaled", box=SIMPLE_HEAD)
        for variant, own in scores_of(tables["scores"]):
            table.add_row(variant.label, *(cell(own, endpoint) for endpoint in ("PK", "PD")))
        console.print(table)
        for line in answers(tables["scores"], tables["differences"], aims=self.plan.has_aims):
            console.print(line, soft_wrap=True)
