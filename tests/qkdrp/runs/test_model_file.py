import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from qkdrp.common.digests import digest_of_file
from qkdrp.common.errors import RunError
from qkdrp.runs.folder import load_run
from qkdrp.runs.model_file import StoredModel
from qkdrp.systems.response.data import Cohort
from qkdrp.systems.response.preprocess import Preprocessor
from qkdrp.training.stored_state import State


def stored() -> StoredModel:
    weights = {"a.weight": torch.randn(3, 2).T, "b.count": torch.tensor(7)}
    arrays = {"genes.mean": np.array([0.1, 0.2]), "label.scale": np.array([3.0])}
    return StoredModel(weights, State(arrays, {"genes": ["G1", "G2"]}))


def test_everything_comes_back(tmp_path: Path) -> None:
    before = stored()
    before.save(tmp_path / "m.safetensors")
    after = StoredModel.load(tmp_path / "m.safetensors")
    assert after.weights.keys() == before.weights.keys()
    for name, weights in before.weights.items():
        assert torch.equal(after.weights[name], weights)
    assert after.preprocessor.details == before.preprocessor.details
    assert after.preprocessor.arrays.keys() == before.preprocessor.arrays.keys()
    for name, array in before.preprocessor.arrays.items():
        np.testing.assert_array_equal(after.preprocessor.arrays[name], array)
    assert [path.name for path in tmp_path.iterdir()] == ["m.safetensors"]


def test_a_preprocessor_comes_back(cohort: Cohort, tmp_path: Path) -> None:
    before = Preprocessor.fit(cohort, True, 0.1)
    StoredModel({}, before.state()).save(tmp_path / "m.safetensors")
    stored_state = StoredModel.load(tmp_path / "m.safetensors").preprocessor
    after = Preprocessor.from_state(stored_state)
    for method in ("genes", "label"):
        expected = getattr(before, method)(cohort)
        np.testing.assert_array_equal(getattr(after, method)(cohort), expected)


def test_a_file_of_someone_else_is_refused(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(b"none of ours")
    with pytest.raises(RunError, match="cannot be read as a trained model"):
        StoredModel.load(path)
    for metadata in ({}, {"genes": "[]"}, {"genes": "["}):
        save_file({"x": torch.zeros(2)}, run / "model.safetensors", metadata)
        metrics = json.loads((run / "metrics.json").read_text())
        metrics["model_sha256"] = digest_of_file(run / "model.safetensors")
        (run / "metrics.json").write_text(json.dumps(metrics))
        with pytest.raises(RunError, match="cannot be read as a trained model"):
            load_run(run)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="copy the run once more"):
        StoredModel.load(tmp_path / "m.safetensors")
