"""The device on which trained circuits are evaluated, and the cost of that."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

from qkdrp.backends import get_backend
from qkdrp.backends.ibm_runtime import IbmRuntime
from qkdrp.backends.runtime.cost import RuntimeCost
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from qkdrp.common.errors import BackendError

NAME = "ibm_runtime"
"""The backend."""


@lru_cache(maxsize=16)
def circuit_of(spec: PQCSpec) -> PQC:
    """Return a circuit, the same object each time: backends prepare it once."""
    return build_pqc(spec)


class Hardware:
    """A device, with a backend for each number of shots; a context manager.

    Args:
        options: Of the backend, but for shots.
        shots: Numbers of shots; 0 is left out, as no device has infinitely many.

    Attributes:
        over_quota: Whether the study may take more than what is left of the account's time.

    Raises:
        BackendError: If the device cannot be used, or no number of shots is left.
    """

    def __init__(self, options: Mapping[str, Any], shots: Sequence[int]) -> None:
        self.shots = tuple(sorted(number for number in shots if number))
        if not self.shots:
            raise BackendError(f"{NAME} needs a finite number of --shots, such as --shots 0,1024.")
        self.over_quota = bool(options.get("over_quota"))
        self._stack, self._backends = ExitStack(), {}
        for number in self.shots:
            backend = get_backend(NAME, shots=number, **options)
            assert isinstance(backend, IbmRuntime)
            self._backends[number] = self._stack.enter_context(backend)

    def backend(self, shots: int) -> IbmRuntime:
        """Return the backend for a number of shots."""
        return self._backends[shots]

    @property
    def limit(self) -> float:
        """Seconds of the device that the whole study may take."""
        return self._backends[self.shots[0]].settings.max_qpu_seconds

    def costs(self, loads: Sequence[tuple[PQCSpec, int]]) -> list[RuntimeCost]:
        """Return what evaluations would cost, for each number of shots one after the other.

        Args:
            loads: Circuit and number of samples of each evaluation.
        """
        found = []
        for number in self.shots:
            known: dict[tuple[PQCSpec, int], RuntimeCost] = {}
            for spec, n_samples in loads:
                if (spec, n_samples) not in known:
                    pqc = circuit_of(spec)
                    known[spec, n_samples] = self._backends[number].estimate_cost(pqc, n_samples)
                found.append(known[spec, n_samples])
        return found

    def __enter__(self) -> Self:
        """Return the hardware itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the backends; jobs go on."""
        self._stack.__exit__(kind, error, trace)
