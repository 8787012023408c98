"""Report of a study of pairs: tables, ``report.md`` and ``report.html``."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from qkdrp.experiments.pairs.angle_claims import angle_claims
from qkdrp.experiments.pairs.claims import Claim, answered
from qkdrp.experiments.pairs.controls import control_claims
from qkdrp.experiments.pairs.courses import courses_frame, trainings_frame
from qkdrp.experiments.pairs.differences import at
from qkdrp.experiments.pairs.grid_claims import grid_claims
from qkdrp.experiments.pairs.page import page_of
from qkdrp.experiments.pairs.per_drug import drugs_frame
from qkdrp.experiments.pairs.plan import PairPlan
from qkdrp.experiments.pairs.scores import comparisons_frame, scores_frame, seeds_frame
from qkdrp.experiments.pairs.size_claims import advantages_frame, size_claims
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.report_parts import write_report


class PairReport:
    """Writes and prints the results of a study of pairs.

    Args:
        plan: The study.
    """

    def __init__(self, plan: PairPlan) -> None:
        self.plan = plan

    def write(self, findings: Findings, path: Path) -> dict[str, pd.DataFrame]:
        """Write tables, figures, ``report.md`` and ``report.html``; return the tables.

        Args:
            findings: Results; failed trainings are left out and named.
            path: Folder of the study.
        """
        plan = self.plan
        tables = {
            "scores": scores_frame(plan, findings),
            "comparisons": comparisons_frame(plan, findings),
            "seeds": seeds_frame(plan, findings),
            "trainings": trainings_frame(plan, findings),
            "courses": courses_frame(plan, findings),
            "drugs": drugs_frame(plan, findings),
        }
        if plan.several_sizes:
            tables["advantages"] = advantages_frame(plan, findings)
        claims = list(self._claims(findings, tables))
        tables["claims"] = pd.DataFrame(claims, columns=list(Claim.__dataclass_fields__))
        write_report(path, tables, page_of(plan, findings, tables, claims))
        return tables

    def _claims(self, findings: Findings, tables: Mapping[str, pd.DataFrame]) -> Iterator[Claim]:
        plan, places = self.plan, self.plan.places()
        yield from answered(tables, places)
        if plan.config.rates:
            yield from grid_claims(tables, places)
        if plan.config.a:
            yield from angle_claims(tables, places)
        if plan.several_sizes:
            yield from size_claims(plan, findings, tables["trainings"], places)
        yield from control_claims(tables, places)

    def show(
        self,
        console: Console,
        findings: Findings,  # noqa: ARG002  # of the protocol
        tables: Mapping[str, pd.DataFrame],
    ) -> None:
        """Print errors by place, and what they come to."""
        scores = tables["scores"]
        rows = scores[scores["score"] == "mse"]
        table = Table("pairs", "model", "test MSE", "95%", "seeds", box=SIMPLE_HEAD)
        for place in self.plan.places():
            for row in at(rows, place).to_dict("records"):
                ends = "" if pd.isna(row["low"]) else f"{row['low']:.5f}, {row['high']:.5f}"
                table.add_row(
                    place.title, row["model"], f"{row['mean']:.5f}", ends, str(row["n_runs"])
                )
        console.print(table)
        for claim in tables["claims"].to_dict("records"):
            console.print(Claim(**{str(k): v for k, v in claim.items()}).sentence(), soft_wrap=True)
