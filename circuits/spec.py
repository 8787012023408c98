"""Protocol of a circuit specification: the fields that every family has."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class CircuitSpec(Protocol):
    """Sizes and choices that determine a circuit of one family completely.

    Specifications are frozen and hashable, such as frozen dataclasses.
    """

    @property
    def family(self) -> str:
        """Key of the family in :data:`~qkdrp.circuits.registry.FAMILIES`."""

    @property
    def n_qubits(self) -> int:
        """Number of qubits."""

    @property
    def n_inputs(self) -> int:
        """Number of angles that carry data; one that is used twice counts once."""

    @property
    def n_weights(self) -> int:
        """Number of trainable angles."""

    @property
    def n_outputs(self) -> int:
        """Number of observables."""
