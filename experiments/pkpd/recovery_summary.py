"""What a recovery study came to: doses by trial, their summary, and parameters beside true ones."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from qkdrp.common.intervals import CONFIDENCE, TAIL, wilson
from qkdrp.experiments.pkpd.recovery_cases import CASES, LEAST_COVERAGE, Case, true_doses
from qkdrp.experiments.pkpd.recovery_plan import RecoveryPlan
from qkdrp.experiments.pkpd.recovery_task import RecoveryResult
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.text import interval_text
from qkdrp.systems.pkpd.data.truths import REFERENCE_WEIGHT
from qkdrp.systems.pkpd.population.model import PopulationModel

TRIALS = [
    "truth", "schedule", "trial", "true_dose", "dose_exact", "low", "high", "ratio", "inside",
    "refits", "refits_not_reached", "structure", "converged", "seconds",
]  # fmt: skip
"""Columns of doses by trial; doses in mg, infinite where none is enough."""

DAILY = 24.0
"""Hours between doses of the schedule that targets are set for."""


def trials_frame(plan: RecoveryPlan, findings: Findings) -> pd.DataFrame:
    """Return one row for each trial and schedule, with the columns of :data:`TRIALS`."""
    rows = [
        _trial_row(truth, schedule.name, number, result, plan.config.subjects)
        for truth in plan.config.truths
        for schedule in CASES[truth].schedules
        for number, result in plan.results(truth, findings).items()
    ]
    return pd.DataFrame(rows, columns=TRIALS)


def _trial_row(
    truth: str, schedule: str, number: int, result: RecoveryResult, n_subjects: int
) -> dict[str, Any]:
    found, true = result.doses[schedule], true_doses(truth, n_subjects)[schedule]
    spread = found.spread
    exact = math.inf if found.exact is None else found.exact
    return {
        "truth": truth,
        "schedule": schedule,
        "trial": number,
        "true_dose": true,
        "dose_exact": exact,
        "low": spread.low,
        "high": spread.high,
        "ratio": exact / true,
        "inside": spread.holds(true),
        "refits": len(found.refits),
        "refits_not_reached": spread.n_unreached,
        "structure": PopulationModel.from_json(result.model).structure.label,
        "converged": result.converged,
        "seconds": result.seconds,
    }


def summary_frame(trials: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each truth and schedule.

    Args:
        trials: Of :func:`trials_frame`.

    Returns:
        Columns truth, schedule, trials, true_dose (mg), median (of the ratios of found to true
        doses, with 95% interval from order statistics), log_sd (standard deviation of their
        logarithms, with 95% interval for normal ones), smallest, largest, covered (trials whose
        90% interval holds the true dose), coverage (with Wilson's 95% interval), width (median
        ratio of upper to lower end), not_reached.
    """
    groups = trials.groupby(["truth", "schedule"], sort=False)
    return pd.DataFrame([_summary(str(at[0]), str(at[1]), rows) for at, rows in groups])


def _summary(truth: str, schedule: str, rows: pd.DataFrame) -> dict[str, Any]:
    ratios = rows["ratio"].to_numpy()
    reached = ratios[np.isfinite(ratios)]
    n, covered = len(ratios), int(rows["inside"].sum())
    median = stats.quantile_test(ratios, p=0.5).confidence_interval(CONFIDENCE)
    log_sd = float(np.log(reached).std(ddof=1)) if len(reached) > 1 else math.nan
    low_sd, high_sd = (
        log_sd * math.sqrt((len(reached) - 1) / stats.chi2.ppf(level, len(reached) - 1))
        if len(reached) > 1
        else math.nan
        for level in (TAIL, 1 - TAIL)
    )
    low, high = wilson(covered / n, n, float(stats.norm.ppf(TAIL)))
    return {
        "truth": truth,
        "schedule": schedule,
        "trials": n,
        "true_dose": float(rows["true_dose"].iloc[0]),
        "median": float(np.median(ratios)),
        "median_low": float(median.low),
        "median_high": float(median.high),
        "log_sd": log_sd,
        "log_sd_low": low_sd,
        "log_sd_high": high_sd,
        "smallest": float(ratios.min()),
        "largest": float(ratios.max()),
        "covered": covered,
        "coverage": covered / n,
        "coverage_low": low,
        "coverage_high": high,
        "width": float(np.median(rows["high"] / rows["low"])),
        "not_reached": n - len(reached),
    }


def parameters_frame(plan: RecoveryPlan, findings: Findings) -> pd.DataFrame:
    """Return true parameters beside the fitted ones, of trials that have the true structure.

    Returns:
        Columns truth, parameter, true, ratio (median of fitted over true) with its quartiles,
        omega_true, omega (median) with its quartiles, trials. Parameters are those of a subject of
        70 kg without comedication.
    """
    rows = [
        row
        for truth in plan.config.truths
        for row in _parameters(CASES[truth], list(plan.results(truth, findings).values()))
    ]
    return pd.DataFrame(rows)


def _parameters(case: Case, results: list[RecoveryResult]) -> Iterator[dict[str, Any]]:
    truth = case.model
    models = [PopulationModel.from_json(each.model) for each in results]
    same = [each for each in models if each.structure == truth.structure]
    if not same:
        return
    at = {"BW": np.array([REFERENCE_WEIGHT]), "COMED": np.array([0.0])}
    natural = [each.structure.to_natural(each.log_parameters(at)[0]) for each in same]
    for place, name in enumerate(truth.structure.parameters):
        ratios = np.array([float(each[name]) / truth.natural[name] for each in natural])
        omegas = np.array([float(each.omega[place]) for each in same])
        yield {
            "truth": case.truth,
            "parameter": name,
            "true": truth.natural[name],
            **_quartiles("ratio", ratios),
            "omega_true": truth.deviations.get(name, 0.0),
            **_quartiles("omega", omegas),
            "trials": len(same),
        }


def _quartiles(name: str, values: NDArray[np.float64]) -> dict[str, float]:
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    return {name: float(middle), f"{name}_q1": float(low), f"{name}_q3": float(high)}


def sentences(summary: pd.DataFrame) -> list[str]:
    """Return what a summary comes to in words, one sentence or two for each row."""
    return [" ".join(_words(row)) for row in summary.to_dict("records")]


def value(row: Mapping[Any, Any], name: str, form: str = ".2f") -> str:
    """Return a number of a summary with its interval in brackets; a dash where there is none."""
    if math.isnan(row[name]):
        return "-"
    return f"{row[name]:{form}}{interval_text(row[f'{name}_low'], row[f'{name}_high'], form)}"


def _words(row: dict[Any, Any]) -> Iterator[str]:
    case = CASES[row["truth"]]
    covered = (
        f"the 90% interval holds the true dose in {row['covered']} of {row['trials']}, "
        f"{value(row, 'coverage', '.0%')}."
    )
    yield (
        f"{row['truth']}, {row['schedule']} (true dose {row['true_dose']:.4g} mg): over "
        f"{row['trials']} trials the median ratio of found to true dose is {value(row, 'median')}, "
        f"its log-sd {value(row, 'log_sd')}, its range {row['smallest']:.2f} to "
        f"{row['largest']:.2f};"
    )
    yield covered
    if row["not_reached"]:
        yield f"In {row['not_reached']} trials no dose is enough."
    if row["schedule"] != next(e.name for e in case.schedules if e.interval == DAILY):
        return
    low, high = case.median
    wanted = {
        f"median {low:.2f} to {high:.2f}": low <= row["median"] <= high,
        f"log-sd at most {case.spread:g}": row["log_sd"] <= case.spread,
        f"coverage at least {LEAST_COVERAGE:.0%}": row["coverage"] >= LEAST_COVERAGE,
    }
    missed = [what for what, met in wanted.items() if not met]
    verdict = f"missed: {', '.join(missed)}" if missed else "all met"
    yield f"Wanted: {', '.join(wanted)}; {verdict}."
