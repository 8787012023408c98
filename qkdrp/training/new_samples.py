"""The protocol of predictions for samples that no run has seen: what a system brings for them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.errors import ConfigError
from qkdrp.training.dataset import DatasetT
from qkdrp.training.new_sample_settings import NewSampleSettings, OutcomeSettings
from qkdrp.training.picture import Picture
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


@dataclass(frozen=True, eq=False)
class Extract:
    """Rows of a table of predictions that are worth more than its first ones.

    Args:
        title: What they are.
        frame: The rows.
    """

    title: str
    frame: pd.DataFrame


SAMPLES = "samples"
"""Name of the one table of a system whose samples are rows of one table."""

SettingsT = TypeVar("SettingsT", bound=NewSampleSettings)
"""The system's own settings, see :mod:`qkdrp.systems.sample_settings`."""


class NewSamples(ABC, Generic[DatasetT, SettingsT]):
    """How a system predicts for samples that no run has seen; one stateless object.

    A sample may be one row of one table, or put together from rows of several tables and from what
    a run keeps of its data.
    """

    rows: ClassVar[str] = "samples"
    """What the rows of a table of predictions are."""

    bounds_hold: ClassVar[str] = "the samples are like those of the validation"
    """On what condition intervals hold their share of measured values."""

    texts: ClassVar[tuple[str, ...]] = ("sample",)
    """Columns of a table of predictions that hold text, even where it looks like numbers."""

    @abstractmethod
    def load(
        self,
        source: str | None,
        data: Any,  # noqa: ANN401  # the system's own
        settings: SettingsT,
        reference: State | None,
    ) -> DatasetT:
        """Load samples without responses.

        Args:
            source: A folder or a file; None where the settings name all that is needed.
            data: The section ``data`` that a run was trained with.
            settings: How they are read.
            reference: What :meth:`reference` gave for the first run; None where it is not known.

        Raises:
            DataError: If they cannot be read.
        """

    @abstractmethod
    def from_frames(
        self,
        frames: Mapping[str, pd.DataFrame],
        data: Any,  # noqa: ANN401  # the system's own
        settings: SettingsT,
        reference: State | None,
    ) -> DatasetT:
        """Take samples from tables in memory.

        Args:
            frames: By name; a system with one table calls it :data:`SAMPLES`.
            data: As for :meth:`load`.
            settings: As for :meth:`load`.
            reference: As for :meth:`load`.

        Raises:
            DataError: If anything in them is invalid.
        """

    @abstractmethod
    def match(
        self,
        trained: Trained[Any, Any],
        dataset: DatasetT,
        settings: SettingsT,
        reference: State | None,
    ) -> Matched[DatasetT]:
        """Bring samples into the form that a model reads.

        Args:
            trained: The model with all that it was trained with.
            dataset: What :meth:`load` or :meth:`from_frames` gave.
            settings: How they are matched.
            reference: What :meth:`reference` gave when the model was trained; None where it is
                not known.

        Raises:
            QkdrpError: If they lack too much, or are none of the model's kind.
        """

    def reference(self, trained: Trained[Any, Any], dataset: Any) -> State | None:  # noqa: ANN401, ARG002
        """Return what a run keeps of its data, to tell later how far samples are from them.

        Args:
            trained: The trained model.
            dataset: All rows, a data set of the system.
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
        self, ids: NDArray[np.str_], members: Mapping[str, Sequence[Member]], settings: SettingsT
    ) -> pd.DataFrame:
        """Return predictions in the user's units with intervals.

        Args:
            ids: Of the samples.
            members: Runs by their target; of several targets, samples are told which comes first.
            settings: Say what share of measured values intervals are to hold.
        """

    unprinted: ClassVar[tuple[str, ...]] = ()
    """Columns of a table of predictions that its file has and commands do not print."""

    digits: ClassVar[Mapping[str, int]] = {}
    """Decimals of columns of a table of predictions as commands print it; two for others."""

    def summary(self, table: pd.DataFrame, settings: SettingsT) -> Sequence[str]:  # noqa: ARG002
        """Return what a command prints of a table of predictions."""
        return ()

    def extracts(self, table: pd.DataFrame) -> Sequence[Extract]:  # noqa: ARG002
        """Return what is shown of a table; its first rows are where there is nothing."""
        return ()

    def pictures(self, table: pd.DataFrame, record: Mapping[str, Any]) -> Sequence[Picture]:  # noqa: ARG002
        """Return the figures of a table of predictions.

        Args:
            table: The table.
            record: What is kept beside it, as JSON.
        """
        return ()

    def outcomes(
        self,
        source: str,  # noqa: ARG002
        target: str,  # noqa: ARG002
        settings: OutcomeSettings,  # noqa: ARG002
        decimal: str | None,  # noqa: ARG002
    ) -> pd.DataFrame:
        """Return how samples of an external cohort responded, one row each, by their id.

        Args:
            source: A folder.
            target: What the runs predict.
            settings: Which column says it.
            decimal: What separates fractions in text tables.

        Raises:
            QkdrpError: If it cannot be read, or the system scores no cohorts.
        """
        raise ConfigError(
            f"runs that predict {self.rows} are not scored on cohorts of other origin; qkdrp "
            "predict gives predictions for them."
        )

    def score(self, values: NDArray[np.float64], outcomes: pd.DataFrame) -> dict[str, Any]:
        """Return scores of predictions on an external cohort; None where one is not defined.

        Args:
            values: Predictions, one for each row of the outcomes.
            outcomes: Rows of :meth:`outcomes`.
        """
        raise NotImplementedError  # asked only of systems that have outcomes

    score_names: ClassVar[Mapping[str, str]] = {}
    """What tables call the scores, by their keys; an interval is ``<key>_ci``."""


AnyNewSamples: TypeAlias = NewSamples[Any, Any]
"""New samples of some system, for code that works with all."""
