"""The protocol: what a system brings, so that it is trained, evaluated and studied.

A system is one kind of problem: its data, its model and its scores. It has one stateless object, a
subclass of :class:`System`, which :mod:`qkdrp.systems.registry` finds by name. Everything outside
``systems/`` asks this object and knows no gene, no molecule and no dose.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Generic, Protocol, TypeAlias, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import nn

from qkdrp.backends import Backend
from qkdrp.circuits import PQC
from qkdrp.common.errors import ConfigError
from qkdrp.training.dataset import DatasetT
from qkdrp.training.description import Description, Download, OnProgress, TextTable
from qkdrp.training.epoch import Fit
from qkdrp.training.new_samples import AnyNewSamples
from qkdrp.training.presentation import Presentation
from qkdrp.training.rows import Rows
from qkdrp.training.run_config import ConfigT, DataSettings, RunConfig
from qkdrp.training.score_row import ScoreRow
from qkdrp.training.split import Split
from qkdrp.training.stored_state import PreprocessorT, State
from qkdrp.training.task import FitTask

Values: TypeAlias = NDArray[np.float64]
"""What a model predicts for rows, shape (n_rows,) or (n_rows, n_outputs)."""


class Baseline(Protocol):
    """A simple predictor, fitted on training rows."""

    def predict(self, dataset: Any, /) -> Values:  # noqa: ANN401  # the system's own data set
        """Predict rows of a data set, as the model does."""


FitBaseline: TypeAlias = Callable[[Any, Any, type[np.floating[Any]]], Baseline]
"""Fits a baseline: takes preprocessor, training rows and the precision of the inputs."""


@dataclass(frozen=True)
class LayerCircuit:
    """The circuit of one quantum layer of a model.

    Args:
        pqc: The circuit.
        calls_per_row: How often the layer calls it to predict one row.
        stage: Which turn it has on hardware, from 0: circuits of a stage need values of earlier
            stages, and none of each other. On hardware the model is run, and each layer asks for
            its values as soon as its angles are known; those that are missing are NaN meanwhile.
    """

    pqc: PQC
    calls_per_row: int = 1
    stage: int = 0


@dataclass(frozen=True)
class Facts:
    """What is said of a training: in folder names, titles, first lines and ``metrics.json``.

    Args:
        names: What ``metrics.json`` says after the status, such as the drug and the model; their
            values begin the names of default folders, such as ``drug-model``.
        counts: What ``metrics.json`` says after the number of samples.
        introduction: Lines that a command prints before training.
        doubts: What the user should look at in the data.
    """

    names: Mapping[str, str]
    counts: Mapping[str, int] = field(default_factory=dict)
    introduction: Sequence[str] = ()
    doubts: Sequence[str] = ()


class System(
    Presentation[ConfigT, DatasetT, PreprocessorT], ABC, Generic[ConfigT, DatasetT, PreprocessorT]
):
    """One kind of problem: data, model and scores; one stateless object each.

    Everything abstract must be brought; the rest has an answer for systems without it.
    """

    # --- what it is called and configured by

    name: ClassVar[str]
    """Its name: in the registry, and as the tag ``system`` of ``config.json``."""

    config_type: ClassVar[type[RunConfig]]
    """Settings of a whole training, see :class:`~qkdrp.training.run_config.RunConfig`."""

    row_key: ClassVar[tuple[str, ...]] = ("sample",)
    """Columns of predictions that name a row; the first is the id of the data set's row."""

    score_rows: ClassVar[tuple[ScoreRow, ...]]
    """Rows of score tables, in their order."""

    score_caption: ClassVar[str] = "in brackets: 95% intervals"
    """Line below score tables."""

    history_columns: ClassVar[tuple[str, ...]] = ()
    """Columns of ``history.csv`` between losses and seconds: metrics and traces, there even where
    an epoch has no value for them."""

    baselines: ClassVar[Mapping[str, FitBaseline]] = MappingProxyType({})
    """Simple predictors by name: what fits each on the training rows of every run."""

    reference_baseline: ClassVar[str | None] = None
    """The strongest of them, which studies compare models with."""

    fixed: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    """Choices that are no settings, such as sizes of hidden layers: ``config.json`` holds them for
    the reader, and nothing reads them back."""

    packages: ClassVar[tuple[str, ...]] = ()
    """Packages, beside those of every run, whose versions can change a number."""

    preload: ClassVar[tuple[str, ...]] = ()
    """Modules that worker processes import before their first task."""

    new_samples: ClassVar[AnyNewSamples | None] = None
    """How it predicts for samples that no run has seen; None where it does not."""

    # --- data

    @abstractmethod
    def load(self, data: Any) -> DatasetT:  # noqa: ANN401  # its own section
        """Load the rows that a data section names.

        Args:
            data: The section ``data`` of the system's settings.

        Raises:
            DataError: If they cannot be read or contradict themselves.
        """

    @classmethod
    def data_type(cls) -> type[DataSettings]:
        """Return the type of the section ``data`` of the settings."""
        found: Any = cls.config_type.model_fields["data"].annotation
        return cast("type[DataSettings]", found)

    def describe(self, source: str) -> list[str]:  # noqa: ARG002
        """Return what can be learned from a source, one training each, such as its drugs."""
        return []

    def focus(self, config: ConfigT, target: str) -> ConfigT:  # noqa: ARG002
        """Return the settings of a training on one of what :meth:`describe` returns.

        Args:
            config: Settings of all of them.
            target: Which one.

        Raises:
            ConfigError: If the system learns from a source as a whole.
        """
        raise ConfigError(
            f"system {self.name!r} learns from a source as a whole, expected no {target!r} of it."
        )

    def overview(self, data: Any, on_progress: OnProgress) -> Description:  # noqa: ANN401, ARG002
        """Return what a source holds as tables, such as its drugs with their counts.

        Args:
            data: The section ``data`` of the system's settings.
            on_progress: Called while it is read.

        Raises:
            DataError: If the source cannot be read.
        """
        dataset = self.load(data)
        rows = [(dataset.provenance, str(len(dataset)))]
        table = TextTable(("data", "rows"), rows, words=frozenset({"data"}))
        return Description((table,))

    def downloads(self) -> Mapping[str, Download]:
        """Return what downloads published data, by name; nothing for systems without."""
        return {}

    @abstractmethod
    def split(self, dataset: DatasetT, config: ConfigT) -> Split:
        """Divide rows into parts by id; the same for the same seed.

        Raises:
            DataError: If there are too few rows, or they do not vary.
        """

    def final_split(self, dataset: DatasetT) -> Split:
        """Return the split of a training on all rows; raise a ``DataError`` for too few."""
        return Split.all_rows(dataset.ids)

    def strata(self, dataset: DatasetT, least: int) -> NDArray[np.int64]:  # noqa: ARG002
        """Return the stratum of each row; folds of a study hold equal shares of each.

        Args:
            dataset: The rows.
            least: Rows that a stratum needs.
        """
        return np.zeros(len(dataset), dtype=np.int64)

    def groups(self, dataset: DatasetT) -> NDArray[np.str_] | None:  # noqa: ARG002
        """Return the group of each row, shape (n_rows,), which is never divided; None for none."""
        return None

    def check_part(self, dataset: DatasetT, where: str) -> None:  # most have no need
        """Refuse rows of a fold that cannot be trained or scored on.

        Args:
            dataset: The rows of one side of a fold.
            where: Which, for the message, such as ``fold 1 of repeat 2``.

        Raises:
            DataError: If, say, they are of one class only.
        """

    # --- preprocessing

    @abstractmethod
    def fit_preprocessor(self, train: DatasetT, config: ConfigT) -> PreprocessorT:
        """Fit on training rows what turns rows into numbers.

        Raises:
            DataError: If nothing is left to learn from.
        """

    @abstractmethod
    def preprocessor_from(self, state: State) -> PreprocessorT:
        """Make a preprocessor again from its state.

        Raises:
            KeyError: If the state lacks something.
            ValueError: If the state is malformed.
        """

    @abstractmethod
    def rows(self, preprocessor: PreprocessorT, dataset: DatasetT) -> Rows:
        """Return rows as tensors."""

    @abstractmethod
    def keep(self, preprocessor: PreprocessorT, dataset: DatasetT) -> State:
        """Return what a run keeps of its test rows, so that it is evaluated without its data."""

    @abstractmethod
    def kept(self, state: State) -> DatasetT:
        """Make rows again from what :meth:`keep` returned.

        Raises:
            KeyError: If the state lacks something.
            ValueError: If the state is malformed.
        """

    # --- model and training

    def check(self, config: ConfigT) -> None:  # most are checked by their types
        """Refuse settings that do not fit together.

        Raises:
            QkdrpError: If so.
        """

    @abstractmethod
    def build(
        self, config: ConfigT, preprocessor: PreprocessorT, backend: Backend, seed: int
    ) -> nn.Module:
        """Build a model with fresh weights on a backend.

        Args:
            config: The settings.
            preprocessor: Says how many inputs there are.
            backend: Where circuits run.
            seed: Of the initial weights; torch's global generator is left as it was.
        """

    def circuits(self, config: ConfigT) -> Mapping[str, LayerCircuit]:  # noqa: ARG002
        """Return the circuit of each quantum layer by the layer's name; none for other models.

        Where there are several, :meth:`build` gives their names to the backend
        (``backend.qnn(pqc, name)``), so that files, reports and the ledger tell them apart.
        """
        return {}

    @abstractmethod
    def fit_task(self, config: ConfigT) -> FitTask:
        """Return loss, metrics, monitor and the like for the fit loop."""

    def shows_test(self, config: ConfigT) -> bool:  # noqa: ARG002
        """Tell whether the loss of the test part is recorded after every epoch, deciding nothing.

        :data:`~qkdrp.training.loop.SHOWN_LOSS` is its name among the metrics of an epoch.
        """
        return False

    def course(self, config: ConfigT, fit: Fit) -> Mapping[str, Any]:  # noqa: ARG002
        """Return what ``metrics.json`` says of the course of a training beside its epochs."""
        return {}

    # --- results

    @abstractmethod
    def predictions(
        self, preprocessor: PreprocessorT, dataset: DatasetT, part: str, values: Values
    ) -> pd.DataFrame:
        """Return what was measured and predicted as a table, one row per row key.

        Its columns hold :attr:`row_key`, ``part`` and ``prediction``; others are the system's own.

        Args:
            preprocessor: Of the run.
            dataset: The rows.
            part: Name of the part of the split that they are.
            values: What the model, or a baseline, predicts for them.
        """

    @abstractmethod
    def score(self, predictions: pd.DataFrame) -> dict[str, Any]:
        """Return the scores of a table of predictions, as ``metrics.json`` holds them.

        ``n`` is the number of rows; a score that is not defined is None.

        Args:
            predictions: Rows of :meth:`predictions` with a finite prediction, two at least.
        """

    @abstractmethod
    def facts(
        self, config: ConfigT, dataset: DatasetT, split: Split, preprocessor: PreprocessorT
    ) -> Facts:
        """Return what titles, folder names, first lines and ``metrics.json`` say of a training."""

    @abstractmethod
    def score_title(self, metrics: Mapping[str, Any]) -> str:
        """Return the title of the score table of a run, given its ``metrics.json``.

        :func:`~qkdrp.training.scored.scored_rows` finds the scores that are shown; may be None.
        """


AnySystem: TypeAlias = System[Any, Any, Any]
"""A system, for code that works with all."""
