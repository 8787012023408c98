"""What users could pick for the quantum layer: each peer as a step and its results.

A peer makes, of a circuit and a batch, a function that computes all expectation values and the
gradients of their sum by inputs and weights, and returns (values, by inputs, by weights).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from steps import gates, jax_step, read_qubits, torch_step
from turns import Step

from qkdrp.backends import QuantumLayer, get_backend
from qkdrp.backends.exact.engine import ExactEngine
from qkdrp.circuits import PQC, PQCSpec, build_pqc, compile_program

Make = Callable[[PQC, np.ndarray, np.ndarray], Step]


def our_layer(backend: str) -> Make:
    """Return a peer: ``QuantumLayer`` on one of our backends."""

    def make(pqc: PQC, inputs: np.ndarray, weights: np.ndarray) -> Step:
        layer = QuantumLayer(get_backend(backend).qnn(pqc), weights).double()
        return torch_step(layer, layer.weight, inputs, len(pqc.observables))

    return make


def engine(pqc: PQC, inputs: np.ndarray, weights: np.ndarray) -> Step:
    """Return a peer: what ``QuantumLayer`` on ``statevector`` computes, without torch."""
    found = ExactEngine(compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights))
    ones = np.ones((len(inputs), len(pqc.observables)))

    def step() -> tuple[Any, ...]:
        values, pull_back = found.linearise(inputs, weights)
        return values, *pull_back(ones)

    return step


def stock(pqc: PQC, inputs: np.ndarray, weights: np.ndarray) -> Step:
    """Return a peer: stock ``EstimatorQNN`` with Aer, parameter shift and ``TorchConnector``."""
    from qiskit_aer.primitives import EstimatorV2
    from qiskit_machine_learning.connectors import TorchConnector
    from qiskit_machine_learning.neural_networks import EstimatorQNN

    qnn = EstimatorQNN(
        circuit=pqc.circuit,
        estimator=EstimatorV2(),
        observables=pqc.observables,
        input_params=pqc.inputs,
        weight_params=pqc.weights,
        input_gradients=True,
        default_precision=0.0,
    )
    layer = TorchConnector(qnn, weights).double()
    return torch_step(layer, layer.weight, inputs, len(pqc.observables))


def _pennylane_circuit(pqc: PQC, device: str, method: str) -> Callable[..., Any]:
    """Return the circuit as a QNode; it takes a batch of points at once."""
    import pennylane as qml

    program, read = list(gates(pqc)), read_qubits(pqc)

    def circuit(points: Any, weight: Any) -> object:  # noqa: ANN401  # of torch or JAX
        for name, qubits, kind, index in program:
            if not kind:
                qml.CNOT(wires=qubits)
            else:
                angle = points[..., index] if kind == "input" else weight[index]
                (qml.RX if name == "rx" else qml.RZ)(angle, wires=qubits)
        return [qml.expval(qml.PauliZ(q)) for q in read]

    wires = qml.device(device, wires=pqc.n_qubits)
    node: Callable[..., Any] = qml.QNode(circuit, wires, diff_method=method)
    return node


def pennylane(device: str, method: str) -> Make:
    """Return a peer: a PennyLane device under torch."""

    def make(pqc: PQC, inputs: np.ndarray, weights: np.ndarray) -> Step:
        circuit = _pennylane_circuit(pqc, device, method)
        weight = torch.tensor(weights, requires_grad=True)

        def layer(points: torch.Tensor) -> torch.Tensor:
            return torch.stack(circuit(points, weight), dim=-1)

        return torch_step(layer, weight, inputs, len(pqc.observables))

    return make


def pennylane_jax(pqc: PQC, inputs: np.ndarray, weights: np.ndarray) -> Step:
    """Return a peer: PennyLane's default.qubit compiled by JAX."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)  # JAX's way
    circuit = _pennylane_circuit(pqc, "default.qubit", "backprop")
    return jax_step(lambda points, weight: jnp.stack(circuit(points, weight), -1), inputs, weights)


def tensorcircuit(dtype: str) -> Make:
    """Return a peer: tensorcircuit-ng on JAX, compiled, mapped over the batch."""

    def make(pqc: PQC, inputs: np.ndarray, weights: np.ndarray) -> Step:
        import jax
        import jax.numpy as jnp
        import tensorcircuit as tc

        tc.set_backend("jax")
        tc.set_dtype(dtype)
        program, read = list(gates(pqc)), read_qubits(pqc)

        def values(point: Any, weight: Any) -> Any:  # noqa: ANN401  # JAX arrays
            circuit = tc.Circuit(pqc.n_qubits)
            for name, qubits, kind, index in program:
                if not kind:
                    circuit.cnot(*qubits)
                else:
                    angle = point[index] if kind == "input" else weight[index]
                    getattr(circuit, name)(*qubits, theta=angle)
            return jnp.stack([jnp.real(circuit.expectation_ps(z=[q])) for q in read])

        return jax_step(jax.vmap(values, (0, None)), inputs, weights)

    return make


class Peer(NamedTuple):
    """Something that computes the quantum layer.

    Attributes:
        label: What it is called in tables.
        make: Makes its step, of a circuit, inputs and weights.
        tolerance: By how much its results may differ from ours, relative to the largest.
    """

    label: str
    make: Make
    tolerance: float


OURS = "statevector"

PEERS: dict[str, Peer] = {
    OURS: Peer("qkdrp statevector", our_layer("statevector"), 1e-10),
    "engine": Peer("its engine alone, no torch", engine, 1e-10),
    "aer_exact": Peer("qkdrp aer_exact", our_layer("aer_exact"), 1e-10),
    "default.qubit": Peer(
        "PennyLane default.qubit backprop, torch", pennylane("default.qubit", "backprop"), 1e-10
    ),
    "default.qubit-jax": Peer("PennyLane default.qubit backprop, JAX jit", pennylane_jax, 1e-10),
    "lightning.qubit": Peer(
        "PennyLane lightning.qubit adjoint, torch", pennylane("lightning.qubit", "adjoint"), 1e-6
    ),
    "tensorcircuit": Peer("tensorcircuit-ng JAX complex128", tensorcircuit("complex128"), 1e-10),
    "tensorcircuit-c64": Peer("tensorcircuit-ng JAX complex64", tensorcircuit("complex64"), 1e-3),
    "stock": Peer("stock EstimatorQNN, Aer, parameter shift", stock, 1e-6),
}
"""Peers by name."""

ON_REQUEST = ("default.qubit-jax", "stock")
"""Peers that take minutes to begin with, or for ever."""


def make_step(name: str, size: str, batch: int) -> Step:
    """Return a peer's step at random points, the same ones for all."""
    rng = np.random.default_rng(0)
    pqc = build_pqc(parse_size(size))
    inputs = rng.uniform(-1.5, 1.5, (batch, len(pqc.inputs)))
    weights = rng.uniform(0, 2 * np.pi, len(pqc.weights)).astype(
        np.float32
    )  # as torch layers begin
    return PEERS[name].make(pqc, inputs, weights.astype(np.float64))


def parse_size(text: str) -> PQCSpec:
    """Return the circuit that ``n_qubits,n_encoding,n_variational[,measurement]`` stands for."""
    n_qubits, n_encoding, n_variational, *readout = text.split(",")
    measurement = readout[0] if readout else "multi"
    return PQCSpec(int(n_qubits), int(n_encoding), int(n_variational), measurement)
