"""Report of the study: tables, ``report.md`` and ``report.html``."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
from rich.console import Console

from qkdrp.experiments.pkpd.cv.measured import measured_table, measures_frame
from qkdrp.experiments.pkpd.cv.page import MEASURED, READING, provenance, scales_text
from qkdrp.experiments.pkpd.cv.plan import CvPlan
from qkdrp.experiments.pkpd.cv.pooled import pooled_variants
from qkdrp.experiments.pkpd.cv.scores import scores_frame
from qkdrp.experiments.pkpd.networks.claims import claims_frame, subjects_frame
from qkdrp.experiments.pkpd.networks.config import NetworksConfig
from qkdrp.experiments.pkpd.networks.grid import grid_frame, grid_sentences
from qkdrp.experiments.pkpd.networks.modes import modes_frame, modes_sentences
from qkdrp.experiments.pkpd.networks.published import WHAT_THEY_ARE
from qkdrp.experiments.pkpd.networks.results import Results
from qkdrp.experiments.pkpd.networks.strategies import strategies_frame, strategies_sentences
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.report_parts import write_report
from qkdrp.reports.page import Page, Section, Table

TITLE = "Networks of Team PNU beside their published figures"
"""Of the page."""

SECTIONS = {
    "grid": "Errors over qubits and layers",
    "modes": "Errors by encoder and mode",
    "strategies": "Errors by strategy of training",
    "claims": "Claims of quantum advantage",
    "subjects": "Errors against the number of training subjects",
}
"""Title of each section by its table."""


class NetworksReport:
    """Writes and prints the results of the study.

    Args:
        plan: The study.
    """

    def __init__(self, plan: CvPlan) -> None:
        assert isinstance(plan.config, NetworksConfig)
        self.plan, self.told = plan, plan.config.baseline

    def write(self, findings: Findings, path: Path) -> dict[str, pd.DataFrame]:
        """Write tables, ``report.md`` and ``report.html``; return the tables.

        Args:
            findings: Results; networks of which a fold is missing are left out and named.
            path: Folder of the study.
        """
        found = pooled_variants(self.plan, findings)
        scores, measured = scores_frame(found), measures_frame(self.plan, findings)
        results = Results(found, scores, measured, self.told)
        tables = {
            "grid": grid_frame(results),
            "modes": modes_frame(results),
            "strategies": strategies_frame(results),
            "claims": claims_frame(results),
            "subjects": subjects_frame(results),
        }
        sentences = {
            "grid": list(grid_sentences(tables["grid"], results)),
            "modes": list(modes_sentences(tables["modes"], results)),
            "strategies": list(strategies_sentences(results)),
        }
        page = Page(
            title=TITLE,
            lead=[each for own in sentences.values() for each in own[:2]] or ["No network yet."],
            sections=[
                *_sections(tables, sentences),
                Section(
                    "Size, epochs and time", [MEASURED, Table("means", measured_table(measured))]
                ),
                Section("How to read this", [WHAT_THEY_ARE, *_reading(scales_text(found))]),
            ],
            provenance=list(provenance(self.plan, findings, found)),
        )
        answers = pd.DataFrame(
            [(name, each) for name, own in sentences.items() for each in own],
            columns=["part", "sentence"],
        )
        tables |= {"scores": scores, "measures": measured, "answers": answers}
        write_report(path, tables, page)
        return tables

    def show(
        self,
        console: Console,
        findings: Findings,  # noqa: ARG002  # of the protocol
        tables: Mapping[str, pd.DataFrame],
    ) -> None:
        """Print what was found of each part, and of each claim."""
        for line in tables["answers"]["sentence"]:
            console.print(line, soft_wrap=True)
        for row in tables["claims"].to_dict("records"):
            console.print(f"{row['claim']}: {row['found']}", soft_wrap=True)


def _sections(
    tables: Mapping[str, pd.DataFrame], sentences: Mapping[str, list[str]]
) -> Iterator[Section]:
    """Yield a section for each table that has rows."""
    for name, title in SECTIONS.items():
        table = tables[name]
        if len(table):
            shown = table.assign(
                **{
                    column: table[column].map(_number)
                    for column in table.columns
                    if table[column].dtype == float
                }
            )
            yield Section(title, [*sentences.get(name, ()), Table(title.lower(), shown)])


def _number(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.3f}"


def _reading(scales: str) -> Iterator[str]:
    """Yield how to read errors, differences and tests."""
    yield READING[0].format(scales=scales)
    yield READING[1]
