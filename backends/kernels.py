"""Numba kernels of the exact engine, over chunks of :data:`~qkdrp.backends.simd.LANES` samples.

A chunk's state is a flat array: for each amplitude a row of real parts, then one of imaginary
parts. Whatever a rotation's masks, its work is on whole rows. Compiled on first use and cached on
disk; no Python lock is held while they run.
"""

import numpy as np

from qkdrp.backends.plan import FLIP, MAX_GROUP, MIXED
from qkdrp.backends.simd import LANES, kernel, load, odd, splat, store, total

ROW = 2 * LANES
"""Numbers per amplitude."""

TABLE = 1 << MAX_GROUP
"""Rows of a phase table."""


@kernel
def hadamards(x, qubits, width):
    """Apply unnormalised Hadamards in place; ``width`` numbers belong to each amplitude."""
    length, n = len(x), len(qubits)
    if n & 1:
        h = width << qubits[0]
        for base in range(0, length, 2 * h):
            for i in range(base, base + h, LANES):
                a, b = load(x, i), load(x, i + h)
                store(x, i, a + b)
                store(x, i + h, a - b)
    for q in range(n & 1, n, 2):  # two qubits at a time: half the trips through memory
        h, g = width << qubits[q], width << qubits[q + 1]
        for top in range(0, length, 2 * g):
            for middle in range(top, top + g, 2 * h):
                for i in range(middle, middle + h, LANES):
                    a, b = load(x, i), load(x, i + h)
                    c, d = load(x, i + g), load(x, i + g + h)
                    e, f, p, r = a + b, a - b, c + d, c - d
                    store(x, i, e + p)
                    store(x, i + h, f + r)
                    store(x, i + g, e - p)
                    store(x, i + g + h, f - r)


@kernel
def turn_shared(x, re, im, sign):
    """Multiply each amplitude by its phase ``re + i sign im``, the same for all samples."""
    for k in range(len(re)):
        i = k * ROW
        a, b, c, d = load(x, i), load(x, i + LANES), splat(x, re[k]), splat(x, sign * im[k])
        store(x, i, a * c - b * d)
        store(x, i + LANES, a * d + b * c)


@kernel
def turn_each(x, table, pattern, sign):
    """Multiply each amplitude by the row of a phase table that its pattern names."""
    for k in range(len(pattern)):
        i, t = k * ROW, pattern[k] * ROW
        a, b, c = load(x, i), load(x, i + LANES), load(table, t)
        d = load(table, t + LANES) * splat(x, sign)
        store(x, i, a * c - b * d)
        store(x, i + LANES, a * d + b * c)


@kernel
def phase_table(table, cos, sin, scale):
    """Tabulate the phases of some rotations for all patterns of eigenvalues, by doubling.

    A rotation whose bit of the pattern is 0 contributes ``cos - i sin``, otherwise its conjugate.
    """
    store(table, 0, splat(table, scale))
    store(table, LANES, splat(table, 0.0))
    length = ROW
    for m in range(len(cos) // LANES):
        c, d = load(cos, m * LANES), load(sin, m * LANES)
        for i in range(0, length, ROW):
            a, b = load(table, i), load(table, i + LANES)
            store(table, i + length, a * c - b * d)
            store(table, i + length + LANES, a * d + b * c)
            store(table, i, a * c + b * d)
            store(table, i + LANES, b * c - a * d)
        length *= 2


@kernel
def overlap(w, adjoint, psi, scale):
    """Write ``scale * Im(conj(adjoint) psi)`` of each amplitude into w."""
    s = splat(w, scale)
    for k in range(len(w) // LANES):
        i = k * ROW
        im = load(adjoint, i) * load(psi, i + LANES) - load(adjoint, i + LANES) * load(psi, i)
        store(w, k * LANES, s * im)


@kernel
def slopes(out, bins, w, pattern, m):
    """Sum w over the amplitudes with the signs that m rotations have there, by halving."""
    length = LANES << m
    zero = splat(w, 0.0)
    for i in range(0, length, LANES):
        store(bins, i, zero)
    for k in range(len(pattern)):
        t = pattern[k] * LANES
        store(bins, t, load(bins, t) + load(w, k * LANES))
    for bit in range(m - 1, -1, -1):
        length //= 2
        slope = zero
        for i in range(0, length, LANES):
            a, b = load(bins, i), load(bins, i + length)
            slope = slope + (a - b)
            store(bins, i, a + b)
        store(out, bit * LANES, slope)


@kernel
def n_y(x, z):
    """Return the number of Y in a Pauli string, modulo 4: ``P |k> = i^y (-1)^(z.k) |k ^ x>``."""
    y, both = 0, x & z
    while both:
        both &= both - 1
        y += 1
    return y & 3


@kernel
def turn_mixed(psi, x, z, cos, sin, sign):
    """Apply ``exp(-i angle/2 P)`` for a P with x != 0; cos and sin are of half the angle."""
    y = n_y(x, z)
    c = load(cos, 0)
    s = load(sin, 0) * splat(psi, -sign if y >= 2 else sign)
    for k in range(len(psi) // ROW):
        j = k ^ x
        if j < k:
            continue
        # The two amplitudes that P exchanges, with -i i^y real for an odd y, imaginary otherwise.
        m, n = k * ROW, j * ROW
        a, b, e, f = load(psi, m), load(psi, m + LANES), load(psi, n), load(psi, n + LANES)
        up = s * splat(psi, 1.0 - 2.0 * odd(z & j))
        down = s * splat(psi, 1.0 - 2.0 * odd(z & k))
        if y & 1:
            store(psi, m, c * a + up * e)
            store(psi, m + LANES, c * b + up * f)
            store(psi, n, c * e + down * a)
            store(psi, n + LANES, c * f + down * b)
        else:
            store(psi, m, c * a + up * f)
            store(psi, m + LANES, c * b - up * e)
            store(psi, n, c * e + down * b)
            store(psi, n + LANES, c * f - down * a)


@kernel
def matrix_element(left, right, x, z, quarter):
    """Return a row of ``Re(i^quarter <left| P |right>)``."""
    y = (n_y(x, z) + quarter) & 3
    result = splat(left, 0.0)
    for k in range(len(left) // ROW):
        j = k ^ x
        m, n = k * ROW, j * ROW
        a, b, e, f = load(left, m), load(left, m + LANES), load(right, n), load(right, n + LANES)
        # (a - ib)(e + if) times i^y
        part = b * e - a * f if y & 1 else a * e + b * f
        negative = (y >= 2) != (odd(z & j) == 1)
        result = result + splat(left, -1.0 if negative else 1.0) * part
    return result


@kernel
def forward(psi, table, start, stop, layout, re, im, cos, sin):
    """Apply runs start..stop to a chunk."""
    for r in range(start, stop):
        g0, g1 = layout.group_start[r], layout.group_stop[r]
        if layout.kind[r] == MIXED:
            a = layout.first[g0] * LANES
            turn_mixed(psi, layout.x[r], layout.z[r], cos[a:], sin[a:], 1.0)
            continue
        qubits, shared = layout.qubits[r, : layout.n_flipped[r]], layout.shared[r]
        if layout.kind[r] == FLIP:
            hadamards(psi, qubits, ROW)
        if shared >= 0:
            turn_shared(psi, re[shared], im[shared], 1.0)
        for g in range(g0, g1):
            a, b = layout.first[g] * LANES, (layout.first[g] + layout.size[g]) * LANES
            scale = 0.5 ** len(qubits) if shared < 0 and g == g0 else 1.0
            phase_table(table, cos[a:b], sin[a:b], scale)
            turn_each(psi, table, layout.pattern[g], 1.0)
        if layout.kind[r] == FLIP:
            hadamards(psi, qubits, ROW)


@kernel
def backward(psi, adjoint, w, bins, table, start, stop, layout, re, im, cos, sin, slope, common):
    """Un-compute runs stop..start of a chunk and collect the slopes of their angles.

    Slopes of rotations with an angle per sample go into ``slope``; of the others, ``common``
    gathers each amplitude's share over all samples, by row of shared phases.
    """
    for r in range(stop - 1, start - 1, -1):
        g0, g1 = layout.group_start[r], layout.group_stop[r]
        if layout.kind[r] == MIXED:
            x, z, a = layout.x[r], layout.z[r], layout.first[g0] * LANES
            store(slope, a, matrix_element(adjoint, psi, x, z, 3))
            turn_mixed(psi, x, z, cos[a:], sin[a:], -1.0)
            turn_mixed(adjoint, x, z, cos[a:], sin[a:], -1.0)
            continue
        qubits, shared = layout.qubits[r, : layout.n_flipped[r]], layout.shared[r]
        scale = 0.5 ** len(qubits)
        if layout.kind[r] == FLIP:
            hadamards(psi, qubits, ROW)
            hadamards(adjoint, qubits, ROW)
        overlap(w, adjoint, psi, scale)
        if shared >= 0:
            for k in range(len(w) // LANES):
                common[shared, k] += total(load(w, k * LANES))
            turn_shared(psi, re[shared], im[shared], -1.0)
            turn_shared(adjoint, re[shared], im[shared], -1.0)
        for g in range(g0, g1):
            a, b = layout.first[g] * LANES, (layout.first[g] + layout.size[g]) * LANES
            slopes(slope[a:], bins, w, layout.pattern[g], layout.size[g])
            phase_table(table, cos[a:b], sin[a:b], scale if shared < 0 and g == g0 else 1.0)
            turn_each(psi, table, layout.pattern[g], -1.0)
            turn_each(adjoint, table, layout.pattern[g], -1.0)
        if layout.kind[r] == FLIP:
            hadamards(psi, qubits, ROW)
            hadamards(adjoint, qubits, ROW)


@kernel
def observe(psi, w, qubits, term_x, term_z, out):
    """Write the expectation value of each Pauli term; those of Z strings all at once."""
    for k in range(len(w) // LANES):
        a, b = load(psi, k * ROW), load(psi, k * ROW + LANES)
        store(w, k * LANES, a * a + b * b)
    hadamards(w, qubits, LANES)
    for t in range(len(term_x)):
        if term_x[t] == 0:
            store(out, t * LANES, load(w, term_z[t] * LANES))
        else:
            store(out, t * LANES, matrix_element(psi, psi, term_x[t], term_z[t], 0))


@kernel
def pull_back(psi, adjoint, w, qubits, term_x, term_z, cotangents):
    """Write ``sum_t cotangent_t P_t psi`` into adjoint; all Z strings at once."""
    for k in range(len(w) // LANES):
        store(w, k * LANES, splat(w, 0.0))
    for t in range(len(term_x)):
        if term_x[t] == 0:
            i = term_z[t] * LANES
            store(w, i, load(w, i) + load(cotangents, t * LANES))
    hadamards(w, qubits, LANES)
    for k in range(len(w) // LANES):
        c, i = load(w, k * LANES), k * ROW
        store(adjoint, i, c * load(psi, i))
        store(adjoint, i + LANES, c * load(psi, i + LANES))
    for t in range(len(term_x)):
        x, z = term_x[t], term_z[t]
        if x == 0:
            continue
        y, c = n_y(x, z), load(cotangents, t * LANES)
        for k in range(len(w) // LANES):
            j = k ^ x
            i, n = k * ROW, j * ROW
            s = c * splat(w, -1.0 if (y >= 2) != (odd(z & j) == 1) else 1.0)
            e, f = s * load(psi, n), s * load(psi, n + LANES)
            if y & 1:  # i (e + if) = -f + ie
                store(adjoint, i, load(adjoint, i) - f)
                store(adjoint, i + LANES, load(adjoint, i + LANES) + e)
            else:
                store(adjoint, i, load(adjoint, i) + e)
                store(adjoint, i + LANES, load(adjoint, i + LANES) + f)


@kernel
def sweep_values(chunks, initial, body, layout, re, im, cos, sin, qubits, term_x, term_z, values):
    """Write the values of all terms for a range of chunks, from a state that they share."""
    psi = np.empty(len(initial) * LANES, initial.dtype)
    w = np.empty(len(psi) // 2, initial.dtype)
    table = np.empty(TABLE * ROW, initial.dtype)
    for chunk in range(chunks[0], chunks[1]):
        _fill(psi, initial)
        forward(psi, table, body, len(layout.kind), layout, re, im, cos[chunk], sin[chunk])
        observe(psi, w, qubits, term_x, term_z, values[chunk])


@kernel
def sweep_gradient(
    chunks,
    initial,
    body,
    layout,
    re,
    im,
    cos,
    sin,
    qubits,
    term_x,
    term_z,
    cotangents,
    slope,
    common,
    adjoint_sum,
):
    """Collect slopes for a range of chunks, and the adjoint state in front of the body."""
    psi = np.empty(len(initial) * LANES, initial.dtype)
    adjoint = np.empty_like(psi)
    w = np.empty(len(psi) // 2, initial.dtype)
    table = np.empty(TABLE * ROW, initial.dtype)
    bins = np.empty(TABLE * LANES, initial.dtype)
    n_runs = len(layout.kind)
    for chunk in range(chunks[0], chunks[1]):
        c, s = cos[chunk], sin[chunk]
        _fill(psi, initial)
        forward(psi, table, body, n_runs, layout, re, im, c, s)
        pull_back(psi, adjoint, w, qubits, term_x, term_z, cotangents[chunk])
        backward(
            psi, adjoint, w, bins, table, body, n_runs, layout, re, im, c, s, slope[chunk], common
        )
        for k in range(len(adjoint_sum)):
            adjoint_sum[k] += total(load(adjoint, k * LANES))


@kernel
def _fill(psi, initial):
    for k in range(len(initial)):
        store(psi, k * LANES, splat(psi, initial[k]))
