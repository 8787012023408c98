"""The quantum layer beside what users could pick instead: forward and backward, side by side.

Each peer computes all expectation values of the circuit for a batch, and the gradients of their
weighted sum by inputs and weights. Peers that are not installed are left out with a word. They
take turns in one process; the table shows medians, and ratios to the first row.

Run ``python benchmarks/pqc_layer.py --sizes 4,2,1 8,2,1 8,4,4``; stock ``EstimatorQNN`` with
parameter shift takes minutes even for ``--batch 8`` and is asked for by ``--peers``.
"""

import argparse
import json
import statistics
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from qiskit_aer.primitives import EstimatorV2
from qiskit_machine_learning.connectors import TorchConnector
from qiskit_machine_learning.neural_networks import EstimatorQNN

from qkdrp.backends import QuantumLayer, get_backend
from qkdrp.circuits import PQC, PQCSpec, build_pqc

Step = Callable[[], object]


def our_layer(backend: str) -> Callable[[PQC, torch.Tensor, np.ndarray], Step]:
    """Return a peer: ``QuantumLayer`` on one of our backends."""

    def make(pqc: PQC, inputs: torch.Tensor, weights: np.ndarray) -> Step:
        layer = QuantumLayer(get_backend(backend).qnn(pqc), weights).double()
        return lambda: _step(layer, inputs)

    return make


def stock(pqc: PQC, inputs: torch.Tensor, weights: np.ndarray) -> Step:
    """Return a peer: stock ``EstimatorQNN`` with Aer, parameter shift and ``TorchConnector``."""
    qnn = EstimatorQNN(
        circuit=pqc.circuit,
        estimator=EstimatorV2(),
        observables=pqc.observables,
        input_params=pqc.inputs,
        weight_params=pqc.weights,
        input_gradients=True,
        default_precision=0.0,
    )
    layer = TorchConnector(qnn, weights)
    return lambda: _step(layer, inputs)


def _pennylane_circuit(pqc: PQC, device: str, method: str) -> Callable[..., object]:
    import pennylane as qml

    spec = pqc.spec
    if spec.measurement != "multi" or spec.entangler != "ring" or spec.absorb_tail:
        raise ValueError("peers are written for the ring with multi readout")

    @qml.qnode(qml.device(device, wires=spec.n_qubits), interface="torch", diff_method=method)
    def circuit(inputs: torch.Tensor, weights: torch.Tensor) -> object:
        layer = iter(weights.reshape(-1, spec.n_qubits))
        for block in range(spec.n_encoding + 1):
            if block:
                for q in range(spec.n_qubits):
                    qml.RZ(inputs[..., (block - 1) * spec.n_qubits + q], wires=q)
            for _ in range(spec.n_variational):
                angles = next(layer)
                for q in range(spec.n_qubits):
                    qml.RX(angles[q], wires=q)
                for q in range(spec.n_qubits):
                    qml.CNOT(wires=[q, (q + 1) % spec.n_qubits])
        return [qml.expval(qml.PauliZ(q)) for q in range(spec.n_qubits)]

    return circuit


def default_qubit(pqc: PQC, inputs: torch.Tensor, weights: np.ndarray) -> Step:
    """Return a peer: PennyLane's default.qubit, backpropagation, broadcast."""
    circuit = _pennylane_circuit(pqc, "default.qubit", "backprop")
    trained = torch.tensor(weights, requires_grad=True)

    def step() -> None:
        points = inputs.clone().requires_grad_()
        torch.stack(circuit(points, trained)).sum().backward()

    return step


def lightning(pqc: PQC, inputs: torch.Tensor, weights: np.ndarray) -> Step:
    """Return a peer: PennyLane's lightning.qubit, adjoint, sample by sample."""
    circuit = _pennylane_circuit(pqc, "lightning.qubit", "adjoint")
    trained = torch.tensor(weights, requires_grad=True)

    def step() -> None:
        points = inputs.clone().requires_grad_()
        torch.stack(
            [torch.stack(circuit(point, trained)).sum() for point in points]
        ).sum().backward()

    return step


PEERS: dict[str, Callable[[PQC, torch.Tensor, np.ndarray], Step]] = {
    "qkdrp statevector": our_layer("statevector"),
    "qkdrp aer_exact": our_layer("aer_exact"),
    "PennyLane default.qubit backprop": default_qubit,
    "PennyLane lightning.qubit adjoint": lightning,
    "stock EstimatorQNN parameter shift": stock,
}
"""Peers by name; all but the last by default."""


def _step(layer: torch.nn.Module, inputs: torch.Tensor) -> None:
    points = inputs.clone().requires_grad_()
    layer(points).sum().backward()


def measure(size: tuple[int, ...], batch: int, names: list[str], repeats: int) -> dict[str, float]:
    """Return the median milliseconds of each peer, the peers taking turns."""
    rng = np.random.default_rng(0)
    pqc = build_pqc(PQCSpec(*size))
    inputs = torch.tensor(rng.uniform(-1.5, 1.5, (batch, len(pqc.inputs))))
    weights = rng.uniform(0, 2 * np.pi, len(pqc.weights))
    steps: dict[str, Step] = {}
    for name in names:
        try:
            steps[name] = PEERS[name](pqc, inputs, weights)
            steps[name]()
        except ImportError as error:
            print(f"left out: {name} ({error})")
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(repeats):
        for name, step in steps.items():
            start = perf_counter()
            step()
            times[name].append(1e3 * (perf_counter() - start))
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    """Print, and save where asked to, a table for each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", default=["4,2,1", "8,2,1", "8,4,4"])
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS)[:-1])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results = {}
    for text in options.sizes:
        size = tuple(map(int, text.split(",")))
        found = measure(size, options.batch, options.peers, options.repeats)
        results[text] = found
        print(f"\n({text}), batch {options.batch}, {torch.get_num_threads()} threads")
        for name, value in found.items():
            print(f"{name:36s} {value:10.3f} ms  {value / next(iter(found.values())):8.1f} x")
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
