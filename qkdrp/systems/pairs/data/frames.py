"""Pairs of a source as data frames, for users who work in memory."""

from typing import Any, NamedTuple

import pandas as pd

from qkdrp.systems.pairs.config import DataConfig
from qkdrp.systems.pairs.data.load import load_pairs
from qkdrp.training.run_config import SYNTHETIC


class PairFrames(NamedTuple):
    """The three tables of a source.

    Args:
        pairs: ``sample``, ``drug`` and the measure; a row for each measured pair.
        features: A row for each cell line, a column for each feature.
        drugs: ``smiles`` and ``name``; a row for each drug.
    """

    pairs: pd.DataFrame
    features: pd.DataFrame
    drugs: pd.DataFrame


def load_pair_tables(source: str = SYNTHETIC, **options: Any) -> PairFrames:  # noqa: ANN401
    """Load pairs, cell lines and drugs of a source, checked as ``qkdrp train-pairs`` does.

    Args:
        source: ``"synthetic"`` or a folder.
        **options: Fields of :class:`~qkdrp.systems.pairs.config.DataConfig`, such as ``measure``.

    Raises:
        ConfigError: If an option is outside its range, or the extra ``graph`` is not installed.
        DataError: If anything in the source is missing or invalid.
    """
    found = load_pairs(DataConfig.make(source=source, **options))
    lines, drugs = found.lines, found.drugs
    return PairFrames(
        pd.DataFrame({"sample": found.samples, "drug": found.drug_ids, found.measure: found.value}),
        pd.DataFrame(lines.matrix, pd.Index(lines.ids, name="sample"), lines.features),
        pd.DataFrame(
            {"smiles": drugs.smiles, "name": drugs.names}, pd.Index(drugs.ids, name="drug")
        ),
    )
