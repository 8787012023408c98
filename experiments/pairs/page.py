"""The page of a study of pairs: claims, tables, figures, how to read them."""

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from qkdrp.experiments.pairs.claims import Claim
from qkdrp.experiments.pairs.contenders import CONTENDERS
from qkdrp.experiments.pairs.courses import RULE, STEADINESS_READING
from qkdrp.experiments.pairs.differences import Tables, at
from qkdrp.experiments.pairs.plan import PairPlan
from qkdrp.experiments.pairs.setups import Place
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.report_parts import core_hours, failures, versions_line
from qkdrp.experiments.study.text import p_text
from qkdrp.reports.page import Figure, Page, Section, Table

SHOWN = ("mse", "rmse_ln_ic50", "pearson", "pearson_within_drugs", "pearson_beyond_means")
"""Scores of the table; the file has all."""

READING = (
    "MSE is of the target t = 1/(1 + IC50^0.1). Correlations are over all pairs, within drugs, and "
    "beyond the mean effects of drug and line. Each seed has a split, weights and batches of its "
    "own; with one seed, all networks and baselines have the same pairs.",
    "Intervals and p are of the corrected resampled t-test (Nadeau and Bengio) over seeds, taken "
    "as folds of a fifth; q is p adjusted for all comparisons of a score (Benjamini and Hochberg). "
    "A verdict needs q < 0.05.",
    RULE,
    STEADINESS_READING,
    "Paper: Sagingalieva et al. 2023, arXiv 2211.05777; one run each, hyper-parameters chosen on "
    "the test part. Here the epoch is chosen on a validation part, and the test curve is recorded "
    "only to see how steady it is.",
)
"""How to read it, a paragraph each."""


def page_of(plan: PairPlan, findings: Findings, tables: Tables, claims: Sequence[Claim]) -> Page:
    """Return the page of a study.

    Args:
        plan: The study.
        findings: Its results.
        tables: Its tables, by name.
        claims: What came of it.
    """
    return Page(
        title=plan.study.title,
        lead=[claim.sentence() for claim in claims] or ["No claim can be looked at yet."],
        sections=list(_sections(plan, tables)),
        provenance=list(_provenance(plan, findings)),
    )


def _sections(plan: PairPlan, tables: Tables) -> Iterator[Section]:
    for place in plan.places():
        scores = at(tables["scores"], place)
        if len(scores):
            parts = [
                Table("mean over seeds (95% interval)", _score_rows(scores)),
                Table("trainings, means over seeds", _training_rows(tables, place)),
                Table("networks in pairs, MSE", _pair_rows(tables, place)),
            ]
            yield Section(place.title, [part for part in parts if len(part.frame)])
    if "advantages" in tables:
        yield Section("Advantage by size", [Table("other minus hybrid", tables["advantages"])])
    from qkdrp.experiments.pairs.figures import figures  # matplotlib is slow to import

    drawn = [Figure.of(*each) for each in figures(tables, plan.places())]
    if drawn:
        yield Section("Figures", drawn)
    meanings = pd.DataFrame(
        [(name, each.label, each.meaning) for name, each in CONTENDERS.items()],
        columns=["name", "network", "what it is"],
    )
    yield Section("How to read this", [*READING, Table("networks", meanings)])


def _score_rows(scores: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each network and a column for each score that is shown."""
    rows = []
    for model, own in scores.groupby("model", sort=False):
        found = {str(row["score"]): row for row in own.to_dict("records")}
        cells = {
            name: _cell(found[name], 5 if name == "mse" else 3) for name in SHOWN if name in found
        }
        rows.append({"model": model, "seeds": int(own["n_runs"].max()), **cells})
    return pd.DataFrame(rows).fillna("")


def _cell(row: Mapping[Hashable, Any], digits: int) -> str:
    text = f"{row['mean']:.{digits}f}"
    if math.isnan(row["low"]):
        return text
    return f"{text} ({row['low']:.{digits}f}, {row['high']:.{digits}f})"


def _training_rows(tables: Tables, place: Place) -> pd.DataFrame:
    rows = at(tables["trainings"], place)
    short = rows["n_levelled_off"] < rows["n_runs"]
    marked = rows.assign(
        note=[
            f"under-trained: {int(n - done)} of {n} stopped by the limit of epochs" if less else ""
            for less, n, done in zip(short, rows["n_runs"], rows["n_levelled_off"], strict=True)
        ]
    )
    return marked.drop(columns=["split", "size", "data"])


def _pair_rows(tables: Tables, place: Place) -> pd.DataFrame:
    rows = at(tables["comparisons"], place)
    rows = rows[rows["score"] == "mse"]
    return pd.DataFrame(
        [
            {
                "reference": row["reference"],
                "other": row["other"],
                "reference minus other": f"{row['difference']:+.6f}",
                "95%": "" if pd.isna(row["low"]) else f"{row['low']:+.6f}, {row['high']:+.6f}",
                "p": p_text(row["p"]),
                "q": p_text(row["q"]),
                "seeds": int(row["n_runs"]),
            }
            for row in rows.to_dict("records")
        ]
    )


def _provenance(plan: PairPlan, findings: Findings) -> Iterator[str]:
    config, pairs = plan.config, plan.pairs
    possible = len(pairs.lines) * len(pairs.drugs)
    yield (
        f"{pairs.provenance}: {len(pairs)} measured pairs of {possible} possible, "
        f"{len(pairs.lines)} cell lines, {len(pairs.drugs)} drugs"
    )
    yield (
        f"{config.seeds} seeds from {config.seed} ({config.grouped_seeds} of other splits and "
        f"controls), tests of {config.test_size} pairs; Adam, rate {config.lr:g}, batches of "
        f"{config.batch_size}, up to {config.epochs} epochs or {config.min_steps} steps, patience "
        f"{config.patience}"
    )
    yield f"backend {config.backend}, {len(findings.results)} trainings, {core_hours(findings)}"
    yield versions_line()
    yield from failures(findings, lambda task: task.title)
