"""What the quantum layer has to compute: multiply-adds of a step, counted."""

from collections import Counter
from typing import Any

import numpy as np

from qkdrp.backends.exact.plan import MIXED, Plan, make_plan
from qkdrp.backends.exact.simd import LANES
from qkdrp.circuits import PQCSpec, build_pqc, compile_program

ROTATION = 14
"""Multiply-adds per rotation and amplitude: 4 forward, 4 for each state backward, 2 for a slope."""

SINCOS = 27
"""Multiply-adds of a sine and a cosine."""


def floors(spec: PQCSpec, batch: int, threads: int) -> dict[str, dict[str, int]]:
    """Return multiply-adds of a step by what they are for, two ways.

    Args:
        spec: The circuit.
        batch: Samples.
        threads: What the front of the circuit, the same for all samples, is done once on.

    Returns:
        Of a sweep rotation by rotation, and of ours, counted from its plan.
    """
    pqc = build_pqc(spec)
    program = compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)
    rotations = ROTATION * program.n_rotations * batch << program.n_qubits
    plan = make_plan(program, np.zeros(program.n_rotations, dtype=bool))
    return {
        "rotation by rotation": {"rotations": rotations},
        "our sweep": dict(sweep_work(plan, batch, threads)),
    }


def sweep_work(plan: Plan, batch: int, threads: int) -> Counter[str]:
    """Return the multiply-adds (or adds) of values and gradients, as the kernels do them.

    The final states of the forward pass are taken to be kept for the backward pass.
    """
    runs, chunks = plan.layout.runs, -(-batch // LANES)
    chunk, front = _ends(plan), _shared(plan)
    for run in runs[plan.body :]:
        chunk.update(_run(plan, run, forwards=1))
    for run in runs[: plan.body]:  # once for the values, and again for the gradients
        front.update(_run(plan, run, forwards=2))
    return Counter(
        {
            name: LANES * (chunks * chunk[name] + min(threads, chunks) * front[name])
            for name in chunk | front
        }
    )


def _run(plan: Plan, run: Any, forwards: int) -> Counter[str]:  # noqa: ANN401  # a record
    n, size = plan.n_qubits, 1 << plan.n_qubits
    sizes = plan.layout.tables["size"][run["start"] : run["stop"]].tolist()
    angles, shared = sum(sizes), int(run["shared"] >= 0)
    work = Counter(sines=(forwards + 1) * SINCOS * angles)
    if run["kind"] == MIXED:
        return work + Counter(phases=(forwards + 2) * 4 * size, slopes=3 * size)
    work["Hadamards"] = (2 * forwards + 4) * 2 * size * int(run["n_flipped"])
    work["phases"] = (forwards + 2) * 4 * size * (len(sizes) + shared)
    work["tables"] = (forwards + 1) * sum(8 * (2**rotations - 1) for rotations in sizes)
    transform = n * size if angles else 0
    work["slopes"] = 3 * size + shared * size + transform + 2 * angles
    return work


def _ends(plan: Plan) -> Counter[str]:
    """Count reading out the values, the state to go back with, and adding it up at the front."""
    n, size, terms = plan.n_qubits, 1 << plan.n_qubits, plan.layout.terms
    flips = int(np.count_nonzero(terms["x"]))
    read = (2 + n) * size + 2 * len(terms) + 3 * size * flips
    pull = (2 + n) * size + len(terms) + 4 * size * flips
    return Counter({"values": read, "slopes": pull + 2 * size})


def _shared(plan: Plan) -> Counter[str]:
    """Count the phases that the batch shares, twice, and their slopes; eight rows at a time."""
    n, size, groups = plan.n_qubits, 1 << plan.n_qubits, -(-plan.n_shared // LANES)
    return Counter(
        tables=2 * groups * n * size, sines=2 * groups * SINCOS * size, slopes=groups * n * size
    )
