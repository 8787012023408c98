from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from qkdrp.common.errors import RunError
from qkdrp.runs.model_file import StoredModel
from qkdrp.systems.response.data import Cohort
from qkdrp.systems.response.preprocess import Preprocessor


def stored(cohort: Cohort) -> StoredModel:
    weights = {"a.weight": torch.randn(3, 2).T, "b.count": torch.tensor(7)}
    return StoredModel(weights, Preprocessor.fit(cohort, True, 0.1))


def test_everything_comes_back(cohort: Cohort, tmp_path: Path) -> None:
    before = stored(cohort)
    before.save(tmp_path / "m.safetensors")
    after = StoredModel.load(tmp_path / "m.safetensors")
    assert after.weights.keys() == before.weights.keys()
    for name, weights in before.weights.items():
        assert torch.equal(after.weights[name], weights)
    for method in ("genes", "label"):
        expected = getattr(before.preprocessor, method)(cohort)
        np.testing.assert_array_equal(getattr(after.preprocessor, method)(cohort), expected)
    assert [path.name for path in tmp_path.iterdir()] == ["m.safetensors"]


def test_a_file_of_someone_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    save_file({"x": torch.zeros(2)}, path)
    with pytest.raises(RunError, match="cannot be read as a trained model"):
        StoredModel.load(path)
    save_file({"x": torch.zeros(2)}, path, {"genes": "[]"})
    with pytest.raises(RunError, match="cannot be read as a trained model"):
        StoredModel.load(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="copy the run once more"):
        StoredModel.load(tmp_path / "m.safetensors")
