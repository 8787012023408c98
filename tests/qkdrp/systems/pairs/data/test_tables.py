from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.common.errors import DataError
from qkdrp.systems.pairs.config import DataConfig
from qkdrp.systems.pairs.data.convert import Columns, Sources, convert
from qkdrp.systems.pairs.data.load import load_pairs
from qkdrp.systems.pairs.data.pair_data import PairData

SMILES = {"D1": "CCO", "D2": "c1ccncc1", "D3": "Cl.CCN"}
LINES = ["101", "102", "103", "104"]


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(1)
    response = pd.DataFrame(
        {
            "sample": np.repeat(LINES, 3),
            "drug": list(SMILES) * 4,
            "ln_ic50": rng.normal(2, 1, 12).round(3),
        }
    )
    columns = [f"GENE{index} (x:y)" for index in range(5)]
    features = pd.DataFrame(rng.integers(0, 2, (4, 5)), columns=columns)
    features.insert(0, "sample", LINES)
    drugs = pd.DataFrame({"drug": list(SMILES), "smiles": list(SMILES.values())})
    return {"pairs": response, "features": features, "drugs": drugs}


def load(tables: dict[str, pd.DataFrame], folder: Path, **options: object) -> PairData:
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    return load_pairs(DataConfig.make(source=str(folder), **options))


def test_three_tables(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    pairs = load(tables, tmp_path)
    assert (len(pairs), len(pairs.lines), len(pairs.drugs)) == (12, 4, 3)
    np.testing.assert_array_equal(pairs.value, tables["pairs"]["ln_ic50"])
    assert pairs.ids[0] == "101 | D1"
    assert pairs.lines.features.tolist() == tables["features"].columns[1:].tolist()
    assert "1 drugs are salts" in pairs.notes[0]
    assert pairs.drugs.molecules.n_atoms.tolist() == [3, 6, 4]


def test_the_matrix_form_is_the_same(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    tables["pairs"].loc[4, "ln_ic50"] = np.nan
    long, wide = tmp_path / "long", tmp_path / "wide"
    long.mkdir(), wide.mkdir()
    matrix = tables["pairs"].pivot_table(index="sample", columns="drug", values="ln_ic50")
    first = load(tables, long)
    second = load({**tables, "pairs": matrix.reset_index()}, wide)
    assert len(first) == 11
    assert first.digest() == second.digest()


def test_largest_fragments(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    assert load(tables, tmp_path, largest_fragment=True).drugs.smiles[2] == "CCN"


def test_a_pair_that_is_there_twice(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    again = tables["pairs"].iloc[[0]].assign(ln_ic50=0.0)
    tables["pairs"] = pd.concat([tables["pairs"], again])
    with pytest.raises(DataError, match="cell line '101' and drug 'D1' is there twice"):
        load(tables, tmp_path)
    pairs = load(tables, tmp_path, replicates="mean")
    assert len(pairs) == 12
    assert pairs.value[0] == pytest.approx(tables["pairs"]["ln_ic50"].iloc[0] / 2)


def test_unknown_lines_and_drugs_are_counted(
    tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    tables["pairs"].loc[0, "drug"], tables["pairs"].loc[4, "sample"] = "D9", "999"
    tables["drugs"].loc[2, "smiles"] = None
    pairs = load(tables, tmp_path)
    assert len(pairs) == 6
    assert pairs.notes[0] == (
        "12 measured pairs, left out: 1 of a cell line without a row in features (999), 1 of a "
        "drug without a row in drugs (D9), 4 of a drug without a SMILES (D3)"
    )
    with pytest.raises(DataError, match="without a row in features"):
        load(tables, tmp_path, strict=True)


@pytest.mark.parametrize(
    ("table", "column", "value", "message"),
    [
        (
            "drugs",
            "smiles",
            "C1CC",
            "drugs.csv: drug 'D1': RDKit reads no molecule from the SMILES 'C1CC'",
        ),
        ("pairs", "ln_ic50", 77.0, "cell line '101' and drug 'D1' has 77, expected the natural"),
        ("pairs", "ln_ic50", "x", "row '101, drug D1', column 'ln_ic50' holds 'x'"),
        ("pairs", "drug", None, "row 1 names no drug"),
        ("features", "GENE1 (x:y)", "yes", "column 'GENE1 .x:y.' holds 'yes'"),
    ],
)
def test_a_wrong_cell_is_named(
    tables: dict[str, pd.DataFrame],
    tmp_path: Path,
    table: str,
    column: str,
    value: object,
    message: str,
) -> None:
    tables[table][column] = tables[table][column].astype(object)
    tables[table].loc[0, column] = value
    with pytest.raises(DataError, match=message):
        load(tables, tmp_path)


@pytest.mark.parametrize("value", [1.3, -0.1, 73.0])
def test_an_area_outside_0_to_1_is_refused(
    tables: dict[str, pd.DataFrame], tmp_path: Path, value: float
) -> None:
    areas = tables["pairs"].rename(columns={"ln_ic50": "auc"}).assign(auc=0.5)
    areas.loc[:1, "auc"] = 0.0, 1.0
    tables["pairs"] = areas
    assert load(tables, tmp_path, measure="auc").value[:3].tolist() == [0.0, 1.0, 0.5]
    areas.loc[0, "auc"] = value
    wrong = f"cell line '101' and drug 'D1' has {value:g}, expected an area from 0 to 1"
    with pytest.raises(DataError, match=wrong):
        load(tables, tmp_path, measure="auc")


def test_missing_columns_are_named(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    tables["drugs"] = tables["drugs"].rename(columns={"smiles": "structure"})
    with pytest.raises(DataError, match="column smiles is missing"):
        load(tables, tmp_path)
    tables["pairs"] = tables["pairs"].rename(columns={"ln_ic50": "ic50"})
    tables["drugs"] = tables["drugs"].rename(columns={"structure": "smiles"})
    with pytest.raises(DataError, match=r"column ln_ic50 is missing.*found drug, ic50"):
        load(tables, tmp_path)


def test_tissues_come_from_samples(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    tissues = ["lung", "skin", "lung", None]
    tables["samples"] = pd.DataFrame({"sample": LINES, "tissue": tissues})
    found = load(tables, tmp_path).lines.tissues
    assert found is not None
    assert found.tolist() == ["lung", "skin", "lung", ""]


def test_published_tables_are_converted(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    matrix = tables["pairs"].pivot_table(index="sample", columns="drug", values="ln_ic50")
    matrix.loc["104"] = np.nan
    matrix.to_csv(tmp_path / "ic50.csv.gz")
    tables["features"].to_csv(tmp_path / "features.csv", index=False)
    drugs = tables["drugs"].rename(columns={"drug": "DRUG_ID", "smiles": "structure"})
    drugs.to_csv(tmp_path / "drugs.csv", index=False)
    sources = Sources(*(tmp_path / n for n in ("ic50.csv.gz", "features.csv", "drugs.csv")))
    counts = convert(sources, Columns(smiles="structure"), tmp_path / "new")
    assert (counts.n_lines, counts.n_drugs, counts.n_pairs) == (3, 3, 9)
    pairs = load_pairs(DataConfig(source=str(tmp_path / "new")))
    assert pairs.samples.tolist() == np.repeat(LINES[:3], 3).tolist()
    with pytest.raises(DataError, match="holds something already"):
        convert(sources, Columns(smiles="structure"), tmp_path / "new")
    with pytest.raises(DataError, match="column smiles is missing"):
        convert(sources, Columns(), tmp_path / "other")
    assert not (tmp_path / "other").exists()
