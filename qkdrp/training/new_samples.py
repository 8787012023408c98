"""The protocol of predictions for samples that no run has seen: what a system brings for them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.training.dataset import DatasetT
from qkdrp.training.new_sample_settings import NewSampleSettings, OutcomeSettings
from qkdrp.training.picture import Picture
from qkdrp.training.run_config import DataSettings
from qkdrp.training.stored_state import State
from qkdrp.training.trained import Trained


@dataclass(frozen=True, eq=False)
class Matched(Generic[DatasetT]):
    """New samples as a model reads them, and what was found on the way.

    Args:
        dataset: The samples, aligned and complete.
        lines: What a command prints.
        warnings: What the user should know before believing a prediction.
        record: All of it, as JSON.
    """

    dataset: DatasetT
    lines: Sequence[str] = ()
    warnings: Sequence[str] = ()
    record: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Member:
    """What one run says of new samples.

    Args:
        trained: The model with all that it was trained with.
        known: Measured and predicted values of the rows of its split, as
            :meth:`~qkdrp.training.system.System.predictions` gives them.
        values: What the model predicts for the new samples.
        dataset: The samples as the model reads them.
    """

    trained: Trained[Any, Any]
    known: pd.DataFrame
    values: NDArray[np.float64]
    dataset: Any


class NewSamples(ABC, Generic[DatasetT]):
    """How a system predicts for samples that no run has seen; one stateless object."""

    needs_reference: ClassVar[bool] = True
    """Whether anything is lost where a run kept no :meth:`reference`."""

    @abstractmethod
    def load(self, source: str, data: DataSettings, settings: NewSampleSettings) -> DatasetT:
        """Load samples without responses.

        Args:
            source: A folder or a file.
            data: The section ``data`` that a run was trained with.
            settings: How they are read.

        Raises:
            DataError: If they cannot be read.
        """

    @abstractmethod
    def from_frame(self, frame: pd.DataFrame) -> DatasetT:
        """Take samples from a table in memory, one row each.

        Raises:
            DataError: If anything in it cannot be meant.
        """

    @abstractmethod
    def match(
        self,
        trained: Trained[Any, Any],
        dataset: DatasetT,
        settings: NewSampleSettings,
        reference: State | None,
    ) -> Matched[DatasetT]:
        """Bring samples into the form that a model reads.

        Args:
            trained: The model with all that it was trained with.
            dataset: What :meth:`load` or :meth:`from_frame` gave.
            settings: How they are matched.
            reference: What :meth:`reference` gave when the model was trained; None where it is
                not known.

        Raises:
            QkdrpError: If they lack too much, or are none of the model's kind.
        """

    def reference(self, trained: Trained[Any, Any], train: Any) -> State | None:  # noqa: ANN401, ARG002
        """Return what a run keeps of its training rows, to tell later how far samples are.

        Args:
            trained: The trained model.
            train: The training rows, a data set of the system.
        """
        return None

    @abstractmethod
    def target(self, metrics: Mapping[str, Any]) -> str:
        """Return what a run predicts, such as its drug: runs of one target make an ensemble."""

    def check_together(self, configs: Sequence[Any]) -> None:
        """Refuse runs whose predictions cannot stand in one table.

        Args:
            configs: Settings of all runs, one at least.

        Raises:
            ConfigError: Says how they differ.
        """

    def comparable(
        self,
        trained: Trained[Any, Any],  # noqa: ARG002
        dataset: DatasetT,  # noqa: ARG002
        values: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return predictions as they can be compared between samples, to be scored.

        Args:
            trained: The model with all that it was trained with.
            dataset: The samples as it reads them.
            values: What it, or a baseline, predicts for them.
        """
        return values

    @abstractmethod
    def table(
        self, ids: NDArray[np.str_], members: Mapping[str, Sequence[Member]], coverage: float
    ) -> pd.DataFrame:
        """Return predictions in the user's units with intervals.

        Args:
            ids: Of the samples.
            members: Runs by their target; of several targets, samples are told which comes first.
            coverage: Share of measured values that intervals are to hold.
        """

    digits: ClassVar[Mapping[str, int]] = {}
    """Decimals of columns of a table of predictions as commands print it; two for others."""

    def summary(self, table: pd.DataFrame, coverage: float) -> Sequence[str]:  # noqa: ARG002
        """Return what a command prints of a table of predictions."""
        return ()

    def pictures(self, table: pd.DataFrame, record: Mapping[str, Any]) -> Sequence[Picture]:  # noqa: ARG002
        """Return the figures of a table of predictions.

        Args:
            table: The table.
            record: What is kept beside it, as JSON.
        """
        return ()

    @abstractmethod
    def outcomes(
        self, source: str, target: str, settings: OutcomeSettings, decimal: str | None
    ) -> pd.DataFrame:
        """Return how samples of an external cohort responded, one row each, by their id.

        Args:
            source: A folder.
            target: What the runs predict.
            settings: Which column says it.
            decimal: What separates fractions in text tables.

        Raises:
            QkdrpError: If it cannot be read.
        """

    @abstractmethod
    def score(self, values: NDArray[np.float64], outcomes: pd.DataFrame) -> dict[str, Any]:
        """Return scores of predictions on an external cohort; None where one is not defined.

        Args:
            values: Predictions, one for each row of the outcomes.
            outcomes: Rows of :meth:`outcomes`.
        """

    score_names: ClassVar[Mapping[str, str]] = {}
    """What tables call the scores, by their keys; an interval is ``<key>_ci``."""


AnyNewSamples: TypeAlias = NewSamples[Any]
"""New samples of some system, for code that works with all."""
