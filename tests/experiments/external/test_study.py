from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from scipy import stats

from qkdrp.common.errors import ConfigError, DataError
from qkdrp.experiments.external.comparisons import comparisons_frame, rank_correlations
from qkdrp.experiments.external.config import ExternalConfig
from qkdrp.experiments.external.plan import ExternalPlan
from qkdrp.experiments.external.report import ExternalReport
from qkdrp.experiments.external.scores import Place
from qkdrp.experiments.external.sources import parse_source
from qkdrp.experiments.study.driver import run_study
from qkdrp.experiments.study.runners import LocalRunner
from qkdrp.experiments.study.task_results import TaskStore
from tests.qkdrp.conftest import DRUGS, make_tables

NAMES = ("moderated", "classic", "ridge")


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half of the training samples under other names on another scale, ten under their own."""
    tables = make_tables()
    genes = tables.expression.columns[1:]
    tables.expression = tables.expression.iloc[:40]
    tables.response = tables.response[tables.response["sample"].isin(tables.expression["sample"])]
    new = {name: f"X{name}" for name in tables.expression["sample"].iloc[10:]}
    tables.expression[genes] = 0.3 * tables.expression[genes] + 8
    for table in (tables.expression, tables.response):
        table["sample"] = table["sample"].replace(new)
    tables.response["area"] = -tables.response.pop("ln_ic50")
    folder = tables.write(tmp_path_factory.mktemp("external") / "there")
    kind = np.where(np.arange(40) % 2, "odd", "even")
    pd.DataFrame({"sample": tables.expression["sample"], "kind": kind}).to_csv(
        folder / "samples.csv", index=False
    )
    return folder


def settings(data: Path, cohort: Path, **changes: Any) -> ExternalConfig:
    usual = {
        "drugs": (DRUGS[0],),
        "cohorts": (f"{cohort}=area:higher",),
        "models": NAMES,
        "align": ("none",),
        "by": ("kind",),
        "seeds": 3,
        "epochs": 6,
        "batch_size": 16,
        "draws": 100,
    }
    return ExternalConfig.make(data={"source": str(data)}, **usual | changes)


def test_a_study_scores_new_samples_by_group_and_alignment(
    data: Path, cohort: Path, tmp_path: Path
) -> None:
    plan = ExternalPlan.open(settings(data, cohort))
    (tmp_path / "tasks").mkdir()
    store, screen = TaskStore(tmp_path), Console(quiet=True)
    findings = run_study(plan, store, LocalRunner(1), screen)
    assert (len(findings.results), findings.failed) == (7, [])  # ridge has one seed
    result = next(iter(findings.results.values()))
    assert (result.n_train, result.n_validation) == (48, 12)  # no sample is kept for a test
    tables = ExternalReport(plan).write(findings, tmp_path)
    scores = tables["scores"]
    assert set(scores["group"]) == {"all", "even", "odd"}
    whole = scores[scores["group"] == "all"].set_index(["model", "align"])
    assert (whole["n_measured"] == 30).all()  # ten samples of the training are left out
    assert whole["automatic"].to_dict()["ridge", "standardise"]
    assert not whole["automatic"].to_dict()["ridge", "none"]
    ridge = whole.loc[("ridge", "standardise")]
    assert ridge["spearman"] > 0.5  # it was trained on these samples under other names
    assert ridge["spearman_low"] < ridge["spearman"] < ridge["spearman_high"]
    assert ridge["auc"] > 0.7
    assert set(tables["comparisons"]["other"]) == {"classic", "ridge"}
    text = (tmp_path / "report.md").read_text()
    assert "10 of the training left out" in text
    assert "there Drug" in text
    assert (tmp_path / "report.html").stat().st_size > 10_000
    again = run_study(plan, TaskStore(tmp_path), LocalRunner(1), screen)
    assert again.task_seconds == 0.0  # all was there
    assert again.results == findings.results


def test_where_the_data_lie_changes_no_key(data: Path, cohort: Path, tmp_path: Path) -> None:
    moved = tmp_path / "there"
    moved.mkdir()
    for file in cohort.iterdir():
        (moved / file.name).write_bytes(file.read_bytes())
    plans = [ExternalPlan.open(settings(data, each)) for each in (cohort, moved)]
    keys = [[task.key for task in plan.of(DRUGS[0])] for plan in plans]
    assert keys[0] == keys[1]
    others = [task.key for task in ExternalPlan.open(settings(data, cohort, lr=0.1)).of(DRUGS[0])]
    assert set(others) & set(keys[0]) == {keys[0][-1]}  # ridge knows no learning rate


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"cohorts": ("a=:lower",)}, ConfigError, "expected FOLDER"),
        ({"cohorts": ("x/a", "y/a")}, ConfigError, "two folders are called 'a'"),
        ({"models": ("nothing",)}, ConfigError, "choose one of"),
        ({"align": ("auto",)}, ConfigError, "choose one of none"),
        ({"drugs": ("Other",)}, DataError, "has no response to Other"),
    ],
)
def test_what_cannot_be_studied(
    data: Path, cohort: Path, changes: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        ExternalPlan.open(settings(data, cohort, **changes))


def test_sources_are_read() -> None:
    found = parse_source("data/pdxe=change:lower")
    assert (found.name, found.measure, found.direction) == ("pdxe", "change", "lower")
    assert parse_source("synthetic").measure is None


def test_rank_correlations_are_spearmans(rng: np.random.Generator) -> None:
    values, measure = rng.normal(size=(4, 30)).round(1), rng.normal(size=30).round(1)
    values[3] = 1.0
    expected = [stats.spearmanr(row, measure).statistic for row in values[:3]]
    np.testing.assert_allclose(rank_correlations(values, measure), [*expected, 0.0], atol=1e-12)


def place(rng: np.random.Generator, gain: float, n: int = 200) -> Place:
    """Return a place where one model of five seeds follows the measure more than another."""
    measure = rng.normal(size=n)
    noise = rng.normal(size=(2, 5, n))
    values = {"moderated": gain * measure + noise[0], "classic": 0.3 * measure + noise[1]}
    outcomes = pd.DataFrame({"responder": None, "measure": measure}, dtype=object)
    outcomes["measure"] = measure
    return Place("c", "d", "all", "none", True, outcomes, values)


def test_a_better_model_is_found_and_an_equal_one_is_not(rng: np.random.Generator) -> None:
    better = comparisons_frame([place(rng, 1.5)], draws=200, seed=0).iloc[0]
    assert 0 < better["low"] < better["difference"] < better["high"]
    assert better["seeds_low"] > 0
    assert better["p"] < 0.01
    low = [comparisons_frame([place(rng, 0.3)], 100, seed)["low"][0] for seed in range(10)]
    assert np.mean(np.array(low) < 0) >= 0.8


def test_places_of_one_alignment_are_put_together(rng: np.random.Generator) -> None:
    found = comparisons_frame([place(rng, 1.5), place(rng, 0.3)], draws=100, seed=0)
    assert found["cohort"].tolist() == ["c", "c", "mean"]
    assert found["difference"][2] == pytest.approx(found["difference"][:2].mean())
    assert found["n_samples"][2] == 400
