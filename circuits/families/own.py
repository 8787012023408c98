"""Users' own circuits as a family: each circuit is its own specification."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from qkdrp.circuits.digest import pqc_digest
from qkdrp.circuits.family import Family
from qkdrp.circuits.pqc import PQC
from qkdrp.common.errors import CircuitError


@dataclass(frozen=True)
class OwnCircuit:
    """A circuit that belongs to no family.

    Args:
        pqc: The circuit.
        number: Tells several of them apart, from 1.
        layer: Name of the quantum layer of a model that it is; empty for other circuits.
    """

    family: ClassVar[str] = "own"

    pqc: PQC
    number: int = 1
    layer: str = ""

    @property
    def n_qubits(self) -> int:
        """Number of qubits."""
        return self.pqc.n_qubits

    @property
    def n_inputs(self) -> int:
        """Number of angles that carry data."""
        return self.pqc.n_inputs

    @property
    def n_weights(self) -> int:
        """Number of trainable angles."""
        return self.pqc.n_weights

    @property
    def n_outputs(self) -> int:
        """Number of observables."""
        return self.pqc.n_outputs


class OwnCircuits(Family[OwnCircuit]):
    """Circuits of which nothing is known but themselves."""

    key = OwnCircuit.family
    spec_type = OwnCircuit
    usage = ""

    def build(self, spec: OwnCircuit) -> PQC:
        """Return the circuit itself."""
        return spec.pqc

    def label(self, spec: OwnCircuit) -> str:
        """Return the layer that it is, or ``own circuit``, with a number from the second on."""
        if spec.layer:
            return f"layer {spec.layer}"
        return "own circuit" if spec.number == 1 else f"own circuit {spec.number}"

    def parse(self, text: str) -> None:
        """Read nothing: there is no text for a user's own circuit."""

    def to_json(self, spec: OwnCircuit) -> dict[str, Any]:
        """Return the digest of the circuit."""
        return {"digest": pqc_digest(spec.pqc)}

    def from_json(self, content: Mapping[str, Any]) -> OwnCircuit:
        """Raise: a digest is no circuit.

        Raises:
            CircuitError: Always.
        """
        raise CircuitError(
            f"Found the digest {content.get('digest')} of a user's own circuit, expected a "
            "specification: build the circuit, and give it."
        )


FAMILY = OwnCircuits()
"""The family."""
