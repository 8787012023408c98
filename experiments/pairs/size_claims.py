"""The claim that the advantage of the hybrid network grows as training pairs get fewer."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from qkdrp.common.intervals import REAL_LINE
from qkdrp.experiments.pairs.claims import Claim
from qkdrp.experiments.pairs.contenders import CLASSICAL, HYBRID
from qkdrp.experiments.pairs.courses import under_trained
from qkdrp.experiments.pairs.plan import PairPlan
from qkdrp.experiments.pairs.scores import LIKE_FOLDS
from qkdrp.experiments.pairs.setups import Place, Setup
from qkdrp.experiments.pairs.tasks import SYSTEM, PairResult
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.statistics import corrected_mean
from qkdrp.experiments.study.text import counted, p_equation
from qkdrp.systems.registry import find_system

PRINTED = {50: 10, 200: 50, 5000: 1000}
"""Test pairs of the paper by number of training pairs."""

COLUMNS = ["size", "n_test", "printed", "other", "advantage", "se", "low", "high", "p", "n_runs"]


def advantages_frame(plan: PairPlan, findings: Findings) -> pd.DataFrame:
    """Return one row for each size, test and other network: its test MSE minus the hybrid's.

    Beside the test of the study, there are rows of the test sizes that the paper has, the first
    pairs of the same test parts.
    """
    rows = [
        row
        for place in plan.places()
        for n_test, printed in _test_sizes(plan, place).items()
        for row in _advantages(plan, findings, place, n_test, printed)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _test_sizes(plan: PairPlan, place: Place) -> dict[int, bool]:
    """Return the test sizes of a place, and whether each is the paper's."""
    sizes = {plan.config.test_size: False}
    printed = PRINTED.get(place.size)
    if printed is not None:
        sizes[min(printed, plan.config.test_size)] = True
    return sizes


def _advantages(
    plan: PairPlan, findings: Findings, place: Place, n_test: int, printed: bool
) -> Iterator[tuple[object, ...]]:
    """Yield a row for each network but the hybrid, at one place on one test."""
    found = {s.variant: errors_on(plan, findings, s, n_test) for s in plan.at(place)}
    hybrid = found.pop(HYBRID, {})
    for other, errors in found.items():
        seeds = sorted(errors.keys() & hybrid.keys())
        if seeds:
            values = np.array([errors[n] - hybrid[n] for n in seeds])
            mean = corrected_mean(values, LIKE_FOLDS, REAL_LINE)
            at = mean.value, mean.se, mean.low, mean.high, mean.p
            yield place.size, n_test, printed, other, *at, len(seeds)


def errors_on(plan: PairPlan, findings: Findings, setup: Setup, n_test: int) -> dict[int, float]:
    """Return the MSE on so many of the test pairs, by seed.

    Args:
        plan: The study.
        findings: Its results.
        setup: What was trained.
        n_test: Test pairs; the split of a smaller test holds some of those of a larger one.
    """
    return {
        number: _error(plan, setup, number, result, n_test)
        for number, result in plan.results(setup, findings).items()
    }


def _error(plan: PairPlan, setup: Setup, number: int, result: PairResult, n_test: int) -> float:
    if n_test >= plan.config.test_size:
        return float(result.scores["mse"])
    system, config = find_system(SYSTEM), plan.run_config(setup, number)
    pairs = plan.task(setup, number).pairs()
    smaller = config.data.model_copy(update={"test_size": n_test})
    few = system.split(pairs, config.model_copy(update={"data": smaller})).test
    whole = system.split(pairs, config).test
    there = np.isin(whole, few)
    label = config.data.target.of(pairs.select(whole).value)
    return float(np.mean((label - np.array(result.predictions))[there] ** 2))


def slope_by_seed(plan: PairPlan, findings: Findings, other: str) -> list[float]:
    """Return, for each seed, how the advantage over another network changes by tenfold size."""
    errors: dict[str, dict[int, dict[int, float]]] = {HYBRID: {}, other: {}}
    for place in plan.places():
        for setup in plan.at(place):
            if setup.variant in errors:
                found = errors_on(plan, findings, setup, plan.config.test_size)
                errors[setup.variant][place.size] = found
    sizes = sorted(errors[HYBRID].keys() & errors[other].keys())
    seeds = [set(errors[name][size]) for name in errors for size in sizes]
    common = sorted(set.intersection(*seeds)) if seeds else []
    if len(sizes) < 2:
        return []
    return [
        float(
            np.polyfit(
                np.log10(sizes), [errors[other][s][n] - errors[HYBRID][s][n] for s in sizes], 1
            )[0]
        )
        for n in common
    ]


def size_claims(
    plan: PairPlan, findings: Findings, trainings: pd.DataFrame, places: Sequence[Place]
) -> Iterator[Claim]:
    """Yield whether the advantage over classical networks grows as pairs get fewer."""
    for other in (CLASSICAL, "classical-affine"):
        slopes = slope_by_seed(plan, findings, other)
        if not slopes:
            continue
        mean = corrected_mean(np.array(slopes), LIKE_FOLDS, REAL_LINE)
        sizes = ", ".join(str(place.size) for place in places)
        shown = (
            f"MSE({other}) minus MSE(hybrid) changes by {mean.value:+.2e} for each tenfold size "
            f"(95% {mean.low:+.2e} to {mean.high:+.2e}; {p_equation('p', mean.p)}, "
            f"{counted(len(slopes), 'seed')}; sizes {sizes})"
        )
        untrained = under_trained(trainings)
        short = sorted({size for _, size, _, name in untrained if name in {HYBRID, other}})
        if short:
            verdict = (
                f"No verdict: stopped by the limit of epochs at {', '.join(map(str, short))} pairs"
            )
        elif mean.high < 0:
            verdict = "Agrees"
        elif mean.low > 0:
            verdict = "Does not agree: it shrinks"
        else:
            verdict = "Not established"
        claim = "the advantage grows as training data get fewer (200 and 50 pairs)"
        yield Claim("paper", claim, plan.config.splits[0].upper(), shown, verdict)
