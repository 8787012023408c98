"""Arranging a Pauli program for wide circuits: runs, and what Hadamards of each act on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qkdrp.backends.exact.plan import FLIP, find_runs, flipped_qubits
from qkdrp.backends.exact.simd import LANES
from qkdrp.circuits.pauli.program import CONSTANT, PauliProgram

LANE_QUBITS = LANES.bit_length() - 1
"""Qubits within a row."""

BLOCK_QUBITS = 9
"""Qubits of a block: those of two states fit the first cache, with what is computed on them."""

PART_QUBITS = 16
"""Qubits of a part of a state that threads share, at most: one fits the second cache."""

TOP_QUBITS = 4
"""Qubits above a part, at least: as many as one trip to memory does, and parts for all threads."""

MAX_QUBITS = 62
"""Qubits that masks have bits for."""

_INT, _REAL = np.int64, np.float64

WIDE_RUN = np.dtype(
    [
        ("kind", _INT),
        ("start", _INT),
        ("stop", _INT),
        ("x", _INT),
        ("z", _INT),
        ("within", _INT),
        ("qubits", _INT, (MAX_QUBITS,)),
        ("low", _INT),
        ("mid", _INT),
        ("top", _INT),
        ("scale", _REAL),
    ]
)
"""Kind of a run; the range of its rotations; the masks of a mixed string; what Hadamards act on:
bits of lanes, then qubits above them, numbered from the first one above; how many of these end
within a block, within a part, and in all; what makes up for two unnormalised Hadamards on each."""


@dataclass(frozen=True, eq=False)
class WidePlan:
    """A program, arranged for states of one sample.

    Args:
        program: The program.
        n_qubits: Qubits of the states: a block at least.
        runs: Runs in order, of :data:`WIDE_RUN`, where a state is one part.
        shared: The same for states in parts of ``part`` numbers.
        part: Numbers of a part of a state that threads share.
        masks: The string of each rotation of a run as one mask, shape (n_rotations,).
        body: The first run that differs from sample to sample.
        plain: Terms of Z alone, by index.
        flips: The other terms.
    """

    program: PauliProgram
    n_qubits: int
    runs: NDArray[np.void]
    shared: NDArray[np.void]
    part: int
    masks: NDArray[np.int64]
    body: int
    plain: NDArray[np.int64]
    flips: NDArray[np.int64]

    @property
    def length(self) -> int:
        """Real numbers of a state."""
        return 2 << self.n_qubits


def make_wide_plan(program: PauliProgram) -> WidePlan:
    """Arrange a program into runs, as for narrow circuits."""
    found = list(find_runs(program))
    driven = (program.source != CONSTANT) & (program.source < program.n_inputs)
    varying = [index for index, (_, run) in enumerate(found) if driven[run].any()]
    n_qubits = max(program.n_qubits, BLOCK_QUBITS)
    part_qubits = max(BLOCK_QUBITS, min(PART_QUBITS, n_qubits - TOP_QUBITS))
    return WidePlan(
        program=program,
        n_qubits=n_qubits,
        runs=np.array([_run(program, *run, n_qubits) for run in found], dtype=WIDE_RUN),
        shared=np.array([_run(program, *run, part_qubits) for run in found], dtype=WIDE_RUN),
        part=2 << part_qubits,
        masks=np.where(program.x == 0, program.z, program.x).astype(_INT),
        body=varying[0] if varying else len(found),
        plain=np.flatnonzero(program.term_x == 0),
        flips=np.flatnonzero(program.term_x),
    )


def _run(
    program: PauliProgram, kind: int, rotations: list[int], part_qubits: int
) -> tuple[Any, ...]:
    """Return the fields of a run; its rotations follow one another."""
    first, last = rotations[0], rotations[-1]
    flipped = flipped_qubits(program.x[rotations]) if kind == FLIP else []
    within = sum(1 << q for q in flipped if q < LANE_QUBITS)
    above = [q - LANE_QUBITS for q in flipped if q >= LANE_QUBITS]
    ends = [
        sum(q < end - LANE_QUBITS for q in above) for end in (BLOCK_QUBITS, part_qubits, MAX_QUBITS)
    ]
    padded = above + [0] * (MAX_QUBITS - len(above))
    masks = int(program.x[first]), int(program.z[first])
    return kind, first, last + 1, *masks, within, padded, *ends, 0.5 ** len(flipped)
