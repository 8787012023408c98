"""Report of a study of the paper: its tables, figures and ``report.md``."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from qkdrp.common.files import atomic, write_csv, write_text
from qkdrp.experiments.ito.claims import claims, controls
from qkdrp.experiments.ito.comparisons import comparisons_frame, variant_name, variant_of, variants
from qkdrp.experiments.ito.plan import ItoPlan
from qkdrp.experiments.ito.published import with_published
from qkdrp.experiments.ito.summary import (
    curves_frame,
    finals_frame,
    rows_of,
    runs_frame,
    summary_frame,
)
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.report_parts import (
    REPORT,
    core_hours,
    failures,
    markdown,
    number,
    versions_line,
    without_empty_columns,
)
from qkdrp.experiments.study.text import interval_text, p_text, too_few, value_text

FIGURES = "figures"
"""Folder of the figures."""

READING = """\
AUC counts responders as positive and scores with the negative prediction; it is never flipped. The
naive mean predictor has an AUC of 0.5 by definition. Cross-validated AUCs follow the paper: the
largest value of the mean validation curve over epochs, which flatters every model a little, a model
with many configurations more. Their 95% intervals, and the paired comparisons, use the corrected
resampled t-test of Nadeau and Bengio (2003), since the training rows of folds overlap, with as many
degrees of freedom as one repeat has; q is p adjusted for all rows of the table (Benjamini and
Hochberg). Fewer than three folds, or differences that are all the same, have no interval and no p.
Test AUCs come from one split each, with intervals from placements; the paper's come from another
split, and are printed without intervals."""


class ItoReport:
    """Writes and prints the results of a study of the paper's protocol.

    Args:
        plan: The study.
    """

    def __init__(self, plan: ItoPlan) -> None:
        self.plan = plan

    def write(self, findings: Findings, path: Path) -> dict[str, pd.DataFrame]:
        """Write tables, figures and ``report.md`` into the folder of a study.

        Args:
            findings: Its results; rows of failed tasks are left out and named.
            path: The folder.

        Returns:
            The tables by file name without its ending.
        """
        tables = tables_of(self.plan, findings)
        for name, table in tables.items():
            write_csv(path / f"{name}.csv", table)
        drawn = _draw(self.plan, findings, tables, path)
        sections = _sections(self.plan, findings, tables, drawn)
        write_text(path / REPORT, "\n\n".join(sections) + "\n")
        return tables

    def show(
        self, console: Console, findings: Findings, tables: Mapping[str, pd.DataFrame]
    ) -> None:
        """Print the main table of a study: variants by drug."""
        study, folds = self.plan.study, self.plan.config.folds
        console.print(_main_table(self.plan, findings, tables))
        what = "cross-validated" if study.folds else "test"
        console.print(f"{what} AUC with 95% intervals", justify="center")
        if study.folds and (note := too_few(folds)):
            console.print(f"note: {note}", soft_wrap=True)


def tables_of(plan: ItoPlan, findings: Findings) -> dict[str, pd.DataFrame]:
    """Return the tables of a study by file name without its ending."""
    return {
        "summary": summary_frame(plan, findings),
        "curves": curves_frame(plan, findings),
        "runs": runs_frame(plan, findings),
        "finals": finals_frame(plan, findings),
        "comparisons": comparisons_frame(plan, findings),
    }


def _draw(
    plan: ItoPlan, findings: Findings, tables: dict[str, pd.DataFrame], path: Path
) -> list[str]:
    """Draw all figures; return where they are in the folder of the study."""
    from qkdrp.experiments.ito.figures import figures  # matplotlib is slow to import

    (path / FIGURES).mkdir(exist_ok=True)
    drawn = []
    for name, figure in figures(plan, findings, tables):
        drawn.append(f"{FIGURES}/{name.replace(' ', '_')}.png")
        with atomic(path / drawn[-1]) as temporary:
            figure.savefig(temporary, dpi=130, format="png")
    return drawn


def _main_table(plan: ItoPlan, findings: Findings, tables: Mapping[str, pd.DataFrame]) -> Table:
    found, drugs = variants(plan, findings), plan.config.drugs
    table = Table(plan.study.axis or "model", *drugs, box=SIMPLE_HEAD)
    kind, column = ("summary", "auc_mean") if plan.study.folds else ("finals", "auc")
    frame = tables[kind]
    for variant in dict.fromkeys(variant for _, variant in found):
        cells = []
        for drug in drugs:
            configuration = found.get((drug, variant))
            rows = frame.head(0) if configuration is None else rows_of(frame, configuration)
            cells.append(with_interval(rows.iloc[0], column) if len(rows) else "")
        table.add_row(variant_name(plan, variant), *cells)
    return table


def _sections(
    plan: ItoPlan, findings: Findings, tables: dict[str, pd.DataFrame], drawn: Sequence[str]
) -> Iterator[str]:
    yield f"# {plan.study.help}"
    yield "\n".join(_provenance(plan, findings))
    yield "## Results"
    yield markdown(_results(plan, findings, tables))
    if plan.study.folds and (note := too_few(plan.config.folds)):
        yield note
    if len(tables["comparisons"]):
        yield "## Paired comparisons over the same folds"
        yield markdown(_paired(plan, tables["comparisons"]))
    sentences = list(claims(plan, tables["comparisons"]))
    if sentences:
        yield "## The paper's order, and what these folds say"
        yield "\n".join(f"- {sentence}" for sentence in sentences)
    sentences = list(controls(tables["comparisons"]))
    if sentences:
        yield "## Does the quantum layer do anything?"
        yield "\n".join(f"- {sentence}" for sentence in sentences)
    if plan.study.embeddings:
        yield "## Crowding"
        yield markdown(_crowding(plan, findings, tables["finals"]))
        yield (
            "Share beyond 0.9 r: angles crowded at the ends of the range. KS: distance between the "
            "standardised embedding before and after normalisation, 0 where its shape is kept."
        )
    if drawn:
        yield "## Figures"
        yield from (f"![{Path(name).stem}]({name})" for name in drawn)
    yield "## How to read this"
    yield READING


def _provenance(plan: ItoPlan, findings: Findings) -> Iterator[str]:
    config = plan.config
    for drug, cohort in plan.cohorts.items():
        n_responder = int(cohort.responder.sum())
        yield (
            f"- {drug}: {len(cohort)} samples, {len(cohort) - n_responder} non-responders, "
            f"{n_responder} responders, {len(cohort.genes)} genes"
            + (", SYNTHETIC (made-up numbers)" if cohort.synthetic else "")
        )
    if plan.study.folds:
        yield (
            f"- cross-validation on 90% of the samples: {config.repeats} x {config.folds} folds, "
            f"{config.epochs} epochs, batches of {config.batch_size}"
        )
    yield (
        f"- final trainings: up to {config.epochs} epochs, patience {config.patience}, "
        "4:1 for the validation, test on 10%"
    )
    yield (
        f"- backend {config.backend}, seed {config.seed}, {len(findings.results)} trainings, "
        f"{core_hours(findings)}"
    )
    yield f"- {versions_line()}"
    yield from (f"- {line}" for line in failures(findings, lambda task: task.model_dump_json()))


def _results(
    plan: ItoPlan, findings: Findings, tables: dict[str, pd.DataFrame]
) -> list[dict[str, str]]:
    summary, finals = tables["summary"], tables["finals"]
    rows = []
    for (drug, variant), found in variants(plan, findings).items():
        rows_found = rows_of(summary, found)
        row = rows_found.iloc[0]
        test = rows_of(finals, found)
        rows.append(
            {
                "drug": drug,
                plan.study.axis or "model": variant_name(plan, variant),
                "configuration": _configuration(found.row()),
                "CV AUC (95%)": with_interval(row, "auc_mean") if plan.study.folds else "",
                "best epoch": "" if pd.isna(row["best_epoch"]) else str(row["best_epoch"]),
                "test AUC (95%)": with_interval(test.iloc[0], "auc") if len(test) else "",
                "published test AUC": number(with_published(rows_found, plan.study.table).iloc[0]),
            }
        )
    return without_empty_columns(rows)


def _paired(plan: ItoPlan, comparisons: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {
            "drug": row["drug"],
            "pair": f"{variant_name(plan, row['reference'])} - {variant_name(plan, row['other'])}",
            "difference (95%)": (
                f"{row['difference']:+.3f}{interval_text(row['low'], row['high'], '+.3f')}"
            ),
            "p": p_text(row["p"]),
            "q": p_text(row["q"]),
        }
        for row in comparisons.to_dict("records")
    ]


def _crowding(plan: ItoPlan, findings: Findings, finals: pd.DataFrame) -> list[dict[str, str]]:
    rows = []
    for found in plan.configurations:
        row = rows_of(finals, found)
        final = plan.final(found, findings)
        if row.empty or final is None or not final.history:
            continue
        best = final.history[final.best_epoch - 1]
        rows.append(
            {
                "drug": found.drug,
                "model": variant_name(plan, variant_of(plan, found)),
                "beyond 0.9 r": number(row["share_beyond"].iloc[0]),
                "KS": number(row["ks_distance"].iloc[0]),
                "a": number(best.a),
                "r": number(best.r),
            }
        )
    return rows


def _configuration(row: dict[str, object]) -> str:
    names = {"n_qubits": "n1", "n_encoding": "n2", "n_variational": "n3"}
    shown = {names.get(k, k): v for k, v in row.items() if k not in ("drug", "model")}
    return " ".join(
        f"{name}={value:.4g}" for name, value in shown.items() if isinstance(value, int | float)
    )


def with_interval(row: pd.Series, name: str) -> str:
    """Return a number and its interval as text."""
    if pd.isna(row[name]):
        return ""
    return value_text(row[name], row["auc_low"], row["auc_high"])
