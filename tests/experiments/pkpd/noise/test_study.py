from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.experiments.pkpd.cv.contenders import QUANTUM
from qkdrp.experiments.pkpd.noise.config import NoiseConfig
from qkdrp.experiments.pkpd.noise.plan import NoisePlan, level_at
from qkdrp.experiments.pkpd.noise.question import FoundDose
from qkdrp.experiments.pkpd.noise.tables import (
    dose_sentences,
    doses_frame,
    error_sentences,
    errors_frame,
)
from qkdrp.experiments.pkpd.noise.tasks import NoiseResult
from qkdrp.experiments.study.outcomes import Findings
from tests.qkdrp.conftest import CliResult

Cli = Callable[..., CliResult]

NOISE = "depolarizing:p1=0.002,p2=0.02,readout=0.02"

QUICK = (
    *("--models", "qnn-2q1l", "--noise", NOISE, "--scales", "0,2", "--folds", 1, "--epochs", 1),
    *("--dose-folds", 1, "--dose-subjects", 4, "--target", 1e4, "--workers", 1),
)


def test_noise_changes_predictions_and_the_dose_is_asked_for(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "study"
    result = cli("experiment", "pkpd-noise", *QUICK, "--output", path)
    assert result.code == 0, result.err
    errors, doses = (pd.read_csv(path / f"{name}.csv") for name in ("errors", "doses"))
    assert errors["scale"].tolist() == [0.0, 2.0] * 2
    without, noisy = (errors[errors["scale"] == scale]["difference"] for scale in (0.0, 2.0))
    assert (without == 0).all()
    assert (noisy != 0).all()
    assert doses["scale"].tolist() == [0.0, 2.0]
    report = (path / "report.md").read_text()
    assert "at noise scale 2 against none" in report
    assert "as Team PNU takes it" in report


def made_results(plan: NoisePlan) -> Findings:
    """Return made-up results whose errors and doses grow with the scale."""
    findings, rng = Findings(), np.random.default_rng(0)
    for number, task in enumerate(plan.noise_tasks()):
        measured, size = rng.uniform(1, 5, 6), rng.uniform(0.09, 0.11, 6)
        levels = []
        for scale in plan.config.scales:
            rows = {
                "subject": [f"{number}-{k}" for k in range(3)] * 2,
                "endpoint": ["concentration"] * 3 + ["biomarker"] * 3,
                "time": [1.0] * 6,
                "dose": [1.0, 3.0, 10.0] * 2,
                "measured": measured.tolist(),
                "scale": [1.0] * 6,
                "prediction": (measured + size * (1 + scale)).tolist(),
            }
            dose = FoundDose(dose=4.0, exact=4.0 + scale + 0.1 * number, share=0.9)
            levels.append({"scale": scale, "rows": rows, "dose": dose})
        findings.results[task.key] = NoiseResult.make(levels=levels, seconds=1.0)
    return findings


def test_sentences_tell_of_errors_and_of_doses() -> None:
    plan = NoisePlan.open(NoiseConfig.make(models=(QUANTUM,), scales=(1,), folds=4))
    findings = made_results(plan)
    errors = errors_frame(plan, findings)
    assert errors[errors["scale"] == 1]["difference"].to_numpy() == pytest.approx(0.1, rel=0.1)
    lines = list(error_sentences(errors))
    assert len(lines) == 2
    assert "Grey box, quantum head, PK at noise scale 1 against none" in lines[0]
    assert lines[0].endswith("worse.")
    told = list(dose_sentences(doses_frame(plan, findings)))
    assert "dose 4.15 mg (median of 4 folds, 4 to 4.3)" in told[0]
    assert "1.24 times that without noise (95%" in told[1]


def test_mechanisms_are_asked_at_steady_state_and_networks_in_the_window_of_the_team() -> None:
    plan = NoisePlan.open(NoiseConfig.make(folds=3, dose_folds=2))
    tasks = list(plan.noise_tasks())
    windows = [task.question and task.question.window for task in tasks]
    assert windows == ["steady", "late"] * 2 + [None, None]
    assert all(0.0 in task.scales for task in tasks)
    assert len({task.key for task in tasks}) == len(tasks)
    result = made_results(plan).results[tasks[0].key]
    assert isinstance(result, NoiseResult)
    assert level_at(result, 2.0).scale == 2.0


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--models", "resmlp_moe"], "has no trained circuits"),
        (["--models", "qnn-frozen"], "has no trained circuits"),
        (["--models", "qnn-mc"], "leave the word out"),
        (["--models", "qnn-4s"], "leave the word out"),
        (["--noise", "fake_nowhere"], "fake_nowhere"),
        (["--scales=-1"], "scales: expected 0 or more"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    more: Sequence[object], message: str, cli: Cli, tmp_path: Path
) -> None:
    result = cli("experiment", "pkpd-noise", "--output", tmp_path / "study", *more)
    assert result.code == 2
    assert message in result.err
    assert len(result.err.splitlines()) == 1
    assert not list(tmp_path.iterdir())
