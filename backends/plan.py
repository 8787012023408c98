"""Arranging a Pauli program for the exact engine: runs of rotations that are applied together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qkdrp.circuits.program import CONSTANT, PauliProgram

DIAGONAL, FLIP, MIXED = 0, 1, 2
"""Kinds of runs: Z strings; X strings, which Hadamards make diagonal; one string of both."""

MAX_GROUP = 8
"""Rotations in a phase table; a table has two to this power rows."""

Indices = NDArray[np.int64]


class Layout(NamedTuple):
    """A plan as arrays, for the kernels.

    Attributes:
        kind: Kind of each run, shape (n_runs,).
        qubits: Qubits that a run's Hadamards act on, padded, shape (n_runs, n_qubits).
        n_flipped: How many of them count, shape (n_runs,).
        shared: Row of the run's shared phases, or -1, shape (n_runs,).
        group_start: First phase table of each run, shape (n_runs,).
        group_stop: Behind its last, shape (n_runs,).
        x: X mask of mixed runs, shape (n_runs,).
        z: Z mask of mixed runs, shape (n_runs,).
        first: First rotation of each phase table among those per sample, shape (n_groups,).
        size: Number of rotations of each phase table, shape (n_groups,).
        pattern: Row of the phase table for each amplitude, shape (n_groups, 2^n_qubits).
    """

    kind: Indices
    qubits: Indices
    n_flipped: Indices
    shared: Indices
    group_start: Indices
    group_stop: Indices
    x: Indices
    z: Indices
    first: Indices
    size: Indices
    pattern: Indices


@dataclass(frozen=True, eq=False)
class Plan:
    """A program, arranged.

    Rotations whose angle is the same for the whole batch turn by phases shared over it; the
    others have an angle per sample.

    Args:
        layout: For the kernels.
        each: Rotations with an angle per sample, in the order of the phase tables.
        common: Rotations with one angle for the batch.
        common_row: The row of the shared phases that each of them adds to.
        common_mask: The mask that it has there.
        shared_scale: Factor of each row that makes up for unnormalised Hadamards.
        body: The first run that differs from sample to sample.
    """

    layout: Layout
    each: Indices
    common: Indices
    common_row: Indices
    common_mask: Indices
    shared_scale: NDArray[np.float64]
    body: int


def make_plan(program: PauliProgram, per_sample: NDArray[np.bool_]) -> Plan:
    """Arrange a program into runs.

    Neighbouring Z strings commute, and so do neighbouring X strings: each such run is one phase,
    the latter between Hadamards. A whole variational block of RX and CNOT layers is one run.

    Args:
        program: The program.
        per_sample: Whether each rotation has an angle per sample, shape (n_rotations,). Mixed
            rotations are taken so in any case.
    """
    runs = list(_runs(program))
    each: list[int] = []
    common: list[int] = []
    common_row: list[int] = []
    scale: list[float] = []
    rows: list[tuple[int, ...]] = []
    groups: list[tuple[int, list[int]]] = []
    for kind, rotations in runs:
        own = [k for k in rotations if per_sample[k] or kind == MIXED]
        same = [k for k in rotations if not (per_sample[k] or kind == MIXED)]
        flipped = _bits(program.x[rotations], program.n_qubits) if kind == FLIP else []
        starts = range(0, len(own), MAX_GROUP)
        first_mask = int(program.x[rotations[0]]), int(program.z[rotations[0]])
        shared = len(scale) if same else -1
        rows.append(
            (kind, len(flipped), shared, len(groups), len(groups) + len(starts), *first_mask)
        )
        groups += [(len(each) + start, own[start : start + MAX_GROUP]) for start in starts]
        each += own
        if same:
            common += same
            common_row += [shared] * len(same)
            scale.append(0.5 ** len(flipped))

    mask = np.where(program.x == 0, program.z, program.x)
    kind, n_flipped, shared, start, stop, x, z = _columns(rows, 7)
    layout = Layout(
        kind=kind,
        qubits=_qubits(program, runs),
        n_flipped=n_flipped,
        shared=shared,
        group_start=start,
        group_stop=stop,
        x=x,
        z=z,
        first=np.array([first for first, _ in groups], dtype=np.int64),
        size=np.array([len(group) for _, group in groups], dtype=np.int64),
        pattern=_patterns(mask, [group for _, group in groups], program.n_qubits),
    )
    varied = np.flatnonzero(stop > start)
    return Plan(
        layout=layout,
        each=np.array(each, dtype=np.int64),
        common=np.array(common, dtype=np.int64),
        common_row=np.array(common_row, dtype=np.int64),
        common_mask=mask[common] if common else np.zeros(0, dtype=np.int64),
        shared_scale=np.array(scale),
        body=int(varied[0]) if len(varied) else len(runs),
    )


def half_angles(
    program: PauliProgram, rotations: Indices, inputs: NDArray[Any], weights: NDArray[Any]
) -> NDArray[np.float64]:
    """Return half the angles of some rotations, shape (n, batch).

    Args:
        program: The program.
        rotations: Which of its rotations, shape (n,).
        inputs: Shape (batch, n_inputs), radians.
        weights: Shape (n_weights,), radians.
    """
    parameters = np.empty((program.n_inputs + program.n_weights + 1, len(inputs)))
    parameters[: program.n_inputs] = inputs.T
    parameters[program.n_inputs : CONSTANT] = np.asarray(weights)[:, np.newaxis]
    parameters[CONSTANT] = 1.0
    half = parameters[program.source[rotations]]
    half *= program.coefficient[rotations, np.newaxis] / 2
    return half


def _runs(program: PauliProgram) -> Iterator[tuple[int, list[int]]]:
    """Yield (kind, rotations) of maximal runs; a mixed rotation is a run of its own."""
    current: list[int] = []
    previous = MIXED
    for index, (x, z) in enumerate(zip(program.x.tolist(), program.z.tolist(), strict=True)):
        kind = DIAGONAL if x == 0 else FLIP if z == 0 else MIXED
        if current and (kind != previous or kind == MIXED):
            yield previous, current
            current = []
        current.append(index)
        previous = kind
    if current:
        yield previous, current


def _bits(masks: Indices, n_qubits: int) -> list[int]:
    touched = int(np.bitwise_or.reduce(masks))
    return [q for q in range(n_qubits) if touched >> q & 1]


def _qubits(program: PauliProgram, runs: Sequence[tuple[int, list[int]]]) -> Indices:
    qubits = np.zeros((len(runs), program.n_qubits), dtype=np.int64)
    for row, (kind, rotations) in zip(qubits, runs, strict=True):
        if kind == FLIP:
            bits = _bits(program.x[rotations], program.n_qubits)
            row[: len(bits)] = bits
    return qubits


def _patterns(mask: Indices, groups: Sequence[list[int]], n_qubits: int) -> Indices:
    amplitude = np.arange(2**n_qubits)
    patterns = np.zeros((len(groups), 2**n_qubits), dtype=np.int64)
    for row, group in enumerate(groups):
        for bit, rotation in enumerate(group):
            odd = np.bitwise_count(amplitude & mask[rotation]).astype(np.int64) & 1
            patterns[row] |= odd << bit
    return patterns


def _columns(rows: Sequence[tuple[int, ...]], width: int) -> Indices:
    return np.ascontiguousarray(np.array(rows, dtype=np.int64).reshape(-1, width).T)
