"""Base class of sources of noise."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import ClassVar

from qiskit.transpiler import Target

from qkdrp.backends.isa.regions import Region
from qkdrp.backends.noise.local import LocalNoise


class NoiseSource(ABC):
    """A source of noise.

    Attributes:
        name: What it is called in reports.
        detail: What else is to be said, such as the date of a calibration.
        parts: Those of :data:`~qkdrp.backends.choices.PARTS` that it has.
    """

    name: str
    detail: str
    parts: tuple[str, ...]
    scaling: ClassVar[str]
    """What a scale does to it, in words."""

    relaxation_is_in_gates: ClassVar[bool] = False
    """Whether its errors of gates hold their relaxation, which it cannot tell apart."""

    @property
    def default_parts(self) -> tuple[str, ...]:
        """Those of its parts that are on unless told otherwise."""
        return self.parts

    @abstractmethod
    def target(self, n_qubits: int) -> Target:
        """Return the whole device; a source without one makes it of ``n_qubits``.

        Raises:
            BackendError: If the device has fewer qubits.
        """

    @abstractmethod
    def noise(self, region: Region, parts: Collection[str], scale: float) -> LocalNoise:
        """Return the noise on a few physical qubits.

        Args:
            region: The physical qubits; qubit i of the result is ``region[i]``.
            parts: Which parts are on.
            scale: What every error probability is multiplied by.

        Raises:
            BackendError: If a probability leaves its range at this scale.
        """
