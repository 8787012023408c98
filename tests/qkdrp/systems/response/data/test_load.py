from pathlib import Path

import pytest

from qkdrp.common.errors import DataError
from qkdrp.systems.response.data import list_drugs, load_cohort
from tests.qkdrp.conftest import DRUGS, make_tables


def test_the_default_is_synthetic() -> None:
    assert load_cohort().synthetic
    assert list_drugs("synthetic") == ["synthetic"]


def test_a_folder_of_tables_is_recognised(folder: Path) -> None:
    assert list_drugs(str(folder)) == list(DRUGS)
    assert load_cohort(str(folder), "DrugB").drug == "DrugB"


def test_a_folder_of_moli_is_recognised(moli_folder: Path) -> None:
    assert list_drugs(str(moli_folder)) == ["Cetuximab", "Gemcitabine"]
    assert load_cohort(str(moli_folder), "Cetuximab").standardised


def test_a_loader_gets_its_option(moli_folder: Path) -> None:
    cohort = load_cohort(str(moli_folder), "Gemcitabine", partner="PDX")
    assert "with PDX" in cohort.provenance


@pytest.mark.parametrize("partner", ["TCGA", "PDX"])
def test_an_option_of_another_layout_is_refused(folder: Path, partner: str) -> None:
    with pytest.raises(DataError, match="no option partner"):
        load_cohort(str(folder), "DrugA", partner=partner)
    with pytest.raises(DataError, match="no option partner"):
        load_cohort("synthetic", partner=partner)


def test_the_only_drug_need_not_be_named(tmp_path: Path) -> None:
    tables = make_tables()
    tables.response = tables.response[tables.response["drug"] == "DrugB"]
    assert load_cohort(str(tables.write(tmp_path / "data"))).drug == "DrugB"


def test_one_of_several_drugs_must_be_named(folder: Path) -> None:
    with pytest.raises(DataError, match="no drug given; choose one of DrugA, DrugB"):
        load_cohort(str(folder))


def test_an_unknown_drug_lists_those_present(folder: Path) -> None:
    with pytest.raises(DataError, match="unknown drug 'DrugC'; choose one of DrugA, DrugB"):
        load_cohort(str(folder), "DrugC")


def test_a_folder_of_nothing_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expression\.\* and response\.\* tables, or MOLI"):
        load_cohort(str(tmp_path))


def test_moli_without_a_response_has_no_drug(tmp_path: Path) -> None:
    (tmp_path / "exprs_homogenized").mkdir()
    with pytest.raises(DataError, match="found no drug"):
        list_drugs(str(tmp_path))
