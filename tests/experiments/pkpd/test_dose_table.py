import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from qkdrp.common.errors import ConfigError
from qkdrp.experiments.pkpd.dose_report import (
    answer_frame,
    answers_like_published,
    write_doses,
)
from qkdrp.experiments.pkpd.dose_table import Cell, DoseTable, dose_table
from qkdrp.experiments.pkpd.published_doses import other_entries, published, violations
from qkdrp.experiments.pkpd.questions import (
    SCENARIOS,
    Questions,
    Scenario,
    Schedule,
    fractions_of,
    scenarios_for,
)
from qkdrp.systems.pkpd.data.load import load_trial
from qkdrp.systems.pkpd.data.truths import TRUTHS
from qkdrp.systems.pkpd.dose.model import DoseSource

MODEL = TRUTHS["truth-a"]
REFITS = tuple(
    replace(MODEL, natural={**MODEL.natural, "IC50": value}) for value in (0.4, 0.5, 0.65)
)


@pytest.fixture(scope="module")
def table() -> DoseTable:
    questions = Questions(target=7.0)
    source = DoseSource(MODEL, load_trial("truth-a"), REFITS, "truth-a")
    told = []
    found = dose_table(source, questions, lambda *each: told.append(each), n_subjects=512)
    assert told == [("doses", done, 24) for done in range(25)]  # each model of each cell
    return found


def test_twelve_doses_with_intervals(table: DoseTable) -> None:
    frame = table.to_frame()
    assert len(frame) == 12
    assert (frame["low"] <= frame["dose_exact"]).all()
    assert (frame["dose_exact"] <= frame["high"]).all()
    assert frame["reached"].all()
    assert (frame["refits"] == 3).all()
    oracle = {("base", "daily", 0.9): 18.975, ("no COMED", "weekly", 0.75): 148.5}
    for place, exact in oracle.items():
        assert table.find(*place).found.exact == pytest.approx(exact, rel=0.06)


def test_checks_of_a_true_model_warn_of_what_was_not_studied_only(table: DoseTable) -> None:
    failed = [check for check in table.checks if not check.passed]
    assert {check.name for check in failed} <= {"studied range", "studied population"}
    assert any("70 to 140" in check.words for check in failed)
    names = {check.name for check in table.checks}
    assert {"monotone", "fractions", "intervals", "covariate BW", "covariate COMED"} <= names


def test_shortcuts_lower_the_dose(table: DoseTable) -> None:
    asked = table.shortcuts["as asked (mg)"]
    assert (table.shortcuts["late window (mg)"] > asked).all()
    assert table.shortcuts["scaler of concentrations (mg)"].isna().all()
    assert (table.shortcuts["closed grid (mg)"] <= 70).all()
    assert (table.shortcuts["one moment instead of throughout (mg)"] < asked).all()
    ninety = table.shortcuts["fraction"] == 0.9
    assert (table.shortcuts["no variability between subjects (mg)"] < asked)[ninety].all()


def test_files_of_the_study(table: DoseTable, tmp_path: Path) -> None:
    page = write_doses([table], tmp_path / "study")
    folder = tmp_path / "study"
    assert len(pd.read_csv(folder / "doses.csv")) == 12
    record = json.loads((folder / "doses.json").read_text())
    assert record["disclaimer"] in (folder / "report.md").read_text()
    assert record["disclaimer"] in (folder / "report.html").read_text()
    assert len(record["answers"]) == 12
    assert not (folder / "published.csv").exists()  # another trial and target
    assert "Published answers" not in {section.title for section in page.sections}


def test_models_stand_beside_one_another(table: DoseTable, tmp_path: Path) -> None:
    other = replace(table, source=replace(table.source, title="other", refits=()))
    other = replace(other, cells=tuple(_with_dose(cell, 1.5) for cell in table.cells))
    page = write_doses([table, other], tmp_path)
    found = pd.read_csv(tmp_path / "models.csv")
    assert found["ratio"].to_numpy() == pytest.approx(1.5)
    expected = [
        "yes" if 1.5 * cell.answer.found.exact <= cell.answer.spread.high else "no"
        for cell in table.cells
    ]
    assert found["all within the interval of truth-a"].to_list() == expected
    assert set(expected) >= {"no"}
    assert "Between models" in {section.title for section in page.sections}


def _with_dose(cell: Cell, factor: float) -> Cell:
    answer = cell.answer
    found = replace(answer.found, exact=factor * answer.found.exact)
    return replace(cell, answer=replace(answer, found=found, spread=None))


def test_published_answers_stand_beside_those_to_the_challenge(
    table: DoseTable, tmp_path: Path
) -> None:
    source = replace(table.source, trial=load_trial(None), refits=())
    asked = replace(table, source=source, questions=Questions())
    page = write_doses([asked], tmp_path)
    assert len(pd.read_csv(tmp_path / "published.csv")) == len(published())
    assert "Published answers" in {section.title for section in page.sections}
    frame = answer_frame([asked])
    assert list(frame["scenario"].unique()) == [each.name for each in SCENARIOS]


def test_violations_of_published_answers() -> None:
    found = violations()
    words = "\n".join(found["model"] + ": " + found["found"])
    assert "QNN_ResMLP_MoE: base, 90%: 25 mg a week, 8.5 mg a day" in words
    assert "QNN_ResMLP_MoE: base, weekly: 30 mg for 75%, 25 mg for 90%" in words
    assert "MLP: BW 70-140, daily, 90%: 10 mg reaches 29% by its own claim" in words
    assert "MLP: no COMED, weekly, 90%: 65 mg" not in words  # claims 100%
    assert set(published()["model"]) == {"MLP", "ResMLP_MoE", "QNN_MLP", "QNN_ResMLP_MoE"}
    assert len(other_entries()) == 3


def test_our_answers_are_judged_by_the_same_rules(table: DoseTable, tmp_path: Path) -> None:
    assert violations(answers_like_published([table])).empty
    source = replace(table.source, trial=load_trial(None), refits=())
    wrong = tuple(
        replace(cell, answer=replace(cell.answer, found=replace(cell.answer.found, dose=10.0)))
        for cell in table.cells
    )
    asked = replace(table, source=source, questions=Questions(), cells=wrong)
    write_doses([asked], tmp_path)
    found = pd.read_csv(tmp_path / "violations.csv")
    assert set(found["rule"]) == {"weekly dose at least 7 x daily dose less one step"}
    assert "by the same rules" in (tmp_path / "report.md").read_text()


def test_texts_of_questions() -> None:
    assert Schedule.parse("12:0.25") == Schedule(12, 0.25)
    assert Schedule(12, 0.25).name == "every 12 h"
    assert Scenario.parse("old: age=normal:70,5 comed=0").words == ("age=normal:70,5", "comed=0")
    assert fractions_of("0.75,0.9") == (0.9, 0.75)
    assert [each.name for each in scenarios_for(["BW"], SCENARIOS)] == ["base", "BW 70-140"]
    for wrong in ("12", "12:x", "0:1", "12:-1"):
        with pytest.raises(ConfigError, match="schedule"):
            Schedule.parse(wrong)
    with pytest.raises(ConfigError, match="NAME: WORDS"):
        Scenario.parse("bw=70")
    with pytest.raises(ConfigError, match="expected 0"):
        fractions_of("most")
    with pytest.raises(ConfigError, match="one name"):
        Questions(scenarios=(Scenario("a"), Scenario("a")))
    with pytest.raises(ConfigError, match="fraction"):
        Questions(fractions=(1.5,))
