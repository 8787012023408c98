"""The interface of every backend, and the cost of values."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping  # get_type_hints() needs it
from contextlib import ExitStack
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, ClassVar, Literal, Self

from qiskit.primitives import BaseEstimatorV2
from qiskit_machine_learning.neural_networks import EstimatorQNN

from qkdrp.backends.usage import Usage
from qkdrp.circuits import PQC
from qkdrp.common.errors import BackendError


@dataclass(frozen=True)
class CostEstimate:
    """What the values of some samples will take.

    Args:
        pubs: Primitive unified blocs.
        executions: Circuit executions.
        shots: Shots over all executions; 0 where values are exact.
    """

    pubs: int
    executions: int
    shots: int

    def __add__(self, other: Self) -> Self:
        """Return what both cost together."""
        return replace(
            self,
            pubs=self.pubs + other.pubs,
            executions=self.executions + other.executions,
            shots=self.shots + other.shots,
        )

    def summary(self) -> str:
        """Return the numbers in words."""
        shots = f", {self.shots:,} shots" if self.shots else ""
        return f"{self.executions:,} circuits{shots}"

    def lines(self) -> list[str]:
        """Return what it costs beyond these numbers, in words; nothing where nothing is paid."""
        return []


def _ignore(*_: object) -> None:
    """Take no notice."""


class Backend(ABC):
    """WHERE circuits run. Closing it releases what it holds; it is a context manager.

    Attributes:
        usage: What it was asked to do so far.
        on_progress: Called by slow backends with what is counted, such as the circuits of an
            evaluation, how many of them are done and how many there are.
        on_note: Called with what the user should know while it works, such as how long it takes.
    """

    name: ClassVar[str]

    kind_of_report: Literal["noise", "hardware"] = "noise"
    """What its report is of; the name under which the report is kept beside results."""

    circuits_only: bool = False
    """Whether it differs from exact backends for circuits alone; other models are refused there."""

    def __init__(self) -> None:
        self.usage = Usage()
        self.on_progress: Callable[[str, int, int], None] = _ignore
        self.on_note: Callable[[str], None] = _ignore
        self.resources = ExitStack()

    @property
    @abstractmethod
    def estimator(self) -> BaseEstimatorV2:
        """The primitive that gives this backend's expectation values."""

    @abstractmethod
    def qnn(self, pqc: PQC, label: str = "") -> EstimatorQNN:
        """Return an ``EstimatorQNN`` of a circuit; outputs have shape (batch, n_outputs).

        Args:
            pqc: The circuit.
            label: Name of the quantum layer, where the model has several: files, reports and the
                ledger tell layers apart by it.
        """

    @abstractmethod
    def estimate_cost(self, pqc: PQC, n_samples: int) -> CostEstimate:
        """Return what the values of ``n_samples`` samples will take; runs nothing."""

    @abstractmethod
    def check(self, pqc: PQC) -> None:
        """Raise a :class:`~qkdrp.common.errors.BackendError` for a circuit that cannot run."""

    @property
    def training_refusal(self) -> str:
        """Why training is not allowed, and what to do; empty where it is."""
        return ""

    def check_training(self) -> None:
        """Raise a :class:`~qkdrp.common.errors.BackendError` where training is not allowed."""
        if self.training_refusal:
            raise BackendError(self.training_refusal)

    @property
    def quicker(self) -> str:
        """What trains more quickly than this backend, with its option; empty where nothing does."""
        return ""

    @property
    def repeatable(self) -> bool:
        """Whether the same request gives the same values: then repeats tell nothing."""
        return True

    @property
    def notes(self) -> list[str]:
        """What the user should know of how values are found."""
        return []

    def report(self) -> dict[str, Any]:
        """Return what should be kept beside results, as JSON; nothing where values are exact."""
        return {}

    def keep_values(self, on: bool) -> None:  # noqa: B027  # most have nothing to keep
        """Say whether values asked for from now on are kept for :meth:`report` and :meth:`files`.

        Backends without standard errors keep nothing.
        """

    def files(self) -> Mapping[str, bytes]:
        """Return what results depend on, such as prepared circuits, as files by name."""
        return {}

    def close(self) -> None:
        """Release what the backend holds in ``resources``."""
        self.resources.close()

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
