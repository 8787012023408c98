"""Report of the study: tables, ``report.md`` and ``report.html``."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from rich.console import Console

from qkdrp.experiments.pkpd.cv.contenders import Variant
from qkdrp.experiments.pkpd.noise.plan import NoisePlan
from qkdrp.experiments.pkpd.noise.tables import (
    dose_sentences,
    doses_frame,
    error_sentences,
    errors_frame,
)
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.report_parts import core_hours, failures, versions_line, write_report
from qkdrp.reports.page import Page, Section, Table

TITLE = "Noise on circuits: errors and doses"
"""Of the page."""

READING = (
    "Each model is trained exactly in each fold. Its circuits are then evaluated by exact density "
    "matrices under {noise}, every error probability multiplied by the scale, with infinitely many "
    "shots. Errors are of all held-out observations of active subjects, pooled; intervals are over "
    "subjects, and differences on the same subjects. Tests are those of pkpd-cv.",
    "A dose is the smallest that keeps the biomarker below {target:g} throughout {interval:g} h in "
    "{fraction:.0%} of {subjects} virtual subjects, the same for all scales; of the first {folds} "
    "folds. Of grey boxes it is that of steady state. Of networks it is that of the interval that "
    "begins one interval after three weeks of doses, as Team PNU takes it: dosing a network under "
    "noise until its courses repeat takes hours. For doses, noise is twirled into Pauli errors, "
    "{trajectories} random ones for each value. For research, not for treatment.",
)
"""How to read it, a paragraph each."""


class NoiseReport:
    """Writes and prints the results of the study.

    Args:
        plan: The study.
    """

    def __init__(self, plan: NoisePlan) -> None:
        self.plan = plan

    def write(self, findings: Findings, path: Path) -> dict[str, pd.DataFrame]:
        """Write tables, ``report.md`` and ``report.html``; return the tables.

        Args:
            findings: Results; models of which a fold is missing are left out.
            path: Folder of the study.
        """
        errors, doses = errors_frame(self.plan, findings), doses_frame(self.plan, findings)
        sentences = [*error_sentences(errors), *dose_sentences(doses)]
        sections = [Section("How to read this", list(self._reading()))]
        if len(doses):
            sections.insert(0, Section("Doses by fold, mg", [Table("doses", _shown(doses))]))
        if len(errors):
            sections.insert(0, Section("Scaled RMSE", [Table("errors", _shown(errors))]))
        config = self.plan.config
        page = Page(
            title=TITLE,
            lead=sentences or ["No model has all folds yet."],
            sections=sections,
            provenance=[
                f"{self.plan.trial.provenance}: {self.plan.folds} folds, {config.seeds} seeds from "
                f"{config.seed}; PD0 {'known' if config.baseline else 'not known'}",
                f"{len(findings.results)} tasks, {core_hours(findings)}",
                versions_line(),
                *failures(findings, lambda task: task.title),
            ],
        )
        tables = {"errors": errors, "doses": doses}
        write_report(path, tables, page)
        return {**tables, "answers": pd.DataFrame({"sentence": sentences})}

    def show(
        self,
        console: Console,
        findings: Findings,  # noqa: ARG002  # of the protocol
        tables: Mapping[str, pd.DataFrame],
    ) -> None:
        """Print what noise does to errors and doses."""
        for line in tables["answers"]["sentence"]:
            console.print(line, soft_wrap=True)

    def _reading(self) -> list[str]:
        from qkdrp.experiments.pkpd.noise.tasks import FOR_DOSES

        config = self.plan.config
        values = {
            **config.model_dump(include={"noise", "target", "interval", "fraction"}),
            "subjects": config.dose_subjects,
            "folds": min(config.dose_folds, self.plan.folds),
            "trajectories": FOR_DOSES["trajectories"],
        }
        return [each.format(**values) for each in READING]


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table for reading: labels of models, numbers to three digits."""
    labelled = table.assign(model=[Variant(str(name)).label for name in table["model"]])
    return labelled.assign(
        **{
            column: labelled[column].map(lambda value: "" if pd.isna(value) else f"{value:.3f}")
            for column in labelled.columns
            if labelled[column].dtype == float
        }
    )
