"""The specification of a data re-uploading circuit."""

from dataclasses import dataclass
from numbers import Integral
from typing import ClassVar

from qkdrp.circuits.entanglers import ENTANGLERS
from qkdrp.circuits.measurements import MEASUREMENTS
from qkdrp.common.errors import CircuitError
from qkdrp.common.names import choose_one_of
from qkdrp.common.shown import shown

_MINIMA = {"n_qubits": 2, "n_encoding": 1, "n_variational": 1}

ROTATIONS = ("rx", "ry")
"""Gates that trainable angles may drive."""

_CHOICES = {"measurement": MEASUREMENTS, "entangler": ENTANGLERS, "rotation": ROTATIONS}


@dataclass(frozen=True)
class PQCSpec:
    """Sizes and choices that determine a circuit of Ito et al. 2025 completely.

    ``PQCSpec(8, 32, 5, "single")`` is the quantum depth-infused layer of Sagingalieva et al. 2023.

    Args:
        n_qubits: Number of qubits (n1), at least 2.
        n_encoding: Number of RZ encoding layers (n2), at least 1.
        n_variational: Number of variational layers in each block (n3), at least 1.
        measurement: A key of :data:`~qkdrp.circuits.MEASUREMENTS`: ``"multi"`` reads Z of
            every qubit, ``"single"`` the parity that CNOTs gather on qubit 0.
        entangler: A key of :data:`~qkdrp.circuits.entanglers.ENTANGLERS`.
        absorb_tail: Conjugate the CNOTs after the last rotation into the observables: the same
            expectation values from a shallower circuit with longer Pauli strings.
        rotation: The gate that weights drive, one of :data:`ROTATIONS`; RX in the paper.

    Raises:
        CircuitError: If a size is too small or a choice is unknown.
    """

    family: ClassVar[str] = "reuploading"

    n_qubits: int
    n_encoding: int
    n_variational: int
    measurement: str = "multi"
    entangler: str = "ring"
    absorb_tail: bool = False
    rotation: str = "rx"

    def __post_init__(self) -> None:
        """Check sizes and choices."""
        for name, least in _MINIMA.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
                raise CircuitError(
                    f"{name} = {shown(value)}: expected a whole number of at least {least}."
                )
            object.__setattr__(self, name, int(value))
        if self.absorb_tail not in (True, False):
            raise CircuitError(f"absorb_tail = {shown(self.absorb_tail)}: expected True or False.")
        object.__setattr__(self, "absorb_tail", bool(self.absorb_tail))
        for name, registry in _CHOICES.items():
            value = getattr(self, name)
            if value not in tuple(registry):
                raise CircuitError(
                    f"{name} = {shown(value)}: {choose_one_of(str(value), registry)}"
                )

    @property
    def n_inputs(self) -> int:
        """Number of rotation angles that carry data, n1 * n2."""
        return self.n_qubits * self.n_encoding

    @property
    def n_weights(self) -> int:
        """Number of trainable rotation angles, n1 * n3 * (n2 + 1)."""
        return self.n_qubits * self.n_variational * (self.n_encoding + 1)

    @property
    def n_outputs(self) -> int:
        """Number of observables."""
        return MEASUREMENTS[self.measurement].n_outputs(self.n_qubits)
