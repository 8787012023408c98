"""Our models in DrEval; only in the environment that ``.ci/drevalpy`` makes."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

with warnings.catch_warnings():  # those of its own dependencies
    warnings.simplefilter("ignore")
    pytest.importorskip(
        "drevalpy", reason="drevalpy lives in an environment of its own: .ci/drevalpy"
    )
    from drevalpy.datasets.dataset import DrugResponseDataset, FeatureDataset
    from drevalpy.models import MODEL_FACTORY, SINGLE_DRUG_MODEL_FACTORY

    from qkdrp.experiments.dreval.__main__ import benchmark, main
    from qkdrp.experiments.dreval.model import GENES, MODELS, QkdrpModel, QkdrpModerated, register
    from qkdrp.experiments.dreval.scores import fold_scores

from tests.qkdrp.conftest import make_tables

pytestmark = pytest.mark.filterwarnings("ignore")  # of drevalpy and its dependencies
QUICK = {"n_qubits": 2, "n_encoding": 1, "epochs": 60, "patience": 0, "lr": 1e-2, "batch_size": 16}


def features(n_rows: int = 80, n_genes: int = 6) -> FeatureDataset:
    values = np.random.default_rng(0).normal(5, 1, (n_rows, n_genes))
    names = [f"G{number}" for number in range(n_genes)]
    return FeatureDataset(
        {f"L{number}": {GENES: row} for number, row in enumerate(values)}, {GENES: names}
    )


def responses(known: FeatureDataset, rows: slice) -> DrugResponseDataset:
    lines = known.identifiers[rows]
    values = known.get_feature_matrix(GENES, lines)[:, 0] * 2 - 10
    return DrugResponseDataset(values, lines, np.full(len(lines), "D"), dataset_name="x")


def trained(model: QkdrpModel, **settings: object) -> FeatureDataset:
    known = features()
    model.build_model(QUICK | settings)
    model.train(responses(known, slice(60)), known, None, responses(known, slice(60, 70)))
    return known


@pytest.mark.parametrize("name", list(MODELS))
def test_each_model_learns_one_gene(name: str) -> None:
    model = MODELS[name]()
    known = trained(model)
    test = responses(known, slice(70, 80))
    found = model.predict(test.cell_line_ids, test.drug_ids, known)
    assert found.shape == (10,)
    assert np.corrcoef(found, test.response)[0, 1] > 0.8
    assert (
        np.abs(found - test.response).mean() < np.abs(test.response - test.response.mean()).mean()
    )


def test_a_saved_model_predicts_the_same(tmp_path: Path) -> None:
    model = QkdrpModerated()
    known = trained(model)
    model.save(str(tmp_path / "model"))
    again = QkdrpModerated.load(str(tmp_path / "model"))
    lines = known.identifiers
    expected = model.predict(lines, lines, known)
    np.testing.assert_array_equal(again.predict(lines, lines, known), expected)
    assert {path.suffix for path in (tmp_path / "model").iterdir()} == {".safetensors", ".json"}


def test_predictions_stay_within_what_was_trained_on() -> None:
    model = QkdrpModerated()
    known = trained(model)
    far = FeatureDataset({"far": {GENES: np.full(6, 1e4)}}, {GENES: known.meta_info[GENES]})
    (found,) = model.predict(np.array(["far"]), np.array(["D"]), far)
    seen = responses(known, slice(60)).response
    assert seen.min() - 1e-6 <= found <= seen.max() + 1e-6


def test_genes_are_found_by_name() -> None:
    model = QkdrpModerated()
    known = trained(model)
    order = [3, 1, 0, 5, 4, 2]
    shuffled = FeatureDataset(
        {line: {GENES: known.features[line][GENES][order]} for line in known.identifiers},
        {GENES: [known.meta_info[GENES][place] for place in order]},
    )
    lines = known.identifiers
    np.testing.assert_array_equal(
        model.predict(lines, lines, shuffled), model.predict(lines, lines, known)
    )


def test_a_cell_line_may_be_measured_twice_and_rows_may_be_too_few() -> None:
    known = features()
    twice = responses(known, slice(20))
    twice.add_rows(responses(known, slice(20)))
    model = QkdrpModerated()
    model.build_model(QUICK | {"epochs": 1})
    model.train(twice, known, None, None)
    assert np.isfinite(model.predict(np.array(["L1"]), np.array(["D"]), known)).all()
    model.train(responses(known, slice(1)), known)
    assert np.isnan(model.predict(np.array(["L1", "L2"]), np.array(["D", "D"]), known)).all()
    with pytest.raises(ValueError, match="no trained model"):
        model.save("nowhere")


def test_the_benchmark_runs_beside_naive_predictors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("socket.socket.connect", _no_network)
    tables = make_tables(60, 6)
    for table in (tables.expression, tables.response):
        table["sample"] = table["sample"].str.replace("C", "683")  # drevalpy reads them as numbers
    data = tables.write(tmp_path / "data")
    register()
    assert set(MODELS) <= set(MODEL_FACTORY)
    assert set(MODELS) <= set(SINGLE_DRUG_MODEL_FACTORY)
    first = {**QUICK, "epochs": 40, "patience": 10}
    monkeypatch.setattr(QkdrpModerated, "get_hyperparameter_set", classmethod(lambda _: [first]))
    folder = benchmark(str(data), tmp_path / "out", ["QkdrpModerated"], folds=2)
    scores = pd.read_csv(folder / "scores.csv")
    assert set(scores["model"]) == {
        "QkdrpModerated",
        "NaivePredictor",
        "NaiveDrugMeanPredictor",
        "NaiveMeanEffectsPredictor",
    }
    assert set(scores["drug"]) == {"DrugA", "DrugB"}
    assert scores["n"].sum() == 2 * 60 * 4, "every row is predicted once by each model"
    rmse = scores.groupby("model")["RMSE"].mean()
    assert rmse["QkdrpModerated"] < rmse["NaiveDrugMeanPredictor"]
    pd.testing.assert_frame_equal(
        fold_scores(folder / "results" / "cohort" / "LCO"), scores, rtol=1e-6
    )
    with pytest.raises(SystemExit, match="2"):
        main(["--data", str(data), "--output", str(folder), "--models", "NoModel"])
    assert "NoModel" in capsys.readouterr().err


def _no_network(*_: object) -> None:
    raise OSError("no network in tests")
