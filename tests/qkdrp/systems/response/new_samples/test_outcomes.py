from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.common.errors import ConfigError, DataError
from qkdrp.systems.response.new_samples.outcomes import load_outcomes, score_outcomes


def write(folder: Path, **columns: list[object]) -> str:
    samples = [f"P{index}" for index in range(len(next(iter(columns.values()))))]
    frame = pd.DataFrame({"sample": samples, "drug": "DrugA", **columns})
    frame.to_csv(folder / "response.csv", index=False)
    return str(folder)


def test_letters_and_measures_are_read(tmp_path: Path) -> None:
    source = write(tmp_path, response=["S", "R", None, None], area=[0.9, 0.1, 0.5, None])
    found = load_outcomes(source, "DrugA", "area", "higher", None)
    assert found.index.tolist() == ["P0", "P1", "P2"]  # nothing is known of P3
    assert found["responder"].tolist()[:2] == [True, False]
    assert found["measure"].tolist() == [-0.9, -0.1, -0.5]


def test_known_measures_need_no_direction(tmp_path: Path) -> None:
    source = write(tmp_path, auc=[2.0, 1.0])
    assert load_outcomes(source, "DrugA", None, None, None)["measure"].tolist() == [2.0, 1.0]


@pytest.mark.parametrize(
    ("columns", "measure", "error", "words"),
    [
        ({"area": [1.0, 2.0]}, None, ConfigError, "say --measure, one of area"),
        ({"area": [1.0, 2.0]}, "volume", ConfigError, "no column 'volume'"),
        ({"area": [1.0, 2.0]}, "area", ConfigError, "say by --direction"),
        ({"response": ["S", "X"]}, None, DataError, "'P1'.*'X', expected R"),
    ],
)
def test_what_is_not_said_is_asked_for(
    tmp_path: Path, columns: dict[str, list[object]], measure: str | None,
    error: type[Exception], words: str,
) -> None:  # fmt: skip
    with pytest.raises(error, match=words):
        load_outcomes(write(tmp_path, **columns), "DrugA", measure, None, None)


def test_another_drug_and_no_table(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no response table"):
        load_outcomes(str(tmp_path), "DrugA", None, None, None)
    with pytest.raises(DataError, match="no row of 'DrugB', found DrugA"):
        load_outcomes(write(tmp_path, auc=[1.0]), "DrugB", None, None, None)


def test_lower_predictions_of_responders_score_high() -> None:
    outcomes = pd.DataFrame(
        {"responder": [True, True, False, False, None], "measure": [1.0, 2.0, 3.0, 4.0, np.nan]}
    )
    found = score_outcomes(np.array([-2.0, -1.0, 0.0, 1.0, 9.0]), outcomes)
    assert (found["n"], found["n_letters"], found["n_measured"]) == (5, 4, 4)
    assert found["auc"] == found["aupr"] == 1.0
    assert found["spearman"] == pytest.approx(1.0)
    assert found["auc_ci"][0] < 0.9
    assert found["aupr_ci"][0] < 0.9
    assert found["aupr_by_chance"] == 0.5
    one_class = score_outcomes(np.zeros(5), outcomes.assign(responder=True, measure=np.nan))
    assert one_class["auc"] is one_class["spearman"] is None


def test_tables_are_read_as_those_of_training(tmp_path: Path) -> None:
    """Semicolons, decimal commas, any case of names, long letters, row numbers."""
    (tmp_path / "response.csv").write_text(
        ";Drug;RESPONSE;Ln_IC50;sample\n0;DrugA;sensitive;-1,5;P0\n1;DrugA;Resistant;2,5;P1\n"
        "2;DrugA;;0,5;P2\n"
    )
    found = load_outcomes(str(tmp_path), "DrugA", None, None, None)
    assert found.index.tolist() == ["P0", "P1", "P2"]
    assert found["responder"].tolist()[:2] == [True, False]
    assert found["responder"].isna().tolist()[2]
    assert found["measure"].tolist() == [-1.5, 2.5, 0.5]


def test_direction_is_the_side_of_sensitive_samples(tmp_path: Path) -> None:
    source = write(tmp_path, pic50=[6.0, 5.0])
    assert load_outcomes(source, "DrugA", None, None, None)["measure"].tolist() == [-6.0, -5.0]
    with pytest.raises(ConfigError, match="pIC50 has direction 'higher'"):
        load_outcomes(source, "DrugA", "pic50", "lower", None)
