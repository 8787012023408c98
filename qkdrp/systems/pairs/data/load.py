"""Choosing the loader by what a data source is."""

from pathlib import Path

from qkdrp.systems.pairs.config import DataConfig
from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.systems.pairs.data.synthetic import synthetic_pairs
from qkdrp.systems.pairs.data.tables import load_tables
from qkdrp.systems.pairs.extra import need_graph_extra
from qkdrp.training.run_config import SYNTHETIC
from qkdrp.training.source import check_source


def load_pairs(data: DataConfig) -> PairData:
    """Load the pairs that settings name.

    Raises:
        ConfigError: If the extra ``graph`` is not installed.
        DataError: If they cannot be read.
    """
    need_graph_extra()
    if data.source == SYNTHETIC:
        return synthetic_pairs(data.measure)
    check_source(data.source)
    return load_tables(Path(data.source), data)
