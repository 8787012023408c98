"""The protocol: what a model of the system brings, so that all are trained and scored alike."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Literal

from torch import nn

from qkdrp.backends import Backend
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.preprocess import Preprocessor
from qkdrp.training.rows import Rows
from qkdrp.training.system import LayerCircuit
from qkdrp.training.task import FitTask


class ModelKind(ABC):
    """A model: its inputs, its network, its loss; one stateless object each.

    A row is a subject. A model predicts one number for every slot of
    :class:`~qkdrp.systems.pkpd.data.padded.PaddedTrial`, shape (n_subjects, n_slots), or two for
    each, shape (n_subjects, n_slots, 2): of the population and of the individual (PRED and IPRED).
    Numbers are in the space of :attr:`target`.
    """

    target: ClassVar[Literal["standard", "log"]] = "standard"
    """What models learn: values that are standardised by endpoint (their logarithms with
    ``--log-target``), or plain logarithms of values."""

    censored: ClassVar[bool] = False
    """Whether it takes values below the limit of quantification."""

    def check(self, config: PkpdConfig) -> None:  # noqa: B027  # most have no need
        """Refuse settings that do not fit together.

        Raises:
            ConfigError: If so.
        """

    @abstractmethod
    def rows(self, preprocessor: Preprocessor, trial: Trial) -> Rows:
        """Return subjects as tensors; the target is :meth:`Preprocessor.label`."""

    @abstractmethod
    def build(
        self, config: PkpdConfig, preprocessor: Preprocessor, backend: Backend, seed: int
    ) -> nn.Module:
        """Build a model with fresh weights; see :meth:`qkdrp.training.system.System.build`."""

    def circuits(self, config: PkpdConfig) -> Mapping[str, LayerCircuit]:  # noqa: ARG002
        """Return the circuit of each quantum layer; none for classical models."""
        return {}

    @abstractmethod
    def task(self, config: PkpdConfig) -> FitTask:
        """Return the loss and what belongs to it."""

    def names(self, config: PkpdConfig) -> Mapping[str, str]:  # noqa: ARG002
        """Return what tells its variants apart in folder names and ``metrics.json``."""
        return {}

    @abstractmethod
    def describe(self, config: PkpdConfig) -> str:
        """Return the model in a few words, for first lines."""
