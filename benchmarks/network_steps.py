"""Tables of ``train_step.py --system pkpd``: steps of networks, their circuit, a whole training."""

import sys
import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

import torch
from report import cells, ratios, save, summary, table

from qkdrp.backends import QuantumLayer, get_backend
from qkdrp.circuits import PnuSpec, build_pqc
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.system import PkpdSystem
from qkdrp.training.loop import fit_model, train_step
from qkdrp.training.optimiser import optimiser_of
from qkdrp.training.rows import Rows
from qkdrp.training.threads import limit_threads

PAIRS = (("resmlp_moe", "resqnn_moe"), ("mlp", "qnn"))
"""Classical networks, and the same with circuits of 4 qubits and 2 layers; both in a cascade."""

SIZE, N_ROWS = (4, 2), 1050
"""Qubits and layers, and rows, of the circuit alone."""

OURS, PENNYLANE = "qkdrp statevector", "PennyLane default.qubit backprop"

MS = 1e-3

SYSTEM = PkpdSystem()

Step = Callable[[], object]
Times = dict[str, dict[str, Any]]
"""Seconds of a step by what takes it."""


def network_tables(options: Namespace) -> None:
    """Print, and save where asked to, the tables of the system ``pkpd``."""
    results: list[dict[str, Any]] = []
    for threads in options.threads:
        with limit_threads(threads), get_backend("statevector") as backend:
            for base, other in PAIRS:
                steps = {name: network_step(name, backend) for name in (base, other)}
                found = in_turns(steps, options)
                results.append(shown(found, base, threads, "a step of 42 subjects"))
            steps = circuit_steps(backend)
            title = f"the circuit {SIZE}, {N_ROWS} rows, forward and backward"
            results.append(shown(in_turns(steps, options), OURS, threads, title))
            results.append(whole_training(backend, threads, options))
    save(options, results)


def in_turns(steps: Mapping[str, Step], options: Namespace) -> Times:
    """Return seconds of steps that take turns in this process, as medians of each round."""
    now = getattr(time, options.clock)
    rounds: dict[str, list[float]] = {name: [] for name in steps}
    for step in steps.values():
        step()
    for _ in range(options.repeats):
        for name, step in steps.items():
            taken: list[float] = []
            while not taken or sum(taken) < options.seconds:
                start = now()
                step()
                taken.append(now() - start)
            rounds[name].append(median(taken))
    return {name: summary(times) for name, times in rounds.items()}


def shown(found: Times, base: str, threads: int, title: str) -> dict[str, Any]:
    """Print a table of steps, with ratios to one of them; return it."""
    rows = [
        [name, str(threads), *cells(times, MS), *cells(ratios(times, found[base]))]
        for name, times in found.items()
    ]
    print(f"\n{title}\n")
    print(table(["", "threads", "ms", "rounds", "ratio", "rounds"], rows))
    return {"title": title, "threads": threads, "times": found}


def material(model: str) -> tuple[PkpdConfig, Any, dict[str, Rows]]:
    """Return settings, preprocessor, and rows by part, of the embedded trial."""
    config = PkpdConfig.make(model={"model": model, "pkpd_mode": "cascade", "baseline": True})
    trial = SYSTEM.load(config.data)
    split = SYSTEM.split(trial, config)
    fitted = SYSTEM.fit_preprocessor(trial.select(split.train), config)
    parts = split.parts()
    rows = {name: SYSTEM.rows(fitted, trial.select(parts[name])) for name in parts}
    return config, fitted, rows


def network_step(model: str, backend: Any) -> Step:  # noqa: ANN401  # any backend
    """Return a training step of a fresh network on all training subjects."""
    config, fitted, rows = material(model)
    network, task = SYSTEM.build(config, fitted, backend, 0).train(), SYSTEM.fit_task(config)
    optimiser = optimiser_of(network, task, config.fit)
    everyone = torch.arange(len(rows["train"]))
    return lambda: train_step(network, rows["train"], everyone, optimiser, task)


def whole_training(backend: Any, threads: int, options: Namespace) -> dict[str, Any]:  # noqa: ANN401
    """Print how long 300 epochs of the largest network take, with validation; return it."""
    config, fitted, rows = material("resqnn_moe")
    fit = config.fit.model_copy(update={"epochs": 300, "patience": 0})
    network, now = SYSTEM.build(config, fitted, backend, 0), getattr(time, options.clock)
    start = now()
    fit_model(network, rows["train"], rows["validation"], fit, 0, task=SYSTEM.fit_task(config))
    seconds = now() - start
    print(f"\na whole training of resqnn_moe, 300 epochs, {threads} threads: {seconds:.1f} s")
    return {"title": "training of resqnn_moe", "threads": threads, "seconds": seconds}


def circuit_steps(backend: Any) -> dict[str, Step]:  # noqa: ANN401  # any backend
    """Return values and gradients of the circuit alone, ours and PennyLane's where installed."""
    torch.manual_seed(0)
    layer = QuantumLayer(backend.qnn(build_pqc(PnuSpec(*SIZE)))).double()
    inputs = torch.randn(N_ROWS, SIZE[0], dtype=torch.float64, requires_grad=True)

    def step_of(values: Callable[[torch.Tensor], torch.Tensor]) -> Step:
        return lambda: torch.autograd.grad(values(inputs).sum(), [inputs, layer.weight])

    steps = {OURS: step_of(layer)}
    try:
        peer = pennylane_circuit(layer.weight)
    except ImportError as error:
        print(f"left out: {PENNYLANE} ({error})", file=sys.stderr)
        return steps
    torch.testing.assert_close(peer(inputs), layer(inputs), rtol=0, atol=1e-12)
    return {**steps, PENNYLANE: step_of(peer)}


def pennylane_circuit(weight: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return the circuit as Team PNU's code has it: angles of rows to values."""
    import pennylane as qml

    qubits, layers = SIZE
    device = qml.device("default.qubit", wires=qubits)

    @qml.qnode(device, diff_method="backprop")
    def circuit(inputs: torch.Tensor) -> list[Any]:
        shaped = weight.view(layers, qubits, 3)
        for layer in range(layers):
            qml.AngleEmbedding(inputs, wires=range(qubits), rotation="Y")
            qml.AngleEmbedding(inputs, wires=range(qubits), rotation="X")
            qml.StronglyEntanglingLayers(shaped[layer : layer + 1], wires=range(qubits), ranges=[1])
        letters = (qml.PauliX, qml.PauliY, qml.PauliZ)
        single = [qml.expval(letter(q)) for letter in letters for q in range(qubits)]
        pairs = [qml.PauliZ(q) @ qml.PauliZ((q + 1) % qubits) for q in range(qubits)]
        return single + [qml.expval(each) for each in pairs]

    return lambda inputs: torch.stack(circuit(inputs), dim=-1)
