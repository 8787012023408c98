import os
from pathlib import Path

import numpy as np
import pytest

from qkdrp.systems.pairs.config import DataConfig
from qkdrp.systems.pairs.data.convert import Columns, Sources, convert
from qkdrp.systems.pairs.data.load import load_pairs
from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.systems.pairs.target import Target

FOLDER = Path(os.environ.get("QKDRP_REAL_DATA", ""))
SOURCES = Sources(
    FOLDER / "ic50_tcnns_948x223.csv.gz",
    FOLDER / "features735.csv.gz",
    FOLDER / "drugs.csv",
    FOLDER / "cell_lines.csv",
)

pytestmark = pytest.mark.skipif(
    "QKDRP_REAL_DATA" not in os.environ,
    reason="QKDRP_REAL_DATA names no folder that holds the 948 x 223 table of responses",
)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> PairData:
    pytest.importorskip("rdkit", reason="the system pairs needs the extra graph")
    folder = tmp_path_factory.mktemp("real") / "pairs"
    counts = convert(SOURCES, Columns(), folder)
    assert (counts.n_lines, counts.n_drugs, counts.n_pairs) == (948, 223, 172_114)
    return load_pairs(DataConfig(source=str(folder)))


def test_pairs_are_those_of_the_paper(real: PairData) -> None:
    assert (len(real.lines), len(real.drugs), len(real)) == (948, 223, 172_114)
    mutations = [name for name in real.lines.features.tolist() if name.endswith("_mut")]
    assert (len(mutations), len(real.lines.features)) == (310, 735)


def test_molecules(real: PairData) -> None:
    molecules = real.drugs.molecules
    assert (len(molecules.atoms), molecules.bonds.shape[1]) == (7132, 2 * 7802)
    assert np.bincount(molecules.atoms.sum(axis=1)).tolist() == [0, 0, 0, 0, 3582, 3550]
    assert int(molecules.atoms.any(axis=0).sum()) == 24
    assert (molecules.n_atoms.min(), molecules.n_atoms.max()) == (9, 96)
    assert sum("." in smiles for smiles in real.drugs.smiles.tolist()) == 7


def test_the_target(real: PairData) -> None:
    t = Target().of(real.value)
    assert t.mean() == pytest.approx(0.45147, abs=1e-5)
    assert t.var() == pytest.approx(0.0046092, abs=1e-7)
    means = np.bincount(real.drug, t) / np.bincount(real.drug)
    explained = 1 - np.mean((t - means[real.drug]) ** 2) / t.var()
    assert explained == pytest.approx(0.7324, abs=1e-4)
