"""Doses of the two true models: 12 for truth A and 4 for truth B, and how long they take.

Usage: ``python benchmarks/doses.py [--subjects N]``. The doses are those of the specification's
oracle, whose Monte Carlo error is 1%.
"""

import argparse
import time

import torch

from qkdrp.systems.pkpd.data.truths import TRUTHS
from qkdrp.systems.pkpd.dose.answer import find_doses
from qkdrp.systems.pkpd.dose.criterion import Criterion
from qkdrp.systems.pkpd.dose.distributions import Distribution
from qkdrp.systems.pkpd.dose.population import N_SUBJECTS, Population

FRACTIONS = (0.9, 0.75)

CASES = {
    "truth-a": (
        7.0,
        "below",
        {"daily": (24.0, 0.5), "weekly": (168.0, 5.0)},
        {
            "BW 50-100": (
                {"BW": "uniform:50,100", "COMED": "share:0.5"},
                (18.975, 10.1, 227.0, 117.5),
            ),
            "BW 70-140": (
                {"BW": "uniform:70,140", "COMED": "share:0.5"},
                (24.325, 12.95, 279.5, 145.25),
            ),
            "no COMED": ({"BW": "uniform:50,100", "COMED": "0"}, (24.95, 12.75, 299.0, 148.5)),
        },
    ),
    "truth-b": (
        8.0,
        "above",
        {"daily": (24.0, 0.1), "weekly": (168.0, 1.0)},
        {"BW 50-130": ({"BW": "uniform:50,130"}, (1.69, 1.005, 25.95, 13.85))},
    ),
}
"""Target, direction, schedules, and populations with the exact doses of schedules and fractions."""


def main() -> None:
    """Print one row for each dose, and the time of each table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", type=int, default=N_SUBJECTS)
    n_subjects = parser.parse_args().subjects
    torch.set_num_threads(1)
    for name, (target, direction, schedules, scenarios) in CASES.items():
        wall, cpu = time.perf_counter(), time.process_time()
        for scenario, (covariates, oracle) in scenarios.items():
            spread = {key: Distribution.parse(text) for key, text in covariates.items()}
            population = Population(spread, n_subjects)
            expected = iter(oracle)
            for schedule, (interval, grid) in schedules.items():
                criteria = [Criterion(target, each, interval, direction) for each in FRACTIONS]
                for answer in find_doses(TRUTHS[name], population, criteria, grid):
                    exact, known = answer.found.exact, next(expected)
                    print(
                        f"{name} {scenario:10} {schedule:6} {answer.criterion.fraction:.0%}: "
                        f"{answer.found.dose:7g} mg, exactly {exact:7.4g} "
                        f"({exact / known - 1:+.1%} of {known:g})"
                    )
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(f"{name}: {wall:.1f} s ({cpu:.1f} s of one CPU), {n_subjects} virtual subjects")


if __name__ == "__main__":
    main()
