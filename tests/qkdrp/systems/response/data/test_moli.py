from pathlib import Path

import numpy as np
import pytest

from qkdrp.common.errors import DataError
from qkdrp.systems.response.config import DataConfig
from qkdrp.systems.response.data.moli import holds_moli, load_moli, moli_drugs
from tests.qkdrp.conftest import make_tables, write_moli


def test_drugs_are_listed(moli_folder: Path) -> None:
    assert holds_moli(moli_folder)
    assert moli_drugs(moli_folder) == ["Cetuximab", "Gemcitabine"]


def test_genes_in_rows_are_transposed(moli_folder: Path) -> None:
    tables = make_tables()
    cohort = load_moli(moli_folder, "Gemcitabine")
    expected = tables.expression.drop(columns="sample").to_numpy(np.float32)
    assert cohort.expression.shape == (60, 15)
    np.testing.assert_array_equal(cohort.expression, expected)
    assert cohort.standardised
    assert not cohort.synthetic


def test_numeric_ids_are_text(moli_folder: Path) -> None:
    cohort = load_moli(moli_folder, "Cetuximab")
    assert cohort.samples[0] == "683665"
    assert cohort.genes[0] == "1000"
    assert cohort.samples.dtype.kind == cohort.genes.dtype.kind == "U"


def test_file_s_is_the_responder(moli_folder: Path) -> None:
    cohort = load_moli(moli_folder, "Cetuximab")
    path = moli_folder / "response" / "GDSC_response.Cetuximab.tsv"
    letters = [line.split("\t")[1] for line in path.read_text().splitlines()[1:]]
    assert cohort.responder.tolist() == [letter == "S" for letter in letters]
    assert cohort.ln_ic50[cohort.responder].max() < cohort.ln_ic50[~cohort.responder].min()


@pytest.mark.parametrize(("partner", "shift"), [(None, 0), ("TCGA", 0), ("PDX", 100)])
def test_tcga_comes_before_pdx(moli_folder: Path, partner: str | None, shift: float) -> None:
    cohort = load_moli(moli_folder, "Gemcitabine", DataConfig(partner=partner))
    assert cohort.expression.mean() == pytest.approx(5.0 + shift, abs=0.1)
    assert f"homogenised with {partner or 'TCGA'}" in cohort.provenance


def test_pdx_is_taken_where_it_is_alone(moli_folder: Path) -> None:
    assert "homogenised with PDX" in load_moli(moli_folder, "Cetuximab").provenance


def test_a_partner_that_is_not_there_is_named(moli_folder: Path) -> None:
    with pytest.raises(DataError, match=r"eb_with\.TCGA_exprs\.Cetuximab\.tsv"):
        load_moli(moli_folder, "Cetuximab", DataConfig(partner="TCGA"))


def test_decimal_commas_give_the_same_numbers(moli_folder: Path, tmp_path: Path) -> None:
    commas = write_moli(tmp_path / "commas", {"Cetuximab": ("PDX",)}, comma=True)
    path = next((commas / "exprs_homogenized").iterdir())
    assert "," in path.read_text()
    expected = load_moli(moli_folder, "Cetuximab").digest()
    assert load_moli(commas, "Cetuximab").digest() == expected


def test_a_header_one_field_short_gives_the_same_numbers(moli_folder: Path) -> None:
    expected = load_moli(moli_folder, "Cetuximab").digest()
    for path in moli_folder.rglob("*Cetuximab*"):
        header, _, rest = path.read_text().partition("\n")
        path.write_text(header.partition("\t")[2] + "\n" + rest)
    assert load_moli(moli_folder, "Cetuximab").digest() == expected


def test_duplicate_genes_are_named(moli_folder: Path) -> None:
    path = next(moli_folder.rglob("*PDX_exprs.Cetuximab*"))
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[3], ""]))
    with pytest.raises(DataError, match="duplicate genes 1002; keep one of each"):
        load_moli(moli_folder, "Cetuximab")


def test_a_missing_column_is_named(moli_folder: Path) -> None:
    path = moli_folder / "response" / "GDSC_response.Cetuximab.tsv"
    path.write_text(path.read_text().replace("logIC50", "IC50", 1))
    with pytest.raises(DataError, match="column logIC50 is missing"):
        load_moli(moli_folder, "Cetuximab")


def test_a_wrong_cell_is_named(moli_folder: Path) -> None:
    path = next(moli_folder.rglob("*PDX_exprs.Cetuximab*"))
    lines = path.read_text().splitlines()
    cells = lines[2].split("\t")
    cells[4] = "high"
    lines[2] = "\t".join(cells)
    path.write_text("\n".join(lines))
    with pytest.raises(DataError, match=r"'683668'.*'1001'.*holds 'high'"):
        load_moli(moli_folder, "Cetuximab")
