"""What every backend offers."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping  # get_type_hints() needs it
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from qiskit.primitives import BaseEstimatorV2
from qiskit_machine_learning.neural_networks import EstimatorQNN

from qkdrp.backends.usage import Usage
from qkdrp.circuits import PQC


@dataclass(frozen=True)
class CostEstimate:
    """What an evaluation will take.

    Args:
        pubs: Primitive unified blocs.
        executions: Circuit executions.
        shots: Shots over all executions; 0 where values are exact.
    """

    pubs: int
    executions: int
    shots: int


@dataclass(frozen=True)
class Purpose:
    """What values are for, so that paid ones can be found again.

    Args:
        run: The run that is evaluated.
        identity: Of model and samples: the same evaluation has the same one.
        request: All that is needed to ask for it once more, as JSON.
        output: The folder that was asked for; None for any.
        claim: Makes the folder for its results.
    """

    run: Path
    identity: str
    request: Mapping[str, Any]
    output: Path | None
    claim: Callable[[], Path]


def _ignore(*_: Any) -> None:  # noqa: ANN401
    """Take no notice."""


class Backend(ABC):
    """WHERE circuits run. Closing it releases what it holds; it is a context manager.

    Attributes:
        usage: What it was asked to do so far.
        on_progress: Called by slow backends with what is counted, such as the circuits of an
            evaluation, how many of them are done and how many there are.
        on_cost: Called by paid backends with what they are about to spend.
    """

    name: ClassVar[str]
    kind_of_report: ClassVar[str] = "noise"
    """Under which name a report is kept beside results."""

    paid: ClassVar[bool] = False
    """Whether values come from jobs elsewhere that may cost something."""

    circuits_only: ClassVar[bool] = False
    """Whether it says something of circuits alone, so that other models have no business here."""

    def __init__(self) -> None:
        self.usage = Usage()
        self.on_progress: Callable[[str, int, int], None] = _ignore
        self.on_cost: Callable[[Any], None] = _ignore

    @property
    @abstractmethod
    def estimator(self) -> BaseEstimatorV2:
        """The primitive that gives this backend's expectation values."""

    @abstractmethod
    def qnn(self, pqc: PQC) -> EstimatorQNN:
        """Return an ``EstimatorQNN`` of a circuit; outputs have shape (batch, n_outputs)."""

    @abstractmethod
    def estimate_cost(self, pqc: PQC, n_samples: int) -> CostEstimate:
        """Say beforehand what the values of ``n_samples`` samples will take."""

    def check(self, pqc: PQC) -> None:  # noqa: B027  # most take any circuit
        """Raise a :class:`~qkdrp.common.errors.BackendError` for a circuit that cannot run."""

    def check_training(self) -> None:  # noqa: B027  # most can be trained on
        """Raise a :class:`~qkdrp.common.errors.BackendError` where training is not allowed."""

    @property
    def repeatable(self) -> bool:
        """Whether evaluating once more gives the same values."""
        return True

    def report(self) -> dict[str, Any]:
        """Return what should be kept beside results, as JSON; nothing where values are exact."""
        return {}

    def save(self, folder: Path) -> None:  # noqa: B027  # keeping nothing is the default
        """Write what results depend on, such as prepared circuits, into an existing folder."""

    def begin(self, purpose: Purpose) -> None:  # noqa: B027  # most need not know
        """Say what the values asked for next are for."""

    def folder(self) -> Path | None:
        """Return the folder that was claimed for the purpose already, if any."""
        return None

    def finish(self) -> None:  # noqa: B027  # most need not know
        """Say that all is written that the values were for."""

    def close(self) -> None:  # noqa: B027  # holding nothing is the default
        """Release what the backend holds."""

    def __sklearn_clone__(self) -> Self:
        """Return the backend itself: clones of a regressor share it, and its counts."""
        return self

    def __enter__(self) -> Self:
        """Return the backend itself."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the backend."""
        self.close()
