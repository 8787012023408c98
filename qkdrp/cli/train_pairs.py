"""``qkdrp train-pairs``."""

from qkdrp.cli.train_command import train_command
from qkdrp.systems.pairs.config import PairsConfig
from qkdrp.systems.pairs.extra import need_graph_extra
from qkdrp.training.source import check_source


def _check(config: PairsConfig) -> None:
    check_source(config.data.source)


train_pairs = train_command(
    PairsConfig,
    "Train a model on pairs of cell line and drug, and write a run folder.",
    needs=need_graph_extra,
    check_new=_check,
)
"""The command."""
