"""What needs no drevalpy: its tables, and scores of its predictions."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.common.errors import ConfigError
from qkdrp.experiments.dreval.scores import fold_scores, summary
from qkdrp.experiments.dreval.settings import DrevalSettings
from qkdrp.experiments.dreval.tables import write_drevalpy_data
from tests.qkdrp.conftest import make_tables


def test_tables_are_those_of_the_folder(tmp_path: Path) -> None:
    tables = make_tables()
    tables.expression.loc[3, "GENE2"] = np.nan
    response = write_drevalpy_data(str(tables.write(tmp_path / "data")), tmp_path / "out", "mine")
    assert response == tmp_path / "out" / "mine" / "mine.csv"
    found = pd.read_csv(response)
    assert found["pubchem_id"].unique().tolist() == ["DrugA", "DrugB"]
    expected = tables.response.set_index(["sample", "drug"])["ln_ic50"]
    keys = pd.MultiIndex.from_frame(found[["cell_line_name", "pubchem_id"]])
    np.testing.assert_allclose(found["LN_IC50"], expected.reindex(keys))
    genes = pd.read_csv(tmp_path / "out" / "mine" / "gene_expression.csv")
    assert len(genes) == 60
    assert not genes.isna().any(axis=None)
    filled = genes.set_index("cell_line_name").loc["C003", "GENE2"]
    assert filled == pytest.approx(tables.expression["GENE2"].mean(), rel=1e-5)
    lists = pd.read_csv(tmp_path / "out/meta/gene_lists/gene_expression_intersection.csv")
    assert lists["Symbol"].tolist() == genes.columns[1:].tolist()


def test_published_settings_are_tried_first() -> None:
    tried = DrevalSettings.grid("moderated")
    assert tried[0] == {"lr": 1e-4, "a": 20.0}
    assert len(tried) == 4
    assert DrevalSettings.grid("classic") == [{"lr": 1e-4}, {"lr": 1e-3}]
    settings = DrevalSettings.make(model="moderated", **tried[-1])
    assert (settings.network.a, settings.fit.lr) == (5.0, 1e-3)
    with pytest.raises(ConfigError, match="qubits"):
        DrevalSettings.make(model="moderated", qubits=3)


def test_scores_are_within_drugs(tmp_path: Path, rng: np.random.Generator) -> None:
    """Means of drugs alone are worth nothing within each: R2 is 0 at best, no correlation."""
    drug_mean = {"A": -5.0, "B": 5.0}
    for fold in range(3):
        drugs = np.repeat(["A", "B"], 50)
        middle = np.vectorize(drug_mean.get)(drugs)
        response = middle + rng.normal(size=100)
        table = pd.DataFrame({"pubchem_id": drugs, "response": response})
        for model, predicted in {"Naive": middle, "Perfect": response}.items():
            place = tmp_path / model / "predictions"
            place.mkdir(parents=True, exist_ok=True)
            table.assign(predictions=predicted).to_csv(place / f"predictions_split_{fold}.csv")
    folds = fold_scores(tmp_path)
    assert len(folds) == 2 * 2 * 3
    naive, perfect = (folds[folds["model"] == name] for name in ("Naive", "Perfect"))
    assert naive["R2"].max() <= 0
    assert naive["Pearson"].isna().all()
    assert perfect["Spearman"].tolist() == pytest.approx([1] * 6)
    assert perfect["RMSE"].max() == 0
    shown = summary(folds).set_index("model")
    assert shown.loc["Naive", "Spearman"] == "-"
    assert str(shown.loc["Naive", "RMSE"]).startswith(f"{naive['RMSE'].mean():.3f} (")
