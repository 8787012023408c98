"""How the system ``pairs`` predicts for drugs and cell lines that no run has seen."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.errors import ConfigError
from qkdrp.systems.pairs.config import DataConfig, PairsConfig
from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.systems.pairs.extra import need_graph_extra
from qkdrp.systems.pairs.new_pairs import NewPairs
from qkdrp.systems.pairs.new_samples.known import Known
from qkdrp.systems.pairs.new_samples.load import new_pairs
from qkdrp.systems.pairs.new_samples.placed import (
    lines_of_text,
    place,
    record_of,
    warnings_of,
)
from qkdrp.systems.pairs.new_samples.ranking import DRUG_RANK, LINE_RANK, best, ranked
from qkdrp.systems.pairs.new_samples.settings import PairSampleSettings
from qkdrp.systems.pairs.new_samples.sources import Table, read_tables, take_tables
from qkdrp.systems.pairs.new_samples.table import HIGH, LOW, TEXTS, measure_of, prediction_table
from qkdrp.systems.pairs.preprocess import Preprocessor
from qkdrp.training.new_samples import Extract, Matched, Member, NewSamples
from qkdrp.training.picture import Picture
from qkdrp.training.stored_state import State
from qkdrp.training.trained import Trained


class PairNewSamples(NewSamples[NewPairs, PairSampleSettings]):
    """New molecules and new cell lines, alone or as pairs, or a whole matrix."""

    rows: ClassVar[str] = "pairs"
    bounds_hold: ClassVar[str] = (
        "new drugs and cell lines are like those that the split of the run left out"
    )
    texts: ClassVar[tuple[str, ...]] = TEXTS
    unprinted: ClassVar[tuple[str, ...]] = ("t", "nearest_drug", "nearest_line", "line_distance")
    digits: ClassVar[Mapping[str, int]] = MappingProxyType({"ic50_um": 3, "t": 3})

    def load(
        self,
        source: str | None,
        data: DataConfig,
        settings: PairSampleSettings,
        reference: State | None,
    ) -> NewPairs:
        """Read tables of drugs, features and pairs; what is left out is the run's own."""
        need_graph_extra()
        return self._pairs(read_tables(source, settings), data, settings, reference)

    def from_frames(
        self,
        frames: Mapping[str, pd.DataFrame],
        data: DataConfig,
        settings: PairSampleSettings,
        reference: State | None,
    ) -> NewPairs:
        """Take tables ``drugs``, ``features`` and ``pairs`` in memory, and files beside them."""
        tables = read_tables(None, settings) | take_tables(frames)
        return self._pairs(tables, data, settings, reference)

    def _pairs(
        self,
        tables: Mapping[str, Table],
        data: DataConfig,
        settings: PairSampleSettings,
        reference: State | None,
    ) -> NewPairs:
        known = None if reference is None else Known.from_state(reference)
        return new_pairs(tables, data, known, settings.decimal)

    def match(
        self,
        trained: Trained[PairsConfig, Preprocessor],
        dataset: NewPairs,
        settings: PairSampleSettings,  # noqa: ARG002  # nothing is adapted
        reference: State | None,
    ) -> Matched[NewPairs]:
        """Find what is new, and what is nearest in the training."""
        fitted = trained.preprocessor
        fitted.features(dataset.lines)  # refuses other features
        known = None if reference is None else Known.from_state(reference)
        placed = place(dataset, known, fitted)
        split = trained.config.data.split
        return Matched(placed, lines_of_text(placed), warnings_of(placed, split), record_of(placed))

    def reference(self, trained: Trained[Any, Any], dataset: PairData) -> State:
        """Return the run's pairs, and how far off it is on those that it was not trained on."""
        return Known.of(trained, dataset).state()

    def target(self, metrics: Mapping[str, Any]) -> str:  # noqa: ARG002  # all predict the same
        """Return what every run predicts."""
        return "response of pairs"

    def check_together(self, configs: Sequence[PairsConfig]) -> None:
        """Refuse runs of different measures, or that read salts differently."""
        for what, values in (
            ("measures", {config.data.measure for config in configs}),
            ("forms of salts", {str(config.data.largest_fragment) for config in configs}),
        ):
            if len(values) > 1:
                raise ConfigError(
                    f"The runs learned different {what}, {' and '.join(sorted(values))}: give runs "
                    "that learned the same."
                )

    def table(
        self,
        ids: NDArray[np.str_],  # noqa: ARG002  # lines and drugs have columns of their own
        members: Mapping[str, Sequence[Member]],
        settings: PairSampleSettings,
    ) -> pd.DataFrame:
        """Return the measure with bounds, and what is nearest in the training."""
        (runs,) = members.values()
        table = prediction_table(runs, settings.coverage)
        return ranked(table) if settings.rank else table

    def summary(self, table: pd.DataFrame, settings: PairSampleSettings) -> list[str]:
        """Return where bounds are infinite, and how many pairs were measured."""
        measure = measure_of(table)
        bounds = table[[f"{measure}{LOW}", f"{measure}{HIGH}"]]
        found = []
        if np.isinf(bounds.to_numpy(float)).any():
            found.append(
                f"inf: unbounded at {settings.coverage:.0%}, for which the run left out too few "
                "drugs or lines"
            )
        if table[measure].isna().any():
            found.append(f"{table[measure].isna().sum()} predictions are no finite numbers: blank")
        return found

    def extracts(self, table: pd.DataFrame) -> list[Extract]:
        """Return the best drugs of each line and the best lines of each drug, where ranked."""
        if DRUG_RANK not in table.columns:
            return []
        return [
            Extract("Best drugs for each cell line", best(table, DRUG_RANK)),
            Extract("Best cell lines for each drug", best(table, LINE_RANK)),
        ]

    def pictures(self, table: pd.DataFrame, record: Mapping[str, Any]) -> list[Picture]:
        """Return a matrix or a list of predictions, and how near drugs are to the training."""
        from qkdrp.systems.pairs.new_samples.pictures import pictures_of  # matplotlib is slow

        return pictures_of(table, record)
