"""The doses of the two true models, against the tabulated ones."""

import csv
from pathlib import Path

import pytest

from qkdrp.systems.pkpd.data.truths import TRUTHS
from qkdrp.systems.pkpd.dose.answer import find_doses
from qkdrp.systems.pkpd.dose.criterion import Criterion
from qkdrp.systems.pkpd.dose.distributions import Distribution
from qkdrp.systems.pkpd.dose.population import Population

ORACLE = list(csv.DictReader((Path(__file__).parent / "doses.csv").read_text("utf-8").splitlines()))
SCHEDULES = {
    "A": {"daily": (24, 0.5), "weekly": (168, 5)},
    "B": {"daily": (24, 0.1), "weekly": (168, 1)},
}
N_SUBJECTS = 4096


def population(truth: str, words: str) -> Population:
    low, _, high = words.split()[1].partition("-")
    covariates = {"BW": Distribution("uniform", (float(low), float(high)))}
    if truth == "A":
        share = 0.0 if "no COMED" in words else 0.5
        covariates["COMED"] = Distribution("share", (share,))
    return Population(covariates, N_SUBJECTS)


@pytest.mark.parametrize("row", ORACLE, ids=lambda row: f"{row['truth']} {row['population']}")
@pytest.mark.parametrize("schedule", ["daily", "weekly"])
def test_the_doses_of_the_true_models(row: dict[str, str], schedule: str) -> None:
    interval, grid = SCHEDULES[row["truth"]][schedule]
    criteria = [
        Criterion(float(row["threshold"]), fraction, interval, row["direction"])
        for fraction in (0.9, 0.75)
    ]
    model = TRUTHS[f"truth-{row['truth'].lower()}"]
    answers = find_doses(model, population(row["truth"], row["population"]), criteria, grid)
    for answer, target in zip(answers, (90, 75), strict=True):
        exact = float(row[f"{schedule}{target}_exact"])
        assert answer.found.exact == pytest.approx(exact, rel=0.03)
        steps = (answer.found.dose - float(row[f"{schedule}{target}_grid"])) / grid
        assert abs(steps) <= 1 + 1e-9
        assert answer.found.share >= target / 100 > answer.found.share_below
    share = float(row[f"share_at_{schedule}90_grid"])
    assert answers[0].found.share == pytest.approx(share, abs=0.01)
