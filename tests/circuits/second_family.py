"""A family of another kind: RY and RX encodings that use every input twice, read in Z and ZZ."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp

from qkdrp.circuits import PQC, Family
from qkdrp.common.errors import CircuitError


@dataclass(frozen=True)
class TwiceSpec:
    """Sizes of a circuit.

    Args:
        width: Number of qubits, at least 2.
        layers: Number of encoding layers.
        pairs: Whether ZZ of neighbours are read, too.
    """

    family: ClassVar[str] = "twice"

    width: int
    layers: int
    pairs: bool = False

    def __post_init__(self) -> None:
        if self.width < 2 or self.layers < 1:
            raise CircuitError(f"Found {self}, expected 2 qubits or more and a layer or more.")

    @property
    def n_qubits(self) -> int:
        return self.width

    @property
    def n_inputs(self) -> int:
        return self.width

    @property
    def n_weights(self) -> int:
        return self.width * self.layers

    @property
    def n_outputs(self) -> int:
        return self.width + (self.width - 1) * self.pairs


class Twice(Family[TwiceSpec]):
    """Each layer: RY of all inputs, RX of the same inputs, RY of weights, a chain of CZ."""

    key = TwiceSpec.family
    spec_type = TwiceSpec
    usage = "qubits x layers, such as 3x2, or 3x2zz"

    def build(self, spec: TwiceSpec) -> PQC:
        inputs = ParameterVector("x", spec.n_inputs)
        weights = ParameterVector("w", spec.n_weights)
        circuit = QuantumCircuit(spec.width)
        for layer in range(spec.layers):
            for q in range(spec.width):
                circuit.ry(inputs[q], q)
                circuit.rx(inputs[q], q)
                circuit.ry(weights[layer * spec.width + q], q)
            for q in range(spec.width - 1):
                circuit.cz(q, q + 1)
        strings = [("Z", [q]) for q in range(spec.width)]
        strings += [("ZZ", [q, q + 1]) for q in range(spec.width - 1)] if spec.pairs else []
        observables = tuple(
            SparsePauliOp.from_sparse_list([(*string, 1.0)], num_qubits=spec.width)
            for string in strings
        )
        return PQC(circuit, tuple(inputs), tuple(weights), observables, spec)

    def label(self, spec: TwiceSpec) -> str:
        return f"twice {spec.width}x{spec.layers}" + " with pairs" * spec.pairs

    def parse(self, text: str) -> TwiceSpec | None:
        found = re.fullmatch(r"(\d+)x(\d+)(zz)?", text)
        return found and TwiceSpec(int(found[1]), int(found[2]), bool(found[3]))

    def smaller(self, spec: TwiceSpec) -> Iterator[tuple[int, TwiceSpec]]:
        for fewer in range(1, spec.layers):
            yield fewer, replace(spec, layers=spec.layers - fewer)
