import os
from pathlib import Path

import pytest

from qkdrp.runs.predict_new import PredictionRequest, predict_new
from qkdrp.runs.train import prepare, train
from qkdrp.systems.response.config import TrainConfig
from qkdrp.systems.response.data import list_drugs, load_cohort
from qkdrp.systems.response.data.fetch import PUBLISHED_COUNTS
from qkdrp.systems.response.new_samples.settings import ResponseSampleSettings
from tests.qkdrp.conftest import RUN_FILES

FOLDER = str(Path(os.environ.get("QKDRP_REAL_DATA", "")) / "gdsc5")
COUNTS = {
    "Cetuximab": (735, 121),
    "Cisplatin": (752, 77),
    "Docetaxel": (764, 65),
    "Erlotinib": (298, 64),
    "Gemcitabine": (790, 54),
}

pytestmark = pytest.mark.skipif(
    "QKDRP_REAL_DATA" not in os.environ,
    reason="QKDRP_REAL_DATA names no folder that holds gdsc5/, the tables of the five drugs",
)


def test_the_drugs_are_those_of_the_paper() -> None:
    assert list_drugs(FOLDER) == list(COUNTS) == list(PUBLISHED_COUNTS)


@pytest.mark.parametrize("drug", COUNTS)
def test_cohorts_are_as_large_as_in_the_paper(drug: str) -> None:
    cohort = load_cohort(FOLDER, drug)
    n_responder = int(cohort.responder.sum())
    assert (len(cohort) - n_responder, n_responder) == COUNTS[drug] == PUBLISHED_COUNTS[drug]


def test_patients_without_a_response_are_predicted(tmp_path: Path) -> None:
    """Bladder cancers on another array (GSE5287): most genes are there, on another scale."""
    data = {"source": FOLDER, "drug": "Cisplatin"}
    config = TrainConfig.make(data=data, fit={"epochs": 2}, backend="statevector", threads=1)
    run, _ = train(prepare(config), tmp_path / "run")
    source = str(Path(FOLDER).parent / "ext_gse5287_expr.csv.gz")
    request = PredictionRequest(
        [run.path], source, tmp_path / "p.csv", ResponseSampleSettings(), threads=1
    )
    predicted = predict_new(request, "statevector")
    assert len(predicted.table) == 30
    assert predicted.table.notna().all(axis=None)
    (matched,) = predicted.record["matched"].values()
    assert matched["align"] == "standardise"
    assert 0.7 < matched["share_of_genes"] < 0.8
    assert len(matched["missing_genes"]) == round(
        matched["n_genes"] * (1 - matched["share_of_genes"])
    )


def test_a_short_training_writes_a_complete_run(tmp_path: Path) -> None:
    config = TrainConfig.make(
        data={"source": FOLDER, "drug": "Docetaxel"},
        fit={"epochs": 2},
        backend="statevector",
        threads=1,
    )
    _, metrics = train(prepare(config), tmp_path / "run")
    found = {str(path.relative_to(tmp_path / "run")) for path in (tmp_path / "run").rglob("*")}
    assert found == RUN_FILES
    assert (metrics["n_train"], metrics["n_val"], metrics["n_test"]) == (596, 150, 83)
    assert 0 <= metrics["test"]["auc"] <= 1
    assert metrics["baselines"]["ridge"]["mse"] < metrics["baselines"]["mean"]["mse"]
