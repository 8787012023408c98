"""Arranging a Pauli program for the exact engine: runs of rotations that are applied together."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qkdrp.backends.exact.reduction import parameter_limit
from qkdrp.circuits.pauli.program import CONSTANT, PauliProgram

DIAGONAL, FLIP, MIXED = 0, 1, 2
"""Kinds of runs: Z strings; X strings, which Hadamards make diagonal; one string of both."""

MAX_TABLE = 4
"""Rotations in a phase table; a table has two to this power rows."""

MAX_NARROW = 12
"""Qubits up to which a plan is made: a chunk of samples should fit the cache."""

MIN_NARROW = 3
"""Fewer qubits are filled up to as many, for whole rows of amplitudes."""

_INT, _REAL = np.int64, np.float64

Records = NDArray[np.void]
Indices = NDArray[np.int64]


class Layout(NamedTuple):
    """A plan as arrays of records, for the kernels.

    Attributes:
        runs: Runs in order: kind; the qubits that Hadamards act on, of which the first n_flipped
            count; what makes up for two unnormalised Hadamards on each; the row of phases shared
            by the batch, or -1; the range of phase tables; the masks of a mixed string.
        tables: Phase tables: first of the rotations with an angle per sample, and how many.
        patterns: Row of each phase table for each amplitude, shape (n_tables, 2^n_qubits).
        each: Rotations with an angle per sample, in the order of the tables: index in the
            program; mask; row of the parameters; coefficient.
        common: Rotations with one angle for the batch: row of the shared phases; mask; weight,
            with one that is 1 behind them all; coefficient.
        terms: Pauli terms of the observables: masks; observable; coefficient.
    """

    runs: Records
    tables: Records
    patterns: Indices
    each: Records
    common: Records
    terms: Records


RUN = np.dtype(
    [
        ("kind", _INT),
        ("qubits", _INT, (MAX_NARROW,)),
        ("n_flipped", _INT),
        ("scale", _REAL),
        ("shared", _INT),
        ("start", _INT),
        ("stop", _INT),
        ("x", _INT),
        ("z", _INT),
    ]
)
TABLE = np.dtype([("first", _INT), ("size", _INT)])
EACH = np.dtype([("index", _INT), ("mask", _INT), ("row", _INT), ("coefficient", _REAL)])
COMMON = np.dtype([("row", _INT), ("mask", _INT), ("weight", _INT), ("coefficient", _REAL)])
TERM = np.dtype([("x", _INT), ("z", _INT), ("observable", _INT), ("coefficient", _REAL)])


@dataclass(frozen=True, eq=False)
class Plan:
    """A program, arranged.

    Rotations whose angle is the same for the whole batch turn by phases shared over it; the
    others have an angle per sample.

    Args:
        layout: For the kernels.
        n_qubits: Qubits of the states.
        n_rotations: Rotations of the program.
        n_rows: Parameters per sample: all inputs; all weights, if one of them drives a rotation
            with an angle per sample; then a 1, for constants.
        n_shared: Rows of shared phases.
        n_observables: Number of outputs.
        body: The first run that differs from sample to sample.
        limit: The largest parameter, in radians, whose angles are used as they are.
    """

    layout: Layout
    n_qubits: int
    n_rotations: int
    n_rows: int
    n_shared: int
    n_observables: int
    body: int
    limit: float


def make_plan(program: PauliProgram, per_sample: NDArray[np.bool_]) -> Plan:
    """Arrange a program into runs.

    Neighbouring Z strings commute, and so do neighbouring X strings: each such run is one phase,
    the latter between Hadamards. A whole variational block of RX and CNOT layers is one run.

    Args:
        program: The program, of at most :data:`MAX_NARROW` qubits.
        per_sample: Whether each rotation has an angle per sample, shape (n_rotations,). Mixed
            rotations, and those that inputs drive, are taken so in any case.
    """
    mixed = (program.x != 0) & (program.z != 0)
    from_input = (program.source != CONSTANT) & (program.source < program.n_inputs)
    own = per_sample | mixed | from_input
    n_weights = program.n_weights if np.any(program.source[own] >= program.n_inputs) else 0
    n_rows = program.n_inputs + n_weights + 1
    arranged = _arrange(program, own)
    varying = [r for r, (*_, start, stop, _x, _z) in enumerate(arranged.runs) if stop > start]
    return Plan(
        layout=_layout(program, arranged, n_rows),
        n_qubits=max(program.n_qubits, MIN_NARROW),
        n_rotations=program.n_rotations,
        n_rows=n_rows,
        n_shared=arranged.n_shared,
        n_observables=program.n_observables,
        body=varying[0] if varying else len(arranged.runs),
        limit=parameter_limit(program),
    )


@dataclass
class _Arrangement:
    """Rotations by run.

    Attributes:
        runs: Fields of each run.
        tables: First rotation in ``each`` and number of rotations of each table.
        each: Rotations that have an angle per sample.
        common: Of the others, the row of shared phases and the rotation.
        n_shared: Rows of shared phases.
    """

    runs: list[tuple[Any, ...]] = field(default_factory=list)
    tables: list[tuple[int, int]] = field(default_factory=list)
    each: list[int] = field(default_factory=list)
    common: list[tuple[int, int]] = field(default_factory=list)
    n_shared: int = 0


def _arrange(program: PauliProgram, own: NDArray[np.bool_]) -> _Arrangement:
    found = _Arrangement()
    for kind, rotations in find_runs(program):
        varied = [k for k in rotations if own[k]]
        same = [k for k in rotations if not own[k]]
        starts = range(0, len(varied), MAX_TABLE)
        qubits = flipped_qubits(program.x[rotations]) if kind == FLIP else []
        padded = qubits + [0] * (MAX_NARROW - len(qubits))
        shared = found.n_shared if same else -1
        masks = int(program.x[rotations[0]]), int(program.z[rotations[0]])
        first = len(found.tables)
        found.tables += [(len(found.each) + s, min(MAX_TABLE, len(varied) - s)) for s in starts]
        scale, end = 0.5 ** len(qubits), len(found.tables)
        found.runs.append((kind, padded, len(qubits), scale, shared, first, end, *masks))
        found.each += varied
        found.common += [(shared, k) for k in same]
        found.n_shared += bool(same)
    return found


def _layout(program: PauliProgram, arranged: _Arrangement, n_rows: int) -> Layout:
    mask = np.where(program.x == 0, program.z, program.x)
    source, coefficient = program.source, program.coefficient
    terms = zip(
        program.term_x,
        program.term_z,
        program.term_observable,
        program.term_coefficient,
        strict=True,
    )
    each = [  # CONSTANT is -1, the last row
        (k, mask[k], source[k] % n_rows, coefficient[k]) for k in arranged.each
    ]
    common = [(row, mask[k], _weight(program, k), coefficient[k]) for row, k in arranged.common]
    n_qubits = max(program.n_qubits, MIN_NARROW)
    return Layout(
        runs=np.array(arranged.runs, dtype=RUN),
        tables=np.array(arranged.tables, dtype=TABLE),
        patterns=_patterns(mask[arranged.each], arranged.tables, n_qubits),
        each=np.array(each, dtype=EACH),
        common=np.array(common, dtype=COMMON),
        terms=np.array(list(terms), dtype=TERM),
    )


def _weight(program: PauliProgram, rotation: int) -> int:
    source = int(program.source[rotation])
    return program.n_weights if source == CONSTANT else source - program.n_inputs


def find_runs(program: PauliProgram) -> Iterator[tuple[int, list[int]]]:
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


def flipped_qubits(masks: Indices) -> list[int]:
    """Return the qubits that some X masks touch, in ascending order."""
    touched = int(np.bitwise_or.reduce(masks))
    return [q for q in range(touched.bit_length()) if touched >> q & 1]


def _patterns(masks: Indices, tables: list[tuple[int, int]], n_qubits: int) -> Indices:
    amplitude = np.arange(2**n_qubits)
    patterns = np.zeros((len(tables), 2**n_qubits), dtype=np.int64)
    for table, (first, size) in enumerate(tables):
        for bit, mask in enumerate(masks[first : first + size]):
            odd = np.bitwise_count(amplitude & mask).astype(np.int64) & 1
            patterns[table] |= odd << bit
    return patterns
