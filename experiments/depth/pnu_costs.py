"""Team PNU's formulas of cost, as published, beside gates, times and numbers that are measured."""

from collections.abc import Callable
from time import perf_counter

import numpy as np
import pandas as pd
import torch

from qkdrp.backends import get_backend
from qkdrp.backends.depth.device import DeviceSnapshot
from qkdrp.backends.depth.report import DepthReport
from qkdrp.backends.isa.targets import gates_of
from qkdrp.circuits import build_pqc, logical_resources
from qkdrp.circuits.families.pnu.spec import PnuSpec
from qkdrp.circuits.family import AS_BUILT

ROWS, REPEATS = 1050, 5
"""Rows of a timed batch: biomarker observations of 42 subjects. Repeats; the shortest counts."""

OTHERS = 2
"""Layers that the formulas count beside hidden ones."""


def classical_parameters(n_in: int, n_out: int, width: int, layers: int) -> int:
    """Return parameters of a classical network as the poster counts them.

    Args:
        n_in: Its inputs.
        n_out: Its outputs.
        width: Of each layer.
        layers: Hidden layers.
    """
    return (n_in + n_out) * width + width**2 * (layers + OTHERS)


def hybrid_parameters(n_in: int, n_out: int, width: int, layers: int) -> tuple[int, int]:
    """Return classical and quantum parameters of a hybrid one as the poster counts them.

    Args:
        n_in: Its inputs.
        n_out: Its outputs.
        width: Qubits.
        layers: Of the circuit.
    """
    return (n_in + n_out) * width, 3 * width * layers


def least_step(width: int, layers: int) -> float:
    """Return how many two-qubit gates' time a classical step must take for the hybrid to be faster.

    The report (appendix D) calls it faster if ``width^2 (layers + 2) / ((width + 4) layers)`` steps
    of a processor take longer than one two-qubit gate; this is one over that.

    Args:
        width: Qubits.
        layers: Of the circuit.
    """
    return (width + 4) * layers / (width**2 * (layers + OTHERS))


def cost_table(report: DepthReport, device: str, n_in: int = 21, n_out: int = 64) -> pd.DataFrame:
    """Return the published formulas beside measured numbers, one row for each circuit.

    Args:
        report: Of the circuits on the device.
        device: Its name.
        n_in: Inputs of the layer in front of the circuit.
        n_out: Outputs of the layer after it.
    """
    rows = []
    step = step_seconds(n_in)
    for best in report.best:
        spec = best.variant.spec
        if best.variant.form != AS_BUILT or best.device != device:
            continue
        assert isinstance(spec, PnuSpec)
        n, layers = spec.n_qubits, spec.n_layers
        found = logical_resources(build_pqc(spec).circuit)
        one_qubit = sum(found.gate_counts.values()) - found.two_qubit_gates
        samples = report.load.samples
        rows.append(
            {
                "circuit": f"({n},{layers})",
                "parameters, classical as published": classical_parameters(n_in, n_out, n, layers),
                "parameters, hybrid as published": sum(hybrid_parameters(n_in, n_out, n, layers)),
                "1q gates as published": 4 * layers,
                "1q gates": one_qubit,
                "2q gates as published": n * layers,
                "2q gates on the device": best.trial.two_qubit_gates,
                "ns a step must take": least_step(n, layers) * two_qubit_ns(report, device),
                "ns a step takes": 1e9 * step,
                "us a sample, simulated": 1e6 * engine_seconds(spec),
                "ms a sample, device": 1e3 * best.times.inference / samples,
            }
        )
    return pd.DataFrame(rows)


def two_qubit_ns(report: DepthReport, device: str) -> float:
    """Return the median length of a two-qubit gate of a device, ns.

    Args:
        report: That holds the device.
        device: Its name.
    """
    return 1e9 * two_qubit_seconds(report.devices[device])


def two_qubit_seconds(device: DeviceSnapshot) -> float:
    """Return the median length of a two-qubit gate, seconds."""
    lengths = [
        known.duration
        for _, on, known in gates_of(device.target)
        if len(on) == 2 and known.duration
    ]
    return float(np.median(lengths))


@torch.no_grad()
def step_seconds(width: int) -> float:
    """Return the time of one multiplication and addition of a dense layer, one thread.

    Args:
        width: Of the layer.
    """
    layer, rows = torch.nn.Linear(width, width), torch.randn(ROWS, width)
    return _shortest(lambda: layer(rows)) / (ROWS * width**2)


def engine_seconds(spec: PnuSpec) -> float:
    """Return the time that exact values of a sample take here, one thread.

    Args:
        spec: The circuit.
    """
    rng = np.random.default_rng(0)
    inputs = rng.uniform(-1, 1, (ROWS, spec.n_inputs))
    weights = rng.uniform(0, 2 * np.pi, spec.n_weights)
    with get_backend("statevector") as backend:
        qnn = backend.qnn(build_pqc(spec))
        return _shortest(lambda: qnn.forward(inputs, weights)) / ROWS


def _shortest(work: Callable[[], object]) -> float:
    """Return the shortest time of some repeats, after one that warms up."""
    work()
    times = []
    for _ in range(REPEATS):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return min(times)
