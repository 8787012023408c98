from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.common.errors import DataError
from qkdrp.systems.response.data.tables import holds_tables, load_tables, table_drugs
from tests.qkdrp.conftest import DRUGS, Tables, make_tables


def test_drugs_are_listed(folder: Path) -> None:
    assert holds_tables(folder)
    assert table_drugs(folder) == list(DRUGS)


@pytest.mark.parametrize("drug", DRUGS)
def test_numbers_arrive_unchanged(folder: Path, drug: str) -> None:
    tables = make_tables()
    rows = tables.response[tables.response["drug"] == drug]
    cohort = load_tables(folder, drug)
    assert cohort.samples.tolist() == rows["sample"].tolist()
    np.testing.assert_array_equal(cohort.ln_ic50, rows["ln_ic50"])
    np.testing.assert_array_equal(
        cohort.expression, tables.expression.drop(columns="sample").to_numpy(np.float32)
    )
    assert not cohort.standardised
    assert not cohort.synthetic


def test_s_is_the_responder(folder: Path) -> None:
    cohort = load_tables(folder, "DrugA")
    assert cohort.ln_ic50[cohort.responder].max() < cohort.ln_ic50[~cohort.responder].min()


def test_samples_are_joined_by_id_whatever_the_order(tmp_path: Path) -> None:
    tables = make_tables()
    whole = load_tables(tables.write(tmp_path / "whole"), "DrugA")
    shuffled = Tables(tables.expression.sample(frac=0.8, random_state=1), tables.response)
    part = load_tables(shuffled.write(tmp_path / "part"), "DrugA")
    assert len(part) == 48
    np.testing.assert_array_equal(part.expression, whole.select(part.samples).expression)
    assert "48 of 48 samples with expression and 60 with a response" in part.provenance


def test_missing_cells_stay_missing(tmp_path: Path) -> None:
    tables = make_tables()
    tables.expression.loc[4, "GENE3"] = np.nan
    cohort = load_tables(tables.write(tmp_path / "data"), "DrugA")
    assert np.isnan(cohort.expression[4, 3])
    assert np.isnan(cohort.expression).sum() == 1


def test_further_columns_are_ignored(tmp_path: Path) -> None:
    tables = make_tables()
    tables.response["tissue"] = "lung"
    assert len(load_tables(tables.write(tmp_path / "data"), "DrugB")) == 60


def test_drugs_may_have_numbers_for_names(tmp_path: Path) -> None:
    tables = make_tables()
    tables.response["drug"] = tables.response["drug"].map({"DrugA": 1007, "DrugB": 1032})
    data = tables.write(tmp_path / "data")
    assert table_drugs(data) == ["1007", "1032"]
    assert len(load_tables(data, "1007")) == 60


def test_a_value_beyond_single_precision_is_named(tmp_path: Path) -> None:
    tables = make_tables()
    tables.expression.loc[3, "GENE4"] = 1e39
    with pytest.raises(DataError, match="'C003', column 'GENE4'"):
        load_tables(tables.write(tmp_path / "data"), "DrugA")


def test_a_row_without_a_sample_id_is_refused(tmp_path: Path) -> None:
    tables = make_tables()
    tables.response.loc[3, "sample"] = None
    with pytest.raises(DataError, match=r"response\.csv"):
        load_tables(tables.write(tmp_path / "data"), "DrugA")


def test_tables_in_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    tables = make_tables()
    tables.expression.to_parquet(tmp_path / "expression.parquet")
    tables.response.to_parquet(tmp_path / "response.parquet")
    found = load_tables(tmp_path, "DrugA")
    expected = load_tables(tables.write(tmp_path / "csv"), "DrugA")
    assert found.digest() == expected.digest()


def test_one_table_alone_is_recognised(tmp_path: Path) -> None:
    pd.DataFrame({"sample": ["a"]}).to_csv(tmp_path / "expression.csv", index=False)
    assert holds_tables(tmp_path)
    with pytest.raises(DataError, match="found no response table"):
        table_drugs(tmp_path)
