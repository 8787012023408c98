from collections.abc import Iterator

import numpy as np
import pytest

from qkdrp.backends import Backend, get_backend
from qkdrp.systems.pairs.config import DataConfig
from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.systems.pairs.data.synthetic import synthetic_pairs
from qkdrp.systems.pairs.preprocess import Preprocessor


@pytest.fixture(scope="session")
def pairs() -> PairData:
    return synthetic_pairs()


@pytest.fixture(scope="session")
def few(pairs: PairData) -> PairData:
    """400 pairs of 60 lines and all drugs."""
    among = np.flatnonzero(pairs.line < 60)
    return pairs.at(np.sort(np.random.default_rng(0).choice(among, 400, replace=False))).compact()


@pytest.fixture(scope="session")
def preprocessor(few: PairData) -> Preprocessor:
    return Preprocessor.fit(few, DataConfig())


@pytest.fixture
def backend() -> Iterator[Backend]:
    with get_backend("statevector") as opened:
        yield opened
