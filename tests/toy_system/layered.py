"""The toy system with four quantum layers: three in series, two of them side by side."""

from typing import Literal

import numpy as np
import torch
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp
from torch import nn

from qkdrp.backends import Backend, QuantumLayer
from qkdrp.circuits import PQC
from qkdrp.training.system import LayerCircuit
from tests.toy_system.system import Mean, ToyConfig, ToyModel, ToySystem

STAGES = {"first": 0, "left": 1, "right": 1, "last": 2}
"""The layers and their turns: ``left`` and ``right`` are side by side."""


class LayeredToyModel(ToyModel):
    model: str = "layered"


class LayeredConfig(ToyConfig):
    system: Literal["layered"] = "layered"  # type: ignore[assignment]  # of another system
    model: LayeredToyModel = LayeredToyModel()


class LayeredNet(nn.Module):
    """Angles of each layer are made of the values of those before it."""

    def __init__(self, layers: dict[str, QuantumLayer]) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(3, 2), nn.Tanh())
        self.layers = nn.ModuleDict(layers)
        self.mix, self.head = nn.Linear(4, 2), nn.Linear(2, 2)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        first = np.pi * self.layers["first"](self.encoder(inputs))
        beside = torch.cat([self.layers["left"](first), self.layers["right"](first)], dim=-1)
        return self.head(self.layers["last"](self.mix(beside)))


def circuit_of(name: str) -> PQC:
    """Return a small circuit, another one for each layer; ``left`` needs two bases."""
    x, w = ParameterVector("x", 2), ParameterVector("w", 2)
    circuit = QuantumCircuit(2)
    for qubit in range(2):
        circuit.ry(x[qubit], qubit)
    if name != "right":
        circuit.cx(0, 1)
    for qubit in range(2):
        circuit.rx(w[qubit], qubit)
    read = ["ZZ", "IX"] if name == "left" else ["IZ", "ZI"]
    return PQC.from_circuit(circuit, x, w, [SparsePauliOp(each) for each in read])


class LayeredSystem(ToySystem):
    name = "layered"
    config_type = LayeredConfig

    def build(
        self, config: ToyConfig, preprocessor: Mean, backend: Backend, seed: int
    ) -> nn.Module:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            layers = {
                name: QuantumLayer(backend.qnn(each.pqc, name))
                for name, each in self.circuits(config).items()
            }
            return LayeredNet(layers)

    def circuits(self, config: ToyConfig) -> dict[str, LayerCircuit]:
        return {name: LayerCircuit(circuit_of(name), turn) for name, turn in STAGES.items()}
