"""The specification of a circuit of Team PNU 2025."""

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral
from types import MappingProxyType
from typing import ClassVar

from qkdrp.circuits.measurements import MEASUREMENTS
from qkdrp.common.errors import CircuitError

ROTATIONS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {"zyz": ("rz", "ry", "rz"), "xyz": ("rx", "ry", "rz")}
)
"""The three gates on every qubit that weights drive, in the order of application: ``zyz`` of the
published code (PennyLane's ``Rot``), ``xyz`` as figure 7 of the report draws them."""

_MINIMA = {"n_qubits": 2, "n_layers": 1}
_CHOICES = {"rotation": ROTATIONS, "measurement": MEASUREMENTS}


@dataclass(frozen=True)
class PnuSpec:
    """Sizes and choices that determine a circuit of Team PNU 2025 completely.

    Args:
        n_qubits: Number of qubits (n), at least 2; as many inputs.
        n_layers: Number of layers (L), at least 1.
        rotation: A key of :data:`ROTATIONS`.
        measurement: A key of :data:`~qkdrp.circuits.MEASUREMENTS`; ``"paulis"`` as published.
        absorb_tail: Conjugate the last ring of CNOTs into the observables: the same expectation
            values from L - 1 rings, read in n + 2 bases instead of 3.

    Raises:
        CircuitError: If a size is too small or a choice is unknown.
    """

    family: ClassVar[str] = "pnu"

    n_qubits: int
    n_layers: int
    rotation: str = "zyz"
    measurement: str = "paulis"
    absorb_tail: bool = False

    def __post_init__(self) -> None:
        """Check sizes and choices."""
        for name, least in _MINIMA.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
                raise CircuitError(
                    f"{name} = {value!r}: expected a whole number of at least {least}."
                )
            object.__setattr__(self, name, int(value))
        if not isinstance(self.absorb_tail, bool):
            raise CircuitError(f"absorb_tail = {self.absorb_tail!r}: expected True or False.")
        for name, registry in _CHOICES.items():
            value = getattr(self, name)
            if value not in tuple(registry):
                raise CircuitError(f"{name} = {value!r}: choose one of {', '.join(registry)}.")

    @property
    def n_inputs(self) -> int:
        """Number of angles that carry data, n; each drives 2 L gates."""
        return self.n_qubits

    @property
    def n_weights(self) -> int:
        """Number of trainable angles, 3 n L."""
        return len(ROTATIONS[self.rotation]) * self.n_qubits * self.n_layers

    @property
    def n_outputs(self) -> int:
        """Number of observables, 4 n as published."""
        return MEASUREMENTS[self.measurement].n_outputs(self.n_qubits)
