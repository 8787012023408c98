"""The page of the study: what was found, tables, figures, how to read them."""

from collections.abc import Iterator, Mapping

import pandas as pd

from qkdrp.experiments.pkpd.cv.answers import answers
from qkdrp.experiments.pkpd.cv.circuit_comparisons import comparison_table, comparisons
from qkdrp.experiments.pkpd.cv.contenders import BASELINES, MODELS, Variant
from qkdrp.experiments.pkpd.cv.measured import measured_table
from qkdrp.experiments.pkpd.cv.plan import CvPlan
from qkdrp.experiments.pkpd.cv.pooled import ALL_DOSES, Pooled
from qkdrp.experiments.pkpd.cv.scores import BY_SUBJECT, MAE, R2, RMSE, RMSE_SCALED
from qkdrp.experiments.pkpd.cv.shown import cell, scores_of
from qkdrp.experiments.pkpd.cv.standing import standing_table
from qkdrp.experiments.pkpd.cv.structures import chosen_counts
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.report_parts import core_hours, failures, versions_line
from qkdrp.experiments.study.text import interval_text, p_text
from qkdrp.reports.page import Figure, Page, Section, Table

TITLE = "Time courses: one subject of each dose left out"
"""Of the page."""

READING = (
    "Each fold tests one subject of each active dose; another one of each validates, all others "
    "and all placebo subjects train. Over all folds each active subject is tested once. Errors of "
    "all their observations are pooled for each seed; shown is the mean over seeds. Scaled errors "
    "are divided by one number for each endpoint: {scales}. The column of means over subjects "
    "gives each subject the same weight.",
    "Intervals (95%) are bootstraps over subjects, which are drawn with all their observations; a "
    "difference is computed on the same draws for both models. p is of a randomisation test that "
    "swaps two models in whole subjects; q is p adjusted for all rows (Benjamini and Hochberg). "
    "Training sets of folds overlap, so a second p is of the corrected resampled t-test over "
    "folds (Nadeau and Bengio 2003). A difference counts as established where the interval "
    "excludes 0 and both p are below 0.05. The detectable difference is 2.8 standard errors: one "
    "that large would be found in 80% of such trials.",
    "PD0 is the logarithm of the biomarker before the first dose. It is known before treatment. "
    "Mechanisms use it for R0 alone, regressors for the biomarker alone, so PK errors "
    "hardly change.",
    "Everything is fitted and chosen on the training subjects of a fold: {structure}, covariate "
    "effects and variability, scales. Validation subjects stop networks, but not those of residual "
    "blocks or experts, which train all epochs; they are used by nothing else. Models without "
    "seeds come to the same from each, and are trained once.",
)
"""How to read it, a paragraph each."""

MEASURED = (
    "Parameters are those that are trained, of both endpoints together. A training has converged "
    "in the first epoch whose validation loss is within 5% of its smallest. Times are of one "
    "thread of the machine that the study ran on, of exact simulation where there are circuits."
)
"""How to read what was measured."""


def page_of(
    plan: CvPlan,
    findings: Findings,
    found: Mapping[Variant, Pooled],
    tables: Mapping[str, pd.DataFrame],
) -> Page:
    """Return the page of the study.

    Args:
        plan: The study.
        findings: Its results.
        found: Predictions by variant.
        tables: Its tables, by name.
    """
    lead = list(answers(tables["scores"], tables["differences"], aims=plan.has_aims))
    return Page(
        title=TITLE,
        lead=lead or ["No model has all folds yet."],
        sections=list(_sections(plan, found, tables)),
        provenance=list(provenance(plan, findings, found)),
    )


def _sections(
    plan: CvPlan, found: Mapping[Variant, Pooled], tables: Mapping[str, pd.DataFrame]
) -> Iterator[Section]:
    scores, differences, structures = (
        tables[name] for name in ("scores", "differences", "structures")
    )
    if len(scores):
        yield Section(
            "Errors",
            [
                Table("scaled RMSE (95% interval over subjects)", _scaled(scores)),
                Table("in units of the trial (95% interval over subjects)", _raw(scores)),
                Table("scaled RMSE by dose", _by_dose(scores)),
            ],
        )
    compared = comparisons(differences)
    if compared:
        yield Section(
            "What circuits add",
            [Table("scaled RMSE, with circuits minus without", comparison_table(compared))],
        )
    if len(differences):
        words = Table("in words, with the difference", standing_table(scores, differences))
        parts = [
            Table(f"{name}, scaled RMSE, left minus right", _paired(own))
            for name, own in differences.groupby("endpoint", sort=False)
        ]
        yield Section("Each model in words", [words])
        yield Section("Models in pairs", parts)
    if len(tables["measures"]):
        means = Table("means over folds and seeds", measured_table(tables["measures"]))
        yield Section("Size, epochs and time", [MEASURED, means])
    if len(structures):
        told = f"Chosen by BIC on the training subjects: {chosen_counts(structures)}."
        yield Section("Structures", [told, Table("-2 log likelihood by fold", structures)])
    from qkdrp.experiments.pkpd.cv.figures import figures  # matplotlib is slow to import

    drawn = [Figure.of(*each) for each in figures(found, scores, differences)]
    if drawn:
        yield Section("Figures", drawn)
    named = {**MODELS, **BASELINES} | {each.name: each.contender for each in plan.variants}
    meanings = [(each.label, each.meaning) for each in named.values()]
    frame = pd.DataFrame(meanings, columns=["model", "what it is"])
    yield Section("How to read this", [*_reading(plan, found), Table("models", frame)])


def _reading(plan: CvPlan, found: Mapping[Variant, Pooled]) -> Iterator[str]:
    structure = (
        "the structure of the mechanism (by BIC)"
        if plan.chooses
        else f"the structure of the mechanism was given, {plan.config.structure}"
    )
    for text in READING:
        yield text.format(scales=scales_text(found), structure=structure)


def scales_text(found: Mapping[Variant, Pooled]) -> str:
    """Return what errors were divided by, in words.

    Args:
        found: Predictions by variant.
    """
    parts = []
    for short in ("PK", "PD"):
        for whole in list(found.values())[:1]:
            scale = whole.part(short).rows["scale"]
            low, high = float(scale.min()), float(scale.max())
            parts.append(f"{short} {low:.4g}" + (f" to {high:.4g} by fold" if low < high else ""))
    return ", ".join(parts) or "none yet"


def _scaled(scores: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for variant, own in scores_of(scores):
        rows.append(
            {
                "model": variant.label,
                "seeds": str(int(own["n_seeds"].max())),
                "PK": cell(own, "PK"),
                "PD": cell(own, "PD"),
                "PK, mean of subjects": cell(own, "PK", BY_SUBJECT),
                "PD, mean of subjects": cell(own, "PD", BY_SUBJECT),
                "SD over seeds": _seed_sd(own),
            }
        )
    return pd.DataFrame(rows)


def _seed_sd(own: pd.DataFrame) -> str:
    """Return the standard deviation over seeds of both scaled errors, where there are several."""
    rows = own[(own["score"] == RMSE_SCALED) & (own["dose"] == ALL_DOSES)]
    known = rows.dropna(subset=["seed_sd"])
    return ", ".join(f"{row['endpoint']} {row['seed_sd']:.4f}" for row in known.to_dict("records"))


def _raw(scores: pd.DataFrame) -> pd.DataFrame:
    names = {RMSE: "RMSE", MAE: "MAE", R2: "R2"}
    return pd.DataFrame(
        [
            {
                "model": variant.label,
                **{
                    f"{endpoint} {shown}": cell(own, endpoint, score)
                    for endpoint in ("PK", "PD")
                    for score, shown in names.items()
                },
            }
            for variant, own in scores_of(scores)
        ]
    )


def _by_dose(scores: pd.DataFrame) -> pd.DataFrame:
    levels = [dose for dose in dict.fromkeys(scores["dose"]) if dose != ALL_DOSES]
    return pd.DataFrame(
        [
            {
                "model": variant.label,
                **{
                    f"{endpoint}, dose {dose}": cell(own, endpoint, dose=dose)
                    for endpoint in ("PK", "PD")
                    for dose in levels
                },
            }
            for variant, own in scores_of(scores)
        ]
    )


def _paired(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "left": Variant(str(row["left"]), bool(row["left_pd0"])).label,
                "right": Variant(str(row["right"]), bool(row["right_pd0"])).label,
                "difference": f"{row['difference']:+.3f}",
                "95%": interval_text(row["low"], row["high"], "+.3f").strip(),
                "p": p_text(row["p"]),
                "q": p_text(row["q"]),
                "p over folds": p_text(row["p_folds"]),
                "detectable": "" if pd.isna(row["detectable"]) else f"{row['detectable']:.3f}",
            }
            for row in rows.to_dict("records")
        ]
    )


def provenance(plan: CvPlan, findings: Findings, found: Mapping[Variant, Pooled]) -> Iterator[str]:
    """Yield where numbers come from: trial, protocol, tasks, versions, and what is missing.

    Args:
        plan: The study.
        findings: Its results.
        found: Predictions by variant.
    """
    config, trial = plan.config, plan.trial
    made_up = ", SYNTHETIC (made-up numbers)" if trial.synthetic else ""
    tested = next(iter(found.values()), None)
    subjects = 0 if tested is None else len(tested.subjects)
    yield f"{trial.provenance}: {len(trial)} subjects, {subjects} of them tested{made_up}"
    yield (
        f"{plan.folds} folds, {config.seeds} seeds from {config.seed}; up to {config.epochs} "
        f"epochs, rate {config.lr:g}, patience {config.patience} (network); structure "
        f"{config.structure}"
    )
    planned = len(list(plan.tasks(findings))) + (plan.folds if plan.chooses else 0)
    yield (
        f"backend {config.backend}, {len(findings.results)} of {planned} tasks, "
        f"{core_hours(findings)}"
    )
    missing = [each.label for each in plan.variants if each not in found]
    if missing:
        yield f"LEFT OUT, a fold is missing: {', '.join(missing)}"
    fewer = [
        f"{each.label} {found[each].n_seeds} of {plan.n_seeds(each)}"
        for each in found
        if found[each].n_seeds < plan.n_seeds(each)
    ]
    if fewer:
        yield f"SEEDS with all folds, where some are missing: {', '.join(fewer)}"
    yield versions_line()
    yield from failures(findings, lambda task: task.title)
