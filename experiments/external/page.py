"""The page of the study of external cohorts: what was found, tables, figures, how to read them."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from qkdrp.experiments.external.answers import answers, by_default
from qkdrp.experiments.external.cohorts import ALL
from qkdrp.experiments.external.comparisons import POOLED
from qkdrp.experiments.external.plan import ExternalPlan
from qkdrp.experiments.ito.contenders import contender
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.report_parts import core_hours, failures, number, versions_line
from qkdrp.experiments.study.text import interval_text, p_text, value_text
from qkdrp.reports.page import Figure, Page, Section, Table

TITLE = "Models on external cohorts"
"""Of the page."""

READING = (
    "Rank correlation is Spearman's, of the predicted label with the measure, both low for "
    "sensitive samples; above 0 is better than chance. AUC counts letters S as positive. Scores "
    "are of the mean prediction over seeds, their 95% intervals over samples (Bonett and Wright "
    "for ranks, placements for the AUC, Boyd et al. for the AUPR). The column 'one seed' has mean "
    "and standard deviation of the scores of single trainings.",
    "Ridge has no seed and is fitted on all samples. The other models are trained on four fifths "
    "of them; the last fifth, drawn anew for each seed, tells when to stop.",
    "Two intervals belong to a difference. Over seeds (paired t-test; q is p adjusted for all rows "
    "by Benjamini and Hochberg) it says what other trainings would find on these very samples. "
    "Over seeds and samples (bootstrap) it says what may be expected of other samples as well; "
    "only this one tells of a difference that a user would meet. Fewer than 30 measurements are "
    "not compared.",
    "The default alignment is the one that is chosen where nobody names one, from expression "
    "alone. Responses are never looked at.",
)
"""How to read it, a paragraph each."""


def page_of(plan: ExternalPlan, findings: Findings, tables: Mapping[str, pd.DataFrame]) -> Page:
    """Return the page of a study.

    Args:
        plan: The study.
        findings: Its results.
        tables: Its tables, by name.
    """
    scores, comparisons = tables["scores"], tables["comparisons"]
    return Page(
        title=TITLE,
        lead=list(answers(scores, comparisons)) or ["Nothing was found."],
        sections=list(_sections(scores, comparisons)),
        provenance=list(_provenance(plan, findings)),
    )


def _sections(scores: pd.DataFrame, comparisons: pd.DataFrame) -> Iterator[Section]:
    rows = by_default(scores, group=None)
    ranked, lettered = (rows[rows[name].notna()] for name in ("spearman", "auc"))
    if len(ranked):
        yield Section("Rank correlation", [_table("default alignment", _ranked(ranked))])
    if len(lettered):
        yield Section("Letters", [_table("default alignment", _lettered(lettered))])
    if len(comparisons):
        yield Section("Comparisons", [_table("rank correlations", _paired(comparisons))])
    if len(scores["align"].unique()) > 1:
        caption = "rank correlation by alignment; the default is marked *"
        yield Section("Alignments", [_table(caption, _aligned(scores))])
    from qkdrp.experiments.external.figures import figures  # matplotlib is slow to import

    drawn = [Figure.of(title, reading, drawing) for title, reading, drawing in figures(scores)]
    if drawn:
        yield Section("Figures", drawn)
    yield Section("How to read this", READING)


def _table(caption: str, rows: list[dict[str, str]]) -> Table:
    return Table(caption, pd.DataFrame(rows).fillna(""))


def _provenance(plan: ExternalPlan, findings: Findings) -> Iterator[str]:
    config = plan.config
    for drug, cohort in plan.cohorts.items():
        yield (
            f"trained on {drug}: {len(cohort)} samples, {int(cohort.responder.sum())} of them "
            f"responders, {len(cohort.genes)} genes"
            + (", SYNTHETIC (made-up numbers)" if cohort.synthetic else "")
        )
    for name, external in plan.externals.items():
        counts = []
        for drug in config.drugs:
            if drug in external.outcomes:
                ids = external.scored(drug, plan.cohorts[drug].samples)
                seen = len(external.outcomes[drug]) - len(ids)
                left = f" ({seen} of the training left out)" if seen else ""
                counts.append(f"{drug} {len(ids)}{left}")
        made_up = ", SYNTHETIC (made-up numbers)" if external.samples.synthetic else ""
        yield f"scored on {name}: {', '.join(counts)}{made_up}"
    yield (
        f"{config.seeds} seeds from {config.seed}; learning rate {config.lr:g}, up to "
        f"{config.epochs} epochs, patience {config.patience}, batches of {config.batch_size}; "
        f"a = {config.a:g}, r = {config.r:.4g}"
    )
    yield (f"backend {config.backend}, {len(findings.results)} trainings, {core_hours(findings)}")
    yield f"{versions_line()}"
    yield from failures(findings, lambda task: task.title)


def _ranked(rows: pd.DataFrame) -> list[dict[str, str]]:
    found = []
    for row in rows.to_dict("records"):
        single = ""
        if not pd.isna(row["spearman_mean"]):
            single = f"{row['spearman_mean']:.3f} +- {row['spearman_sd']:.3f}"
        found.append(
            {
                "cohort": row["cohort"],
                "drug": row["drug"],
                "group": row["group"],
                "n": str(int(row["n_measured"])),
                "align": row["align"],
                "model": contender(row["model"]).label,
                "all seeds (95%)": _cell(row, "spearman"),
                "one seed": single,
            }
        )
    return found


def _lettered(rows: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {
            "cohort": row["cohort"],
            "drug": row["drug"],
            "group": row["group"],
            "n (S)": f"{int(row['n_letters'])} ({int(row['n_responder'])})",
            "model": contender(row["model"]).label,
            "AUC (95%)": _cell(row, "auc"),
            "AUPR (95%)": _cell(row, "aupr"),
            "AUPR by chance": number(row["n_responder"] / row["n_letters"]),
        }
        for row in rows.to_dict("records")
    ]


def _paired(comparisons: pd.DataFrame) -> list[dict[str, str]]:
    rows = []
    for row in comparisons.to_dict("records"):
        whole = row["cohort"] == POOLED
        over_seeds = interval_text(row["seeds_low"], row["seeds_high"], "+.3f").strip()
        rows.append(
            {
                "cohort": row["cohort"],
                "drug": "" if whole else row["drug"],
                "group": row["group"],
                "n": str(int(row["n_samples"])),
                "pair": f"{contender(row['reference']).label} - {contender(row['other']).label}",
                "difference": f"{row['difference']:+.3f}",
                "over seeds": over_seeds,
                "p": p_text(row["p"]),
                "q": p_text(row["q"]),
                "over seeds and samples": interval_text(row["low"], row["high"], "+.3f").strip(),
            }
        )
    return rows


def _aligned(scores: pd.DataFrame) -> list[dict[str, str]]:
    rows = scores[(scores["group"] == ALL) & scores["spearman"].notna()]
    found = []
    for place, own in rows.groupby(["cohort", "drug", "model"], sort=False):
        cohort, drug, model = map(str, place)
        row = {"cohort": cohort, "drug": drug, "model": contender(model).label}
        for each in own.to_dict("records"):
            mark = " *" if each["automatic"] else ""
            row[str(each["align"])] = _cell(each, "spearman") + mark
        found.append(row)
    return found


def _cell(row: Any, score: str) -> str:  # noqa: ANN401  # a row of scores, by column
    """Return a score with its interval; nothing where it is missing."""
    value, low, high = (
        math.nan if pd.isna(row[name]) else float(row[name])
        for name in (score, f"{score}_low", f"{score}_high")
    )
    return "" if math.isnan(value) else value_text(value, low, high)
