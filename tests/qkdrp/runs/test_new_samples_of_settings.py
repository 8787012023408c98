"""New samples for runs with settings of their own: other measures, kinds, maps of genes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.runs.train import prepare, train
from tests.qkdrp.conftest import CliResult, make_tables, read_json, small_config

Cli = Callable[..., CliResult]

AREA = {"measure": "area", "direction": "higher", "transform": "logit"}
KINDS = {"target": "residual", "residual_by": "tissue"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables with an area that is high for sensitive samples, and tissues that differ."""
    tables = make_tables()
    tissue = pd.Series(["A", "B"] * 30, index=tables.expression["sample"])
    shift = 4.0 * (tables.response["sample"].map(tissue) == "B")
    tables.response["ln_ic50"] += shift.to_numpy()
    middle = tables.response.groupby("drug")["ln_ic50"].transform("median")
    tables.response["response"] = np.where(tables.response["ln_ic50"] <= middle, "S", "R")
    tables.response["area"] = 1 / (1 + np.exp(tables.response["ln_ic50"] / 4))
    folder = tables.write(tmp_path_factory.mktemp("settings") / "data")
    tissue.rename("tissue").rename_axis("sample").to_csv(folder / "samples.csv")
    genes = [f"GENE{index}" for index in range(15)]
    ids = [f"ENSG{index:011d}" for index in range(15)]
    (folder.parent / "map.csv").write_text(
        "id,name\n" + "".join(f"{i},{g}\n" for i, g in zip(ids, genes, strict=True))
    )
    return folder


@pytest.fixture(scope="module")
def runs(data: Path) -> dict[str, Path]:
    """A run of each setting; that of the map was trained on Ensembl ids."""
    ensembl = data.parent / "ensembl"
    ensembl.mkdir()
    expression = pd.read_csv(data / "expression.csv")
    ids = {f"GENE{index}": f"ENSG{index:011d}.3" for index in range(15)}
    expression.rename(columns=ids).to_csv(ensembl / "expression.csv", index=False)
    (ensembl / "response.csv").write_text((data / "response.csv").read_text())
    found = {}
    for name, source, settings in (
        ("area", data, AREA),
        ("kinds", data, KINDS),
        ("map", ensembl, {"gene_map": str(data.parent / "map.csv")}),
    ):
        config = small_config(source, lr=0.01, epochs=4, model="classic")
        of_data = config.data.model_validate(config.data.model_dump() | settings)
        found[name] = data.parent / f"run-{name}"
        train(prepare(config.model_copy(update={"data": of_data})), found[name])
    return found


def test_other_measures_are_predicted_in_their_unit(
    data: Path, runs: dict[str, Path], tmp_path: Path, cli: Cli
) -> None:
    output = tmp_path / "p.csv"
    result = cli("predict", runs["area"], "--data", data, "--output", output, "--align", "none")
    assert result.code == 0, result.err
    table = pd.read_csv(output).set_index("sample")
    names = ["area", "area_low", "area_high", "label", "percentile"]
    assert table.columns.tolist() == names
    assert ((table["area_low"] < table["area"]) & (table["area"] < table["area_high"])).all()
    assert table["area"].between(0, 1).all()
    known = pd.read_csv(runs["area"] / "predictions.csv").set_index("sample")
    inside = known["prediction"].abs() < known.loc[known["part"] == "train", "label"].abs().min()
    expected = known.loc[inside, "predicted_area"]
    np.testing.assert_allclose(table.loc[expected.index, "area"], expected, atol=1e-6)
    assert table.sort_values("area", ascending=False)["percentile"].is_monotonic_increasing
    assert "Predicted area" in output.with_suffix(".html").read_text()


def test_measures_are_not_mixed(
    data: Path, runs: dict[str, Path], tmp_path: Path, cli: Cli
) -> None:
    asked = ("predict", runs["area"], runs["map"], "--data", data, "--output", tmp_path / "p.csv")
    result = cli(*asked)
    assert (result.code, list(tmp_path.iterdir())) == (2, [])
    assert "different measures, area (logit, higher) and ln_ic50" in " ".join(result.err.split())


def test_kinds_come_from_the_table_of_samples(
    data: Path, runs: dict[str, Path], tmp_path: Path, cli: Cli
) -> None:
    asked = ("predict", runs["kinds"], "--align", "none", "--data")
    result = cli(*asked, data, "--output", tmp_path / "p.csv")
    assert result.code == 0, result.err
    table = pd.read_csv(tmp_path / "p.csv").set_index("sample")
    known = pd.read_csv(runs["kinds"] / "predictions.csv").set_index("sample")
    expected = known["predicted_ln_ic50"].dropna()  # blank where the tanh has no inverse
    labels = known.loc[known["part"] == "train", "label"]
    inner = known.loc[expected.index, "prediction"].between(labels.min(), labels.max())
    assert inner.sum() > 30
    expected = expected[inner]
    np.testing.assert_allclose(table.loc[expected.index, "ln_ic50"], expected, atol=1e-5)
    held = known["part"] == "validation"
    bounds = table.loc[known.index[held]]
    inside = known.loc[held, "ln_ic50"].between(bounds["ln_ic50_low"], bounds["ln_ic50_high"])
    assert inside.mean() >= 0.9
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "expression.csv").write_text((data / "expression.csv").read_text())
    for source in (alone, alone / "expression.csv"):
        refused = cli(*asked, source, "--output", tmp_path / "q.csv")
        assert refused.code == 2
        assert "tissue" in refused.err
        assert not (tmp_path / "q.csv").exists()


def test_scores_of_residuals_are_of_the_whole_measure(
    data: Path, runs: dict[str, Path], tmp_path: Path, cli: Cli
) -> None:
    result = cli("validate", runs["kinds"], "--data", data, "--output", tmp_path / "v")
    assert result.code == 0, result.err
    found = read_json(tmp_path / "v" / "metrics.json")["targets"]["DrugA"]["scores"]
    known = pd.read_csv(runs["kinds"] / "predictions.csv")
    test = known[known["part"] == "test"]
    assert test["prediction"].abs().max() < 1
    expected = test["predicted_ln_ic50"].corr(test["ln_ic50"], method="spearman")
    assert found["model"]["spearman"] == pytest.approx(expected)


def test_the_map_of_genes_is_used_for_new_samples(
    data: Path, runs: dict[str, Path], tmp_path: Path, cli: Cli
) -> None:
    asked = ("predict", runs["map"], "--align", "none", "--data")
    tables = []
    for number, source in enumerate((data.parent / "ensembl", data)):  # by id, and by symbol
        output = tmp_path / f"{number}.csv"
        result = cli(*asked, source, "--output", output)
        assert result.code == 0, result.err
        assert "genes    15 of 15" in result.out
        tables.append(pd.read_csv(output))
    pd.testing.assert_frame_equal(*tables)


def test_names_of_another_kind_are_named(
    data: Path, runs: dict[str, Path], tmp_path: Path, cli: Cli
) -> None:
    source, output = data.parent / "ensembl", tmp_path / "p.csv"
    result = cli("predict", runs["area"], "--data", source, "--output", output)
    assert (result.code, output.exists()) == (2, False)
    assert "the samples' are Ensembl ids, the model's are gene symbols" in " ".join(
        result.err.split()
    )
