from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from qkdrp.runs.folder import Run
from qkdrp.runs.train import train
from qkdrp.systems.pairs.config import PairsConfig
from qkdrp.systems.pairs.data.pair_data import PairData

CIRCUIT = {"n_qubits": 3, "n_encoding": 2, "n_variational": 1, "bridge": "linear"}


@pytest.fixture(scope="session")
def train_pairs(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Run]:
    """Train a small run on made-up pairs."""

    def make(split: str, seed: int = 3) -> Run:
        config = PairsConfig.make(
            data={"train_size": 300, "test_size": 40, "split": split},
            model={**CIRCUIT, "normalisation": "moderated", "a": 1.0},
            fit={"epochs": 1, "batch_size": 64},
            seed=seed,
            threads=1,
        )
        return train(config, tmp_path_factory.mktemp("runs") / split)[0]

    return make


@pytest.fixture(scope="session")
def both_left_out(train_pairs: Callable[..., Run]) -> Run:
    """A run whose test has new lines and new drugs."""
    return train_pairs("lcdo")


@pytest.fixture(scope="session")
def pairs_left_out(train_pairs: Callable[..., Run]) -> Run:
    """A run whose test has new pairs only."""
    return train_pairs("lpo")


@pytest.fixture
def drugs(tmp_path: Path) -> Path:
    """Two molecules that no run has seen, the first of them far from all."""
    table = pd.DataFrame(
        {"smiles": ["[Na+].[Cl-]", "CC(C)Cc1ccc(cc1)C(C)C(=O)OC"], "name": ["salt", "ester"]},
        index=pd.Index(["N1", "N2"], name="drug"),
    )
    table.to_csv(tmp_path / "new.csv")
    return tmp_path / "new.csv"


@pytest.fixture
def features(tmp_path: Path, pairs: PairData) -> Path:
    """Three new cell lines, and a column that no model reads."""
    frame = pd.DataFrame(
        1 - pairs.lines.matrix[:3], columns=pairs.lines.features, index=["X1", "X2", "X3"]
    )
    frame.assign(extra="text").rename_axis("sample").to_csv(tmp_path / "mine.csv")
    return tmp_path / "mine.csv"
