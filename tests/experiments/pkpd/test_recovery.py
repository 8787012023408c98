import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.common.errors import ConfigError
from qkdrp.experiments.pkpd import recovery_costs
from qkdrp.experiments.pkpd.recovery_cases import CASES, true_doses
from qkdrp.experiments.pkpd.recovery_config import RecoveryConfig
from qkdrp.experiments.pkpd.recovery_plan import RecoveryPlan
from qkdrp.experiments.pkpd.recovery_report import RecoveryReport
from qkdrp.experiments.pkpd.recovery_summary import sentences, summary_frame, trials_frame
from qkdrp.experiments.pkpd.recovery_task import FoundDoses, RecoveryResult, RecoveryTask
from qkdrp.experiments.study.outcomes import Findings, Outcome
from qkdrp.experiments.study.tasks import parse_result
from qkdrp.systems.pkpd.data import simulate
from qkdrp.systems.pkpd.data.truths import TRUTHS
from qkdrp.systems.pkpd.population.covariates import Covariate
from qkdrp.systems.pkpd.population.model import PopulationModel
from tests.qkdrp.conftest import CliResult

ORACLE = Path(__file__).parents[2] / "qkdrp/systems/pkpd/dose/doses.csv"
"""Exact doses of the known models, from brute force."""

N = 512


def true_model(truth: str) -> PopulationModel:
    """Return a known model without its effects of covariates, as a fit would give it."""
    known = TRUTHS[truth]
    names = {name: Covariate(name, logarithmic=name == "BW", reference=70.0 if name == "BW" else 0)
             for name in known.covariates}  # fmt: skip
    return PopulationModel(
        known.structure,
        tuple(names.values()),
        (),
        tuple(known.structure.to_log(known.natural).tolist()),
        tuple(known.omega.tolist()),
        known.sigma,
    )


def result(truth: str, ratio: float, low: float, high: float) -> RecoveryResult:
    """Return the result of a trial whose doses are so many times the true ones."""
    true = true_doses(truth, N)
    doses = {
        name: FoundDoses(
            exact=ratio * dose if math.isfinite(ratio) else None,
            refits=tuple(np.linspace(low, high, 21) * dose),
        )
        for name, dose in true.items()
    }
    model = true_model(truth).to_json()
    return RecoveryResult(doses=doses, model=model, converged=True, fit_seconds=1, seconds=2)


def study(truth: str, results: list[RecoveryResult]) -> tuple[RecoveryPlan, Findings]:
    plan = RecoveryPlan(RecoveryConfig(truths=(truth,), trials=len(results), subjects=N))
    tasks = plan.tasks(truth)
    return plan, Findings({task.key: each for task, each in zip(tasks, results, strict=True)})


def test_true_doses_are_those_of_brute_force() -> None:
    oracle = pd.read_csv(ORACLE).groupby("truth").first()
    for truth, row in zip(("truth-a", "truth-b"), oracle.to_dict("records"), strict=True):
        found = true_doses(truth, 4096)
        assert CASES[truth].target == row["threshold"]
        assert CASES[truth].direction == row["direction"]
        assert found["daily"] == pytest.approx(row["daily90_exact"], rel=0.03)
        assert found["weekly"] == pytest.approx(row["weekly90_exact"], rel=0.03)


def test_summary_counts_and_spreads() -> None:
    ratios = np.exp(np.linspace(-0.3, 0.3, 7))
    wide = [result("truth-b", ratio, ratio / 2, ratio * 2) for ratio in ratios]
    trials = trials_frame(*study("truth-b", [*wide, result("truth-b", 1.0, 1.2, 1.4)]))
    daily = summary_frame(trials).set_index("schedule").loc["daily"]
    assert daily["trials"] == 8
    assert daily["covered"] == 7
    assert daily["median"] == pytest.approx(1.0)
    assert daily["log_sd"] == pytest.approx(np.log([*ratios, 1.0]).std(ddof=1))
    assert daily["smallest"] == pytest.approx(np.exp(-0.3))
    assert daily["coverage_low"] < 7 / 8 < daily["coverage_high"]
    assert daily["median_low"] < 1 < daily["median_high"]
    assert not trials.loc[(trials["trial"] == 7), "inside"].any()


def test_words_say_what_was_wanted_and_missed() -> None:
    good = [result("truth-a", ratio, 0.7, 1.4) for ratio in (0.95, 1.0, 1.1, 1.05, 0.98)]
    words = sentences(summary_frame(trials_frame(*study("truth-a", good))))
    assert words[0].startswith("truth-a, daily (true dose 18.77 mg): over 5 trials")
    assert "median ratio of found to true dose is 1.00, its log-sd 0.06 (0.03, 0.17)" in words[0]
    assert "in 5 of 5, 100% (57%, 100%)." in words[0]
    assert words[0].endswith("all met.")
    assert "Wanted" not in words[1]  # nothing is asked of the weekly dose
    bad = [result("truth-a", ratio, 1.2, 2.0) for ratio in (1.3, 1.5, 1.7)]
    words = sentences(summary_frame(trials_frame(*study("truth-a", bad))))
    assert words[0].endswith("missed: median 0.90 to 1.10, coverage at least 80%.")


def test_a_dose_that_is_not_reached_counts_as_infinite() -> None:
    never = result("truth-b", math.inf, 0.8, 1.2)
    open_end = FoundDoses(exact=1.0, refits=(1.0, 1.1, None))
    assert open_end.spread.high == math.inf
    assert open_end.spread.holds(50.0)
    assert not open_end.spread.holds(0.5)
    some = [result("truth-b", 1.0, 0.8, 1.2), result("truth-b", 1.1, 0.8, 1.2), never]
    frame = summary_frame(trials_frame(*study("truth-b", some)))
    assert (frame["not_reached"] == 1).all()
    assert frame["median"].to_numpy() == pytest.approx(1.1)
    assert frame["largest"].to_numpy() == pytest.approx(np.inf)
    assert np.isfinite(frame["log_sd"]).all()
    assert "In 1 trials no dose is enough." in sentences(frame)[0]


def test_report_has_parameters_beside_true_ones_and_names_failures(tmp_path: Path) -> None:
    plan, findings = study("truth-a", [result("truth-a", 1.0, 0.8, 1.2) for _ in range(3)])
    lost = plan.tasks("truth-a")[2]
    del findings.results[lost.key]
    findings.failed.append(Outcome(lost, error="ConfigError: no"))
    tables = RecoveryReport(plan).write(findings, tmp_path)
    parameters = tables["parameters"].set_index("parameter")
    assert parameters["ratio"].to_numpy() == pytest.approx(1.0)
    assert parameters["omega"].to_numpy() == pytest.approx(parameters["omega_true"].to_numpy())
    text = (tmp_path / "report.md").read_text()
    assert "FAILED, left out: truth-a, trial 2" in text
    assert "For research, not for treatment." in text
    assert len(pd.read_csv(tmp_path / "trials.csv")) == 4
    assert (tmp_path / "figures" / "doses-of-simulated-trials.png").stat().st_size > 5000


def test_a_study_whose_trials_all_failed_is_told_of(tmp_path: Path) -> None:
    plan = RecoveryPlan(RecoveryConfig(truths=("truth-b",), trials=1, subjects=N))
    lost = Outcome(plan.tasks("truth-b")[0], error="ConfigError: no")
    RecoveryReport(plan).write(Findings(failed=[lost]), tmp_path)
    text = (tmp_path / "report.md").read_text()
    assert "FAILED, left out: truth-b, trial 0: ConfigError: no" in text


def test_results_survive_their_file() -> None:
    task = RecoveryTask.make(truth="truth-b", trial=3, structure="1-III", refits=2, subjects=N)
    found = result("truth-b", math.inf, 0.8, 1.2)
    assert parse_result(task, json.loads(found.model_dump_json())) == found
    assert task.key == replace_subjects(task, N).key != replace_subjects(task, 2 * N).key


def replace_subjects(task: RecoveryTask, subjects: int) -> RecoveryTask:
    return task.model_copy(update={"subjects": subjects})


def test_structures_of_a_plan() -> None:
    given = RecoveryPlan(RecoveryConfig(trials=2, seed=5))
    assert [task.structure for task in given.tasks("truth-a")] == ["2-I", "2-I"]
    assert [task.structure for task in given.tasks("truth-b")] == ["1-III", "1-III"]
    assert [task.trial for task in given.tasks("truth-b")] == [5, 6]
    auto = RecoveryPlan(RecoveryConfig(trials=2, structure="auto"))
    assert {task.structure for task in auto.tasks("truth-b")} == {"auto"}
    for wrong in ({"truths": ("truth-c",)}, {"structure": "2-I"}, {"refits": 0}):
        with pytest.raises(ConfigError):
            RecoveryConfig.make(**wrong)


def test_a_study_of_a_small_trial_and_its_resumption(
    cli: Callable[..., CliResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {"truth-b": replace(TRUTHS["truth-b"], per_group=4)}
    monkeypatch.setattr(simulate, "TRUTHS", few)
    path = tmp_path / "recovery"
    words = [
        "experiment", "pkpd-recovery", "--truths", "truth-b", "--trials", 1, "--refits", 2,
        "--subjects", N, "--workers", 1, "--output", path,
    ]  # fmt: skip
    first = cli(*words)
    assert first.code == 0, first.err
    trials = pd.read_csv(path / "trials.csv")
    assert (trials["refits"] == 2).all()
    assert trials["ratio"].between(0.2, 5).all()
    assert (trials["structure"] == "1 compartment, indirect III").all()
    assert "truth-b, daily" in first.out
    monkeypatch.setattr(RecoveryTask, "run", None)  # what is finished is not done again
    again = cli(*words, "--resume")
    assert again.code == 0, again.err
    pd.testing.assert_frame_equal(pd.read_csv(path / "trials.csv"), trials)


def test_a_plan_counts_trials(
    cli: Callable[..., CliResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def timed(task: RecoveryTask, *_: object) -> RecoveryResult:
        found = result(task.truth, 1.0, 0.8, 1.2)
        return found.model_copy(update={"seconds": 2.0 + 0.5 * task.refits})

    monkeypatch.setattr(recovery_costs, "run_task", timed)
    words = ("--truths", "truth-b", "--trials", 30, "--refits", 40, "--workers", 1)
    shown = cli("experiment", "plan", "pkpd-recovery", *words)
    assert shown.code == 0, shown.err
    assert "30 simulated trials" in shown.out
    assert "11.0 min on one worker" in " ".join(shown.out.split())  # 30 trials of 22 s
    assert not list(tmp_path.iterdir())


def test_wrong_options_write_nothing(cli: Callable[..., CliResult], tmp_path: Path) -> None:
    path = tmp_path / "recovery"
    result = cli("experiment", "pkpd-recovery", "--truths", "truth-x", "--output", path)
    assert result.code == 2
    assert "truth-a" in result.err
    assert not path.exists()
