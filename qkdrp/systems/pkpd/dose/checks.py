"""Whether answers agree with one another and with what the trial studied, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.dose.answer import Answer
from qkdrp.systems.pkpd.dose.trial_check import LevelCount

TOLERANCE = 5e-3
"""Relative difference of exact doses that may be their own error."""

DAY = 24.0
"""Hours between the doses that other intervals are compared with."""


@dataclass(frozen=True)
class Check:
    """A check of an answer.

    Args:
        name: What is looked at.
        passed: Whether it is as it should be.
        words: What was found, in a sentence.
    """

    name: str
    passed: bool
    words: str

    def __str__(self) -> str:
        """Return one line: ok or warning, and the words."""
        return f"{'ok' if self.passed else 'WARNING'}: {self.words}"


def check_monotone(doses: Sequence[float], shares: Sequence[float]) -> Check:
    """Return whether the share never falls with the dose."""
    falls = np.flatnonzero(np.diff(shares) < 0)
    if not len(falls):
        words = f"the share never falls between {doses[0]:g} and {doses[-1]:g} mg"
        return Check("monotone", passed=True, words=words)
    at = falls[0]
    return Check(
        "monotone",
        passed=False,
        words=f"the share falls from {shares[at]:.3f} at {doses[at]:g} mg to "
        f"{shares[at + 1]:.3f} at {doses[at + 1]:g} mg: the smallest dose that is enough may not "
        "be the one given",
    )


def check_fractions(lower: Answer, higher: Answer) -> Check:
    """Return whether the dose for a lower fraction is not above that for a higher one."""
    low, high = _exact(lower), _exact(higher)
    return Check(
        "fractions",
        bool(low <= high * (1 + TOLERANCE)),
        f"for {lower.criterion.fraction:.0%} of subjects {_mg(low)}, for "
        f"{higher.criterion.fraction:.0%} {_mg(high)}",
    )


def check_intervals(short: Answer, long: Answer) -> Check:
    """Return whether longer intervals need at least as much in total.

    The kinetics are linear and the effect is concave, so fluctuation costs.
    """
    ratio = long.criterion.interval / short.criterion.interval
    few, many = ratio * _exact(short), _exact(long)
    return Check(
        "intervals",
        bool(many >= few * (1 - TOLERANCE) - long.grid),
        f"every {long.criterion.interval:g} h {_mg(many)}, at least {ratio:.4g} times the dose "
        f"every {short.criterion.interval:g} h, {_mg(few)}",
    )


def check_covariate(
    name: str, base: Answer, changed: Answer, typical: tuple[float, float]
) -> Check:
    """Return whether a covariate moves the dose as it moves that of a typical subject.

    Args:
        name: Of the covariate.
        base: For the trial's population.
        changed: With other values of that covariate.
        typical: Exact doses of the typical subject with the mean of either.
    """
    before, after = _exact(base), _exact(changed)
    expected, found = typical[1] - typical[0], after - before
    moved_as_expected = bool(
        (np.isinf(before) and np.isinf(after))
        or expected * found >= 0
        or abs(found) <= TOLERANCE * before
        or abs(expected) <= TOLERANCE * typical[0]
    )
    direction = "higher" if expected > 0 else "lower" if expected < 0 else "the same"
    return Check(
        f"covariate {name}",
        moved_as_expected,
        f"{name}={changed.population.covariates[name]} instead of "
        f"{base.population.covariates[name]} moves the dose from {_mg(before)} to {_mg(after)}; a "
        f"typical subject's is {direction}",
    )


def check_range(answer: Answer, trial: Trial) -> Check:
    """Return whether dose and interval lie in what the trial studied."""
    levels = sorted({each.dose_level for each in trial.subjects if len(each.doses)})
    dose, interval = answer.found.dose, answer.criterion.interval
    if not levels or dose is None:
        return Check("studied range", passed=False, words="the trial holds no such dose")
    problems = [*_about_interval(dose, interval, levels, trial)]
    if dose > levels[-1]:
        problems.append(f"no single dose above {levels[-1]:g} mg was given")
    words = "; ".join(problems) + f": the {_what(answer)} extrapolates"
    inside = f"{dose:g} mg every {interval:g} h lies in what the trial studied"
    return Check("studied range", not problems, words if problems else inside)


def _what(answer: Answer) -> str:
    """Return what extrapolates: a mechanism, or a model on features."""
    return "mechanism" if answer.support is None else "model"


def _about_interval(
    dose: float, interval: float, levels: Sequence[float], trial: Trial
) -> Iterator[str]:
    """Yield what an interval and its daily amount have that the trial has not."""
    gaps = np.concatenate([np.diff(each.doses.times) for each in trial.subjects])
    if not len(gaps):
        yield "the trial gave single doses"
        return
    usual = float(np.median(gaps))
    if not np.isclose(interval, usual):
        yield f"the trial dosed every {usual:g} h, not every {interval:g} h"
    daily, low, high = DAY * dose / interval, DAY * levels[0] / usual, DAY * levels[-1] / usual
    if not low <= daily <= high:
        yield (
            f"{daily:.3g} mg a day is outside the {low:.3g} to {high:.3g} mg a day that were "
            "studied"
        )


def check_reached(answer: Answer) -> Iterator[Check]:
    """Yield whether the dose of a closed grid reaches the share that was asked for."""
    if answer.caps is None or answer.found.dose is None:
        return
    found, fraction = answer.found, answer.criterion.fraction
    yield Check(
        "reached",
        found.reached,
        f"{found.dose:g} mg every {answer.criterion.interval:g} h reaches {found.share:.1%} where "
        f"{fraction:.0%} was asked, on a grid that ends at {answer.caps.high:g} mg",
    )


def check_support(answer: Answer) -> Iterator[Check]:
    """Yield whether a model on features is inside its training at the dose, and at steady state."""
    support = answer.support
    if support is None:
        return
    every = f"{answer.found.shown:g} mg every {answer.criterion.interval:g} h"
    yield Check("features", not support.extrapolates, f"{every}: {support}")
    yield Check("steady state", support.settled, f"{every}: {support.steady}")


def check_population(answer: Answer, trial: Trial) -> Check:
    """Return whether the population's covariates lie in what the trial saw."""
    problems = []
    for name, spread in answer.population.covariates.items():
        if name not in trial.covariates:
            continue
        values = trial.covariate(name)
        low, high = spread.bounds
        if low < values.min() or high > values.max():
            problems.append(
                f"{name} of {low:.4g} to {high:.4g} where the trial has {values.min():.4g} to "
                f"{values.max():.4g}"
            )
    words = "; ".join(problems) + ": the covariate model extrapolates"
    inside = "all covariates lie in the range of the trial"
    return Check("studied population", not problems, words if problems else inside)


def check_trial(counts: Sequence[LevelCount]) -> list[Check]:
    """Return, for each dose level, whether the trial is as the model predicts it."""
    return [
        Check(
            f"trial at {count.dose:g} mg",
            count.inside,
            f"at {count.dose:g} mg, {count.observed} of {count.n} subjects met the criterion in "
            f"the trial's last interval; the model predicts {count.low} to {count.high} (95%)",
        )
        for count in counts
    ]


def _exact(answer: Answer) -> float:
    return float("inf") if answer.found.exact is None else answer.found.exact


def _mg(dose: float) -> str:
    return "no dose" if np.isinf(dose) else f"{dose:.4g} mg"
