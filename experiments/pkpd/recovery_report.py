"""Report of the recovery study: tables, figure, ``report.md`` and ``report.html``."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from rich.console import Console

from qkdrp.experiments.pkpd.recovery_cases import CASES, FRACTION
from qkdrp.experiments.pkpd.recovery_config import GIVEN
from qkdrp.experiments.pkpd.recovery_figure import draw_recovery
from qkdrp.experiments.pkpd.recovery_plan import RecoveryPlan
from qkdrp.experiments.pkpd.recovery_summary import (
    parameters_frame,
    sentences,
    summary_frame,
    trials_frame,
    value,
)
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.report_parts import (
    core_hours,
    failures,
    versions_line,
    write_report,
)
from qkdrp.reports.page import Figure, Page, Section, Table
from qkdrp.systems.pkpd.dose.answer import DISCLAIMER

SUMMARY, TRIALS, PARAMETERS = "summary", "trials", "parameters"
"""Names of tables."""

Tables = Mapping[str, pd.DataFrame]


class RecoveryReport:
    """Writes and prints the results of a recovery study.

    Args:
        plan: The study.
    """

    def __init__(self, plan: RecoveryPlan) -> None:
        self.plan = plan

    def write(self, findings: Findings, path: Path) -> dict[str, pd.DataFrame]:
        """Write tables, figure, ``report.md`` and ``report.html``; return the tables.

        Args:
            findings: Results; failed trials are left out and named.
            path: Folder of the study.
        """
        trials = trials_frame(self.plan, findings)
        tables = {
            SUMMARY: summary_frame(trials),
            TRIALS: trials,
            PARAMETERS: parameters_frame(self.plan, findings),
        }
        write_report(path, tables, self._page(findings, tables))
        return tables

    def show(self, console: Console, findings: Findings, tables: Tables) -> None:  # noqa: ARG002  # of the protocol
        """Print what the study came to in words."""
        for sentence in sentences(tables[SUMMARY]):
            console.print(sentence, soft_wrap=True)
        console.print(DISCLAIMER)

    def _page(self, findings: Findings, tables: Tables) -> Page:
        trials = tables[TRIALS]
        doses: list[str | Table | Figure] = [
            Table("Ratio of the found to the true dose", shown_summary(tables[SUMMARY]))
        ]
        if not trials.empty:
            doses.append(
                Figure.of(
                    "Doses of simulated trials",
                    "A dot is the exact dose that was found from one trial over the true one; the "
                    "line is its 90% interval. Orange intervals do not hold the true dose.",
                    draw_recovery(trials),
                )
            )
        return Page(
            title="Doses found from trials with a known answer",
            lead=[*sentences(tables[SUMMARY]), DISCLAIMER, *failures(findings, lambda t: t.title)],
            sections=[
                Section("Doses", doses),
                Section("How it was done", list(self._method())),
                Section("Parameters", [
                    "Fitted parameters of a subject of 70 kg without comedication over the true "
                    "ones, and deviations between subjects (omega) beside the true ones: medians "
                    "over trials, quartiles in the columns after them.",
                    Table("Parameters", tables[PARAMETERS]),
                ]),
                Section("All trials", [Table("Doses in mg", trials)]),
            ],
            provenance=[core_hours(findings), versions_line()],
        )  # fmt: skip

    def _method(self) -> list[str]:
        config = self.plan.config
        structure = (
            "The structure of the mechanism is given, that of the truth; covariate effects and "
            "which parameters vary are chosen by likelihood in every trial."
            if config.structure == GIVEN
            else "Structure, covariate effects and which parameters vary are chosen by likelihood "
            "in every trial."
        )
        asked = [
            f"{truth}: the biomarker stays {case.direction} {case.target:g} in {FRACTION:.0%} of "
            "subjects with "
            + ", ".join(f"{name} {words}" for name, words in case.covariates.items())
            for truth, case in CASES.items()
            if truth in config.truths
        ]
        return [
            "Each trial has 48 subjects, doses for three weeks and the sampling times of the "
            "embedded trial; its values are drawn from the known model with errors of 10%.",
            structure,
            f"Intervals are 5% and 95% quantiles over {config.refits} refits to subjects that are "
            "resampled within dose levels. The true dose is that of the known model for the same "
            f"{config.subjects} virtual subjects.",
            *asked,
        ]


def shown_summary(summary: pd.DataFrame) -> pd.DataFrame:
    """Return a summary as a reader wants it: intervals in brackets after their values."""
    return pd.DataFrame(
        [
            {
                "truth": row["truth"],
                "schedule": row["schedule"],
                "true dose (mg)": f"{row['true_dose']:.4g}",
                "median ratio (95%)": value(row, "median"),
                "log-sd (95%)": value(row, "log_sd"),
                "range": f"{row['smallest']:.2f} to {row['largest']:.2f}",
                "covered": f"{row['covered']} of {row['trials']}",
                "coverage (95%)": value(row, "coverage", ".0%"),
                "interval, upper over lower end": f"{row['width']:.2f}",
            }
            for row in summary.to_dict("records")
        ]
    )
