"""Numba kernels for wide circuits: states of one sample, block by block.

A row holds the amplitudes of the ``LANES`` values of the lowest qubits. A block of rows fits the
first cache with all that is computed on it: angles, phases, Hadamards on its own qubits, slopes.
A part, of many blocks, fits the second cache. Only Hadamards on the qubits above parts go through
memory once more. A Pauli string of Z has one sign for a block, and a pattern within it.
"""

from qkdrp.backends.exact.plan import MIXED
from qkdrp.backends.exact.simd import (
    LANES,
    first_lane,
    kernel,
    lane_signs,
    load,
    mix,
    odd,
    splat,
    store,
    swap,
)
from qkdrp.backends.exact.sincos import sincos
from qkdrp.backends.exact.state_kernels import (
    ROW,
    clear,
    hadamard_stage,
    hadamards,
    multiply,
    n_y,
    square,
    transform,
)
from qkdrp.backends.exact.wide_plan import BLOCK_QUBITS, LANE_QUBITS

BLOCK = 2 << BLOCK_QUBITS
"""Numbers of a block of a state."""

STAGE = 4
"""Qubits whose Hadamards take one trip to memory."""

SUMMED = 64
"""Rows that are added up before their sum is added to others, in float64."""


@kernel
def mixed_lanes(row, within):
    """Apply Hadamards within a row, along the bits of lanes that are set."""
    if within & 1:
        row = mix(row, 1)
    if within & 2:
        row = mix(row, 2)
    if within & 4:
        row = mix(row, 4)
    return row


@kernel
def walsh(w):
    """Sum the numbers of a block with the signs of each mask, in place."""
    for i in range(0, len(w), LANES):
        store(w, i, mix(mix(mix(load(w, i), 1), 2), 4))
    transform(w)


@kernel
def spread(w, masks, numbers, start, stop, block):
    """Write a block of ``sum_k number_k (-1)^(mask_k . amplitude)``."""
    clear(w)
    for k in range(start, stop):
        number, mask = numbers[k], masks[k]
        w[mask & (len(w) - 1)] += -number if odd((mask >> BLOCK_QUBITS) & block) else number
    walsh(w)


@kernel
def collect(found, w, masks, start, stop, block):
    """Add to ``found_k`` a block's ``sum w (-1)^(mask_k . amplitude)``; w is lost."""
    walsh(w)
    for k in range(start, stop):
        number, mask = w[masks[k] & (len(w) - 1)], masks[k]
        found[k] += -number if odd((mask >> BLOCK_QUBITS) & block) else number


@kernel
def turn_block(x, angles, within, scale):
    """Multiply amplitudes by ``scale exp(-i angle)``, between Hadamards on lanes."""
    factor = splat(x, scale)
    for k in range(len(x) // ROW):
        i = k * ROW
        s, c = sincos(load(angles, k * LANES))
        c, s = c * factor, s * factor
        a, b = mixed_lanes(load(x, i), within), mixed_lanes(load(x, i + LANES), within)
        store(x, i, mixed_lanes(a * c + b * s, within))
        store(x, i + LANES, mixed_lanes(b * c - a * s, within))


@kernel
def overlap_block(w, adjoint, psi, within, scale):
    """Apply Hadamards on lanes, and write ``scale * Im(conj(adjoint) psi)`` into w."""
    factor = splat(w, scale)
    for k in range(len(psi) // ROW):
        i = k * ROW
        a, b = mixed_lanes(load(psi, i), within), mixed_lanes(load(psi, i + LANES), within)
        e = mixed_lanes(load(adjoint, i), within)
        f = mixed_lanes(load(adjoint, i + LANES), within)
        store(w, k * LANES, factor * (e * b - f * a))
        if within:
            store(psi, i, a)
            store(psi, i + LANES, b)
            store(adjoint, i, e)
            store(adjoint, i + LANES, f)


@kernel
def turn_back_block(psi, adjoint, angles, within, scale):
    """Multiply two states by ``scale exp(i angle)``, and apply Hadamards on lanes."""
    factor = splat(psi, scale)
    for k in range(len(psi) // ROW):
        i = k * ROW
        s, c = sincos(load(angles, k * LANES))
        c, s = c * factor, s * factor
        a, b, e, f = load(psi, i), load(psi, i + LANES), load(adjoint, i), load(adjoint, i + LANES)
        store(psi, i, mixed_lanes(a * c - b * s, within))
        store(psi, i + LANES, mixed_lanes(b * c + a * s, within))
        store(adjoint, i, mixed_lanes(e * c - f * s, within))
        store(adjoint, i + LANES, mixed_lanes(f * c + e * s, within))


@kernel
def turn_parts(psi, w, runs, index, masks, half, length, start, stop):
    """Apply a run, but for Hadamards on the qubits above parts, to some parts of a state.

    Args:
        psi: The state.
        w: Memory of a block.
        runs: As in ``WidePlan``.
        index: The run.
        masks: As in ``WidePlan``.
        half: Half the angle of each rotation.
        length: Numbers of a part.
        start: First number.
        stop: Behind the last.
    """
    r = runs[index]
    low, mid = r.qubits[: r.low], r.qubits[r.low : r.mid]
    for begin in range(start, stop, length):
        part = psi[begin : begin + length]
        hadamards(part, mid, ROW)
        for i in range(0, length, BLOCK):
            block = part[i : i + BLOCK]
            hadamards(block, low, ROW)
            spread(w, masks, half, r.start, r.stop, (begin + i) // BLOCK)
            turn_block(block, w, r.within, r.scale)
            hadamards(block, low, ROW)
        hadamards(part, mid, ROW)


@kernel
def turn_back_parts(psi, adjoint, w, runs, index, masks, half, found, length, start, stop):
    """Undo :func:`turn_parts` on two states, and add the slopes of its rotations to ``found``."""
    r = runs[index]
    low, mid = r.qubits[: r.low], r.qubits[r.low : r.mid]
    for begin in range(start, stop, length):
        part, other = psi[begin : begin + length], adjoint[begin : begin + length]
        hadamards(part, mid, ROW)
        hadamards(other, mid, ROW)
        for i in range(0, length, BLOCK):
            one, two, block = part[i : i + BLOCK], other[i : i + BLOCK], (begin + i) // BLOCK
            hadamards(one, low, ROW)
            hadamards(two, low, ROW)
            overlap_block(w, two, one, r.within, r.scale)
            collect(found, w, masks, r.start, r.stop, block)
            spread(w, masks, half, r.start, r.stop, block)
            turn_back_block(one, two, w, r.within, r.scale)
            hadamards(one, low, ROW)
            hadamards(two, low, ROW)
        hadamards(part, mid, ROW)
        hadamards(other, mid, ROW)


@kernel
def top_stage(x, runs, index, first, start, stop):
    """Apply some Hadamards on the qubits above parts: those from a number on, as many as a stage.

    The whole is ``len(x) >> n`` numbers, of n qubits.
    """
    r = runs[index]
    hadamard_stage(x, r.qubits[first : min(first + STAGE, r.top)], ROW, start, stop)


@kernel
def permuted(row, bits):
    """Return a row with its lanes exchanged, each with the one whose number differs in bits."""
    if bits & 1:
        row = swap(row, 1)
    if bits & 2:
        row = swap(row, 2)
    if bits & 4:
        row = swap(row, 4)
    return row


@kernel
def pair(index, x):
    """Return the first row of a pair that a string with x on rows exchanges; x = 0: of one."""
    if x == 0:
        return index
    low = x
    for shift in (1, 2, 4, 8, 16, 32):
        low |= low >> shift
    low >>= 1  # all bits below the highest one of x
    return ((index & ~low) << 1) | (index & low)


@kernel
def turn_mixed_rows(psi, x, z, half, start, stop):
    """Apply ``exp(-i half P)`` to pairs of rows, or to rows that P leaves where they are."""
    rows, lanes, above = x >> LANE_QUBITS, x & (LANES - 1), z >> LANE_QUBITS
    y = n_y(x, z)
    s, c = sincos(splat(psi, half))
    s = s * lane_signs(psi, z)
    if y >= 2:
        s = s * splat(psi, -1.0)
    for index in range(start, stop):
        k = pair(index, rows)
        j = k ^ rows
        m, n = k * ROW, j * ROW
        a, b, e, f = load(psi, m), load(psi, m + LANES), load(psi, n), load(psi, n + LANES)
        up = s * splat(psi, 1.0 - 2.0 * odd(above & k))
        down = s * splat(psi, 1.0 - 2.0 * odd(above & j))
        left, right = permuted(e, lanes), permuted(f, lanes)
        if y & 1:
            store(psi, m, c * a - up * left)
            store(psi, m + LANES, c * b - up * right)
        else:
            store(psi, m, c * a + up * right)
            store(psi, m + LANES, c * b - up * left)
        if rows == 0:
            continue
        left, right = permuted(a, lanes), permuted(b, lanes)
        if y & 1:
            store(psi, n, c * e - down * left)
            store(psi, n + LANES, c * f - down * right)
        else:
            store(psi, n, c * e + down * right)
            store(psi, n + LANES, c * f - down * left)


@kernel
def element_rows(left, right, x, z, quarter, start, stop):
    """Return ``Re(i^quarter <left| P |right>)`` over some rows of the left."""
    rows, lanes, above = x >> LANE_QUBITS, x & (LANES - 1), z >> LANE_QUBITS
    power, found = (quarter - n_y(x, z)) & 3, 0.0
    signs = lane_signs(left, z)
    for begin in range(start, stop, SUMMED):
        total = splat(left, 0.0)
        for k in range(begin, min(begin + SUMMED, stop)):
            m, n = k * ROW, (k ^ rows) * ROW
            a, b = load(left, m), load(left, m + LANES)
            e, f = permuted(load(right, n), lanes), permuted(load(right, n + LANES), lanes)
            part = b * e - a * f if power & 1 else a * e + b * f
            total = total + splat(left, 1.0 - 2.0 * odd(above & k)) * part
        found += first_lane(mix(mix(mix(total * signs, 1), 2), 4))
    return -found if power >= 2 else found


@kernel
def add_term_rows(adjoint, psi, x, z, cotangent, start, stop):
    """Add ``cotangent P psi`` to some rows of the adjoint state."""
    rows, lanes, above = x >> LANE_QUBITS, x & (LANES - 1), z >> LANE_QUBITS
    y = n_y(x, z)
    c = splat(psi, -cotangent if y >= 2 else cotangent) * lane_signs(psi, z)
    for k in range(start, stop):
        m, n = k * ROW, (k ^ rows) * ROW
        s = c * splat(psi, 1.0 - 2.0 * odd(above & k))
        e, f = s * permuted(load(psi, n), lanes), s * permuted(load(psi, n + LANES), lanes)
        if y & 1:  # -i (e + if) = f - ie
            store(adjoint, m, load(adjoint, m) + f)
            store(adjoint, m + LANES, load(adjoint, m + LANES) - e)
        else:
            store(adjoint, m, load(adjoint, m) + e)
            store(adjoint, m + LANES, load(adjoint, m + LANES) + f)


@kernel
def observe_blocks(found, psi, w, masks, start, stop):
    """Add the expectation values of Z strings over a range of numbers: blocks."""
    for i in range(start, stop, BLOCK):
        square(w, psi[i : i + BLOCK], 0, BLOCK // ROW)
        collect(found, w, masks, 0, len(masks), i // BLOCK)


@kernel
def pull_back_blocks(adjoint, psi, w, masks, cotangents, start, stop):
    """Write ``sum_t cotangent_t P_t psi``, over Z strings, into a range of numbers: blocks."""
    for i in range(start, stop, BLOCK):
        spread(w, masks, cotangents, 0, len(masks), i // BLOCK)
        multiply(adjoint[i : i + BLOCK], psi[i : i + BLOCK], w, 0, BLOCK // ROW)


@kernel
def mixed_units(psi, x):
    """Return how many pairs of rows a string exchanges, or how many rows it leaves."""
    return len(psi) // ROW >> (x >= LANES)


@kernel
def forward(psi, w, runs, start, stop, masks, half):
    """Apply runs start..stop to a state that is one part."""
    for index in range(start, stop):
        r = runs[index]
        if r.kind == MIXED:
            turn_mixed_rows(psi, r.x, r.z, half[r.start], 0, mixed_units(psi, r.x))
        else:
            turn_parts(psi, w, runs, index, masks, half, len(psi), 0, len(psi))


@kernel
def backward(psi, adjoint, w, runs, start, stop, masks, half, found):
    """Undo runs stop..start on two states, and add the slopes of all rotations to ``found``."""
    for index in range(stop - 1, start - 1, -1):
        r, length = runs[index], len(psi)
        if r.kind == MIXED:
            k, n = r.start, mixed_units(psi, r.x)
            found[k] += element_rows(adjoint, psi, r.x, r.z, 3, 0, length // ROW)
            turn_mixed_rows(psi, r.x, r.z, -half[k], 0, n)
            turn_mixed_rows(adjoint, r.x, r.z, -half[k], 0, n)
        else:
            turn_back_parts(psi, adjoint, w, runs, index, masks, half, found, length, 0, length)
