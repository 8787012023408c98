from pathlib import Path

import numpy as np
import pytest

from qkdrp.common.errors import DataError
from qkdrp.systems.response.data import load_cohort
from tests.qkdrp.conftest import Tables, make_tables


def written(tmp_path: Path, tables: Tables) -> str:
    return str(tables.write(tmp_path / "data"))


def test_a_threshold_stands_for_letters(tmp_path: Path) -> None:
    tables = make_tables()
    tables.response = tables.response.drop(columns="response")
    cohort = load_cohort(written(tmp_path, tables), "DrugA", threshold=-0.5)
    np.testing.assert_array_equal(cohort.responder, cohort.ln_ic50 <= -0.5)
    assert "responders: ln_ic50 <= -0.5" in cohort.provenance


def test_an_activity_area_of_the_same_order_gives_the_same_labels(tmp_path: Path) -> None:
    """By logit, the area 1 / (1 + IC50) is minus ln IC50: every number of a model is the same."""
    tables = make_tables()
    plain = load_cohort(written(tmp_path, tables), "DrugA")
    tables.response["area"] = 1 / (1 + np.exp(tables.response["ln_ic50"]))
    tables.response = tables.response.drop(columns="ln_ic50")
    settings = {"measure": "area", "direction": "higher", "transform": "logit"}
    cohort = load_cohort(written(tmp_path, tables), "DrugA", **settings)
    np.testing.assert_allclose(cohort.ln_ic50, plain.ln_ic50, atol=1e-12)
    np.testing.assert_allclose(cohort.measured, 1 / (1 + np.exp(plain.ln_ic50)))
    assert cohort.digest() != plain.digest()


@pytest.mark.parametrize(
    ("letters", "same"), [(("s", "r"), True), (("Sensitive", " resistant"), True), ((1, 0), False)]
)
def test_letters_may_be_written_in_other_ways(
    tmp_path: Path, letters: tuple[object, object], same: bool
) -> None:
    tables = make_tables()
    expected = load_cohort(written(tmp_path, tables), "DrugA").responder
    tables.response["response"] = tables.response["response"].map(
        dict(zip("SR", letters, strict=True))
    )
    folder = written(tmp_path, tables)
    if same:
        np.testing.assert_array_equal(load_cohort(folder, "DrugA").responder, expected)
        return
    with pytest.raises(DataError, match=r"holds 0, expected R .*: write S for every sample"):
        load_cohort(folder, "DrugA")


def test_columns_are_found_in_any_case(tmp_path: Path) -> None:
    tables = make_tables()
    expected = load_cohort(written(tmp_path, tables), "DrugA").digest()
    tables.response.columns = ["Sample", "DRUG", "LN_IC50", "Response"]
    assert load_cohort(written(tmp_path, tables), "DrugA").digest() == expected


@pytest.mark.parametrize(
    ("value", "words"), [(0.0, "holds 0, expected a value above 0, whose log is taken"), (1e3, "")]
)
def test_a_logarithm_needs_positive_values(tmp_path: Path, value: float, words: str) -> None:
    tables = make_tables()
    tables.response["ic50"] = np.exp(tables.response["ln_ic50"])
    tables.response.loc[7, "ic50"] = value
    folder = written(tmp_path, tables)
    if not words:
        assert load_cohort(folder, "DrugA", measure="ic50").measured[7] == pytest.approx(value)
        return
    with pytest.raises(DataError, match=words):
        load_cohort(folder, "DrugA", measure="ic50")


def test_ids_without_partner_are_noted_with_an_example_of_each_side(tmp_path: Path) -> None:
    tables = make_tables()
    ids = tables.expression["sample"]
    tables.expression["sample"] = [
        name.replace("C", "c-") if place % 2 else name for place, name in enumerate(ids)
    ]
    (note,) = load_cohort(written(tmp_path, tables), "DrugA").notes
    assert "30 of 60 samples with a response to DrugA have no expression, 'C001' for one" in note
    assert "30 of 60 with expression have no response, 'c-001' for one" in note
    assert "'c-001' and 'C001' look like one sample" in note


def test_a_few_ids_without_partner_are_no_note(tmp_path: Path) -> None:
    tables = make_tables()
    tables.expression.loc[:4, "sample"] = [f"X{place}" for place in range(5)]
    assert load_cohort(written(tmp_path, tables), "DrugA").notes == ()


def test_counts_are_noted(tmp_path: Path) -> None:
    tables = make_tables()
    genes = tables.expression.columns[1:]
    tables.expression[genes] = 2 ** tables.expression[genes]
    tables.expression.loc[0, genes[0]] = 5000
    (note,) = load_cohort(written(tmp_path, tables), "DrugA").notes
    assert "expression reaches 5000, expected a log scale" in note


@pytest.mark.parametrize("described", [False, True])
def test_genes_in_rows_are_told(tmp_path: Path, described: bool) -> None:
    tables = make_tables()
    tables.expression = tables.expression.set_index("sample").T.reset_index(names="gene")
    if described:
        tables.expression.insert(1, "description", "a protein")
    with pytest.raises(
        DataError, match=r"genes in rows \('GENE0'\).*\('C000'\).*transpose the tab"
    ):
        load_cohort(written(tmp_path, tables), "DrugA")
