import numpy as np
import pytest
import torch

from qkdrp.backends import Backend
from qkdrp.common.errors import ConfigError
from qkdrp.runs.explain.wholes import explain_parts, over_runs
from qkdrp.systems.pairs.build import build_model
from qkdrp.systems.pairs.config import ModelConfig
from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.systems.pairs.explain.features import pair_features
from qkdrp.systems.pairs.explain.molecules import molecules_to_explain
from qkdrp.systems.pairs.model import PairModel
from qkdrp.systems.pairs.preprocess import Preprocessor
from qkdrp.systems.pairs.rows import rows_of
from qkdrp.training.loop import predict

ROUNDING = 1e-6
SILENT = {"on_progress": lambda _done, _total: None}


@pytest.fixture
def model(backend: Backend) -> PairModel:
    return build_model(ModelConfig(model="linear"), 160, backend, seed=1).eval()


def test_rows_that_share_nothing_are_predicted_as_a_batch(
    model: PairModel, few: PairData, preprocessor: Preprocessor
) -> None:
    rows = rows_of(preprocessor, few.at(np.arange(12)))
    inputs, _ = rows.batch(slice(None))
    view = pair_features(preprocessor, rows).view
    assert view is not None
    row_model = view.model(model)
    expected = predict(model, *inputs)
    torch.testing.assert_close(predict(row_model, *view.inputs), expected, atol=ROUNDING, rtol=0)
    with_gradient = row_model(*view.inputs).detach()
    torch.testing.assert_close(with_gradient, expected, atol=ROUNDING, rtol=0)


def test_atoms_add_up_to_what_the_molecule_changes(
    model: PairModel, few: PairData, preprocessor: Preprocessor
) -> None:
    (whole,) = molecules_to_explain(preprocessor, few, ["aspirin"], 3)
    assert whole.parts["symbol"].tolist() == ["C", "C", "O", "O", *"CCCCCC", "C", "O", "O"]
    (found,) = explain_parts(model, [whole], steps=200, **SILENT)
    row_model = whole.row_model(model)
    lines, atoms, drug = whole.inputs
    average = whole.features.reference[1].expand_as(atoms)
    change = predict(row_model, lines, atoms, drug) - predict(row_model, lines, average, drug)
    np.testing.assert_allclose(found.attributions.sum(axis=1), change, atol=1e-4)
    (summed,) = over_runs({"one": [found]})
    assert summed.stability is None
    assert summed.table["sd_over_runs"].isna().all()
    assert whole.draw is not None
    assert whole.draw(summed.table["attribution"].to_numpy())["png"].startswith(b"\x89PNG")


def test_an_unknown_drug_is_one_line(few: PairData, preprocessor: Preprocessor) -> None:
    with pytest.raises(ConfigError, match="did you mean 'Aspirin'"):
        molecules_to_explain(preprocessor, few, ["asprin"], 3)
    assert len(molecules_to_explain(preprocessor, few, None, 3)) == 4
