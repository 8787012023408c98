"""What a system shows of a trained model: doubts, model card, figures, tables, report, explanation.

Every part has an answer for systems that bring none.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic

import pandas as pd

from qkdrp.common.errors import ConfigError
from qkdrp.training.card import CardText
from qkdrp.training.dataset import DatasetT
from qkdrp.training.features import Features, numbered_features
from qkdrp.training.rows import Rows
from qkdrp.training.run_config import ConfigT
from qkdrp.training.run_report import RunContent, RunReport
from qkdrp.training.stored_state import PreprocessorT
from qkdrp.training.trained import Trained
from qkdrp.training.wholes import Whole


class Presentation(Generic[ConfigT, DatasetT, PreprocessorT]):
    """What a system shows of a trained model; a base class of systems."""

    name: ClassVar[str]
    """Its name: in the registry, and as the tag ``system`` of ``config.json``."""

    explained_rows: ClassVar[int | None] = None
    """Held-out rows that are explained at most where nobody asks for more; None for all."""

    def doubts(self, trained: Trained[ConfigT, PreprocessorT], train: DatasetT) -> Sequence[str]:  # noqa: ARG002
        """Return what makes a trained model doubtful, a line each, with the option that helps.

        What is known before training is told by :attr:`Facts.doubts`.

        Args:
            trained: The trained model.
            train: The rows that it was trained on.
        """
        return ()

    def features(self, preprocessor: PreprocessorT, rows: Rows) -> Features:  # noqa: ARG002
        """Return what the inputs of a model are called, for ``explain``; columns by number.

        Args:
            preprocessor: Of the model.
            rows: The rows that are explained.
        """
        return numbered_features(rows)

    def wholes(
        self,
        preprocessor: PreprocessorT,  # noqa: ARG002
        dataset: DatasetT,  # noqa: ARG002
        names: Sequence[str] | None,
        n_rows: int,  # noqa: ARG002
    ) -> Sequence[Whole]:
        """Return things of several parts that are explained part by part, such as molecules.

        Args:
            preprocessor: Of the model.
            dataset: Rows that the model was not trained on.
            names: Which things; None for a few that the system chooses.
            n_rows: Rows for each of them at most.

        Raises:
            ConfigError: If there is none of a name.
        """
        if names is not None:
            raise ConfigError(
                f"system {self.name!r} has nothing that is explained part by part, expected no "
                f"{', '.join(names)}."
            )
        return ()

    def card(self, config: ConfigT, metrics: Mapping[str, Any]) -> CardText:  # noqa: ARG002
        """Return what the model card of a run says beside its numbers.

        Args:
            config: The settings.
            metrics: The ``metrics.json`` of the run.
        """
        return CardText(summary=f"A model of the system `{self.name}` of qkdrp.")

    def draw(  # a system without figures draws none
        self,
        folder: Path,
        trained: Trained[ConfigT, PreprocessorT],
        dataset: DatasetT,
        history: pd.DataFrame,
        predictions: pd.DataFrame,
    ) -> None:
        """Draw the figures of a run.

        Args:
            folder: Where they go; made if missing.
            trained: The trained model.
            dataset: All rows.
            history: One row per epoch.
            predictions: One row per row key.
        """

    def tables(
        self,
        trained: Trained[ConfigT, PreprocessorT],  # noqa: ARG002
        dataset: DatasetT,  # noqa: ARG002
        predictions: pd.DataFrame,  # noqa: ARG002
    ) -> Mapping[str, pd.DataFrame]:
        """Return further tables of a run by the name of their file, without ending.

        Args:
            trained: The trained model.
            dataset: All rows.
            predictions: One row per row key.
        """
        return {}

    def report(self, run: RunContent[ConfigT, DatasetT, PreprocessorT]) -> RunReport:  # noqa: ARG002
        """Return what the report page of a run says beside scores and settings.

        Args:
            run: The run with all that its folder holds.
        """
        return RunReport()
