"""Noisy evaluation and noise-aware training beside what users could do instead.

Four parts, each printed with its ratio: ``values`` for 75 samples by density matrix on a fake
device, ``runtime`` per sample beside the Runtime estimator's local mode (minutes), ``full`` beside
Aer with the errors of the whole device, and ``step``, a noise-aware forward and backward pass
beside the noiseless one, in turns in one process.
"""

import argparse
import json
import statistics
import warnings
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from qiskit import QuantumCircuit

from qkdrp.backends import QuantumLayer, get_backend
from qkdrp.backends.isa.prepare import PreparedCircuit
from qkdrp.circuits import PQCSpec, build_pqc

Size = tuple[int, ...]
Point = tuple[np.ndarray, np.ndarray]


def point_of(size: Size, batch: int) -> Point:
    """Return random inputs, shape (batch, n_inputs), and weights."""
    rng, spec = np.random.default_rng(0), PQCSpec(*size)
    return rng.uniform(-1.5, 1.5, (batch, spec.n_inputs)), rng.uniform(0, 6.2, spec.n_weights)


def timed(run: Callable[[], object]) -> float:
    """Return seconds."""
    start = perf_counter()
    run()
    return perf_counter() - start


def values(size: Size, noise: str, samples: int, repeats: int) -> dict[str, float]:
    """Return seconds of preparation and, the median, of evaluating all samples."""
    backend, pqc = get_backend("aer_noisy", noise=noise), build_pqc(PQCSpec(*size))
    start = perf_counter()
    qnn = backend.qnn(pqc)
    prepared = perf_counter() - start
    inputs, weights = point_of(size, samples)
    taken = [timed(lambda: qnn.forward(inputs, weights)) for _ in range(repeats)]
    return {"prepare_s": prepared, "values_s": statistics.median(taken), "samples": samples}


def on_whole_device(prepared: PreparedCircuit, n_qubits: int) -> tuple[QuantumCircuit, list]:
    """Return a prepared circuit and its observables on all qubits of the device."""
    circuit = QuantumCircuit(n_qubits)
    circuit.compose(prepared.pqc.circuit, qubits=prepared.qubits, inplace=True)
    layout = list(prepared.qubits)
    return circuit, [op.apply_layout(layout, n_qubits) for op in prepared.pqc.observables]


def _points(circuit: QuantumCircuit, size: Size, samples: int) -> np.ndarray:
    inputs, weights = point_of(size, samples)
    named = {f"inputs[{i}]": inputs[:, i] for i in range(inputs.shape[1])}
    named |= {f"weights[{i}]": np.full(samples, w) for i, w in enumerate(weights)}
    return np.stack([named[parameter.name] for parameter in circuit.parameters], axis=1)


def runtime(size: Size, noise: str, samples: int) -> dict[str, float]:
    """Return seconds per sample of the Runtime estimator's local mode, and ours, in one run."""
    from qiskit_ibm_runtime import EstimatorV2, fake_provider

    fake = next(
        device()
        for device in vars(fake_provider).values()
        if isinstance(device, type) and getattr(device, "backend_name", None) == noise
    )
    prepared = get_backend("aer_noisy", noise=noise).prepare(build_pqc(PQCSpec(*size)))
    circuit, observables = on_whole_device(prepared, fake.num_qubits)
    pub = circuit, [[op] for op in observables], _points(circuit, size, samples)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the class is deprecated
        estimator = EstimatorV2(mode=fake)
        theirs = timed(lambda: estimator.run([pub]).result())
    ours = values(size, noise, 75, 3)["values_s"] / 75
    return {"runtime_s": theirs / samples, "ours_s": ours, "ratio": theirs / samples / ours}


def full(size: Size, noise: str, samples: int) -> dict[str, float]:
    """Return seconds of Aer with the errors of all qubits, and ours, for the same samples."""
    from qiskit_aer.noise import NoiseModel
    from qiskit_aer.primitives import EstimatorV2
    from qiskit_ibm_runtime import fake_provider

    fake = next(
        device()
        for device in vars(fake_provider).values()
        if isinstance(device, type) and getattr(device, "backend_name", None) == noise
    )
    prepared = get_backend("aer_noisy", noise=noise).prepare(build_pqc(PQCSpec(*size)))
    circuit, observables = on_whole_device(prepared, fake.num_qubits)
    pub = circuit, [[op] for op in observables], _points(circuit, size, samples)
    model = NoiseModel.from_backend(fake)
    simulator = {"method": "density_matrix", "noise_model": model}
    estimator = EstimatorV2(options={"backend_options": simulator})
    theirs = timed(lambda: estimator.run([pub], precision=0.0).result())
    ours = values(size, noise, samples, 3)["values_s"]
    return {"full_s": theirs, "ours_s": ours, "ratio": theirs / ours}


def step(size: Size, noise: str, batch: int, repeats: int) -> dict[str, float]:
    """Return milliseconds of a forward and backward pass without and with noise, and the ratio."""
    inputs, weights = point_of(size, batch)
    pqc, points = build_pqc(PQCSpec(*size)), torch.tensor(inputs)
    layers = {
        "noiseless": get_backend("statevector").qnn(pqc),
        "noise-aware": get_backend("aer_noisy", noise=noise, train_noise=True).qnn(pqc),
    }
    steps = {name: QuantumLayer(qnn, weights).double() for name, qnn in layers.items()}

    def one(layer: QuantumLayer) -> None:
        layer(points.clone().requires_grad_()).sum().backward()

    times: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(repeats + 3):
        for name, layer in steps.items():
            taken = 1e3 * timed(lambda layer=layer: one(layer))
            if turn >= 3:
                times[name].append(taken)
    found = {f"{name}_ms": statistics.median(taken) for name, taken in times.items()}
    return found | {"ratio": found["noise-aware_ms"] / found["noiseless_ms"]}


def main() -> None:
    """Print, and save where asked to, the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", nargs="+", default=["values", "full", "step"])
    parser.add_argument("--sizes", nargs="+", default=["4,2,1", "8,2,1"])
    parser.add_argument("--noise", default="fake_torino")
    parser.add_argument("--samples", type=int, default=75, help="of values")
    parser.add_argument("--peer-samples", type=int, default=8, help="of runtime and full")
    parser.add_argument("--batch", type=int, default=128, help="of step")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    parts: dict[str, Callable[[Size], dict[str, float]]] = {
        "values": lambda size: values(size, options.noise, options.samples, options.repeats),
        "full": lambda size: full(size, options.noise, options.peer_samples),
        "runtime": lambda size: runtime(size, options.noise, options.peer_samples),
        "step": lambda size: step(size, options.noise, options.batch, 20 * options.repeats),
    }
    print(f"{options.noise}, {torch.get_num_threads()} threads")
    results = {}
    for text in options.sizes:
        size = tuple(map(int, text.split(",")))
        for name in options.parts:
            results[f"{text} {name}"] = found = parts[name](size)
            shown = "  ".join(f"{key} {value:.4g}" for key, value in found.items())
            print(f"({text}) {name:8s} {shown}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
