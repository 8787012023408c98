"""Numba kernels of the exact engine, over chunks of :data:`~qkdrp.backends.simd.LANES` samples.

A chunk's state is a flat array: for each amplitude a row of real parts, then one of imaginary
parts. Whatever a rotation's masks, its work is on whole rows. Compiled on first use and cached on
disk; no Python lock is held while they run.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qkdrp.backends.plan import MAX_NARROW, MIXED, Layout
from qkdrp.backends.simd import (
    LANES,
    butterfly,
    first_row,
    kernel,
    load,
    odd,
    splat,
    store,
    totals,
)
from qkdrp.backends.sincos import sincos

ROW = 2 * LANES
"""Numbers per amplitude."""

QUBITS = np.arange(MAX_NARROW)


@kernel
def hadamards(x, qubits, width):
    """Apply unnormalised Hadamards in place; ``width`` numbers belong to each amplitude."""
    n, q = len(qubits), 0
    while q < n:  # as many qubits as registers hold in one trip to memory
        m = min(4, n - q)
        hadamard_stage(x, qubits[q : q + m], width, 0, len(x) >> m)
        q += m


@kernel
def hadamard_stage(x, qubits, width, start, stop):
    """Apply :func:`hadamards` of up to four qubits to a part: the whole ends at len(x) >> n."""
    n = len(qubits)
    if n == 4:
        h = width << qubits[0], width << qubits[1], width << qubits[2], width << qubits[3]
        _stage(x, h, start, stop)
    elif n == 3:
        _stage(x, (width << qubits[0], width << qubits[1], width << qubits[2]), start, stop)
    elif n == 2:
        _stage(x, (width << qubits[0], width << qubits[1]), start, stop)
    elif n == 1:
        _stage(x, (width << qubits[0],), start, stop)


@kernel
def _stage(x, strides, start, stop):
    for i in range(start, stop, LANES):
        for h in strides:  # ascending: make room for a 0 at each of these bits
            i = 2 * i - (i & (h - 1))  # noqa: PLW2901
        butterfly(x, i, strides)


@kernel
def transform(w):
    """Sum the rows of w over all amplitudes with the signs of each Z mask, in place."""
    n = 0
    while LANES << n < len(w):
        n += 1
    hadamards(w, QUBITS[:n], LANES)


@kernel
def clear(x):
    """Fill with zeros."""
    for i in range(0, len(x), LANES):
        store(x, i, splat(x, 0.0))


@kernel
def copy(x, y):
    """Copy y to x."""
    for i in range(0, len(x), LANES):
        store(x, i, load(y, i))


@kernel
def add(x, y):
    """Add y to x."""
    for i in range(0, len(x), LANES):
        store(x, i, load(x, i) + load(y, i))


@kernel
def shared_phases(re, im, w, layout, weights):
    """Write the phases of rotations with one angle for the batch, by row and amplitude."""
    length = len(w) // LANES
    n_rows = len(re) // length
    for first in range(0, n_rows, LANES):
        clear(w)
        for r in layout.common:
            if first <= r.row < first + LANES:
                weight = weights[r.weight] if r.weight < len(weights) else 1.0
                half = r.coefficient * weight / 2
                w[r.mask * LANES + r.row - first] += half
        transform(w)
        rows = min(LANES, n_rows - first)
        for k in range(length):
            s, c = sincos(load(w, k * LANES))
            store(w, k * LANES, c)
            for row in range(rows):
                re[(first + row) * length + k] = w[k * LANES + row]
            store(w, k * LANES, s)
            for row in range(rows):
                im[(first + row) * length + k] = -w[k * LANES + row]
    for r in layout.runs:
        if r.shared >= 0:  # makes up for unnormalised Hadamards
            for i in range(r.shared * length, (r.shared + 1) * length):
                re[i] *= r.scale
                im[i] *= r.scale


@kernel
def shared_slopes(gradient, gathered, w, layout):
    """Add up what rotations with one angle for the batch gathered, by weight."""
    length = len(w) // LANES
    n_rows = len(gathered) // length
    for first in range(0, n_rows, LANES):
        clear(w)
        for row in range(min(LANES, n_rows - first)):
            for k in range(length):
                w[k * LANES + row] = gathered[(first + row) * length + k]
        transform(w)
        for r in layout.common:
            if first <= r.row < first + LANES and r.weight < len(gradient):
                gradient[r.weight] += r.coefficient * w[r.mask * LANES + r.row - first]


@kernel
def turn_shared(x, re, im, row):
    """Multiply each amplitude by its phase ``re + i im``, the same for all samples."""
    length = len(x) // ROW
    for k in range(length):
        i, p = k * ROW, row * length + k
        turn(x, i, splat(x, re[p]), splat(x, im[p]))


@kernel
def turn_each(x, table, pattern):
    """Multiply each amplitude by the row of a phase table that its pattern names."""
    for k in range(len(pattern)):
        t = pattern[k] * ROW
        turn(x, k * ROW, load(table, t), load(table, t + LANES))


@kernel
def turn_back_shared(psi, adjoint, re, im, row):
    """Undo :func:`turn_shared` on two states."""
    length = len(psi) // ROW
    for k in range(length):
        i, p = k * ROW, row * length + k
        c, s = splat(psi, re[p]), splat(psi, -im[p])
        turn(psi, i, c, s)
        turn(adjoint, i, c, s)


@kernel
def turn_back_each(psi, adjoint, table, pattern):
    """Apply :func:`turn_each` to two states."""
    for k in range(len(pattern)):
        i, t = k * ROW, pattern[k] * ROW
        c, s = load(table, t), load(table, t + LANES)
        turn(psi, i, c, s)
        turn(adjoint, i, c, s)


@kernel
def turn(x, i, c, s):
    """Multiply the amplitude at an index by a phase ``c + i s``."""
    a, b = load(x, i), load(x, i + LANES)
    store(x, i, a * c - b * s)
    store(x, i + LANES, a * s + b * c)


class Point(NamedTuple):
    """What a chunk of samples has of its own: rows of :data:`LANES` samples.

    Attributes:
        parameters: A row for each input, each weight if need be, and ones.
        slopes: Derivatives by each of them.
        values: A row for each observable: its values, or their cotangents.
        rotation_signs: A row for each rotation of the program, or nothing.
        term_signs: A row for each term, or nothing.
    """

    parameters: NDArray[Any]
    slopes: NDArray[Any]
    values: NDArray[Any]
    rotation_signs: NDArray[Any]
    term_signs: NDArray[Any]


@kernel
def half_turn(point, k, layout):
    """Return sine and cosine of half the angle of rotation k, of those with one per sample."""
    r = layout.each[k]
    half = load(point.parameters, r.row * LANES)
    half = half * splat(half, r.coefficient / 2)
    if len(point.rotation_signs):
        half = half * load(point.rotation_signs, r.index * LANES)
    return sincos(half)


@kernel
def add_slope(point, k, layout, slope):
    """Add the slope of rotation k to that of its parameter."""
    r = layout.each[k]
    i = r.row * LANES
    slope = slope * splat(slope, r.coefficient)
    if len(point.rotation_signs):
        slope = slope * load(point.rotation_signs, r.index * LANES)
    store(point.slopes, i, load(point.slopes, i) + slope)


@kernel
def phase_table(table, point, t, layout, scale, sign):
    """Tabulate the phases of a table's rotations for all patterns of eigenvalues, by doubling.

    A rotation whose bit of the pattern is 0 contributes ``exp(-i sign angle / 2)``, otherwise its
    conjugate.
    """
    store(table, 0, splat(table, scale))
    store(table, LANES, splat(table, 0.0))
    length = ROW
    for k in range(t.first, t.first + t.size):
        s, c = half_turn(point, k, layout)
        s = s * splat(s, sign)
        for i in range(0, length, ROW):
            a, b = load(table, i), load(table, i + LANES)
            store(table, i + length, a * c - b * s)
            store(table, i + length + LANES, a * s + b * c)
            store(table, i, a * c + b * s)
            store(table, i + LANES, b * c - a * s)
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
def n_y(x, z):
    """Return the number of Y in a Pauli string, modulo 4: ``P |k> = i^y (-1)^(z.k) |k ^ x>``."""
    y, both = 0, x & z
    while both:
        both &= both - 1
        y += 1
    return y & 3


@kernel
def turn_mixed(psi, x, z, c, s):
    """Apply ``c - i s P`` for a P with x != 0."""
    y = n_y(x, z)
    if y >= 2:
        s = s * splat(s, -1.0)
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
def forward(psi, scratch, start, stop, layout, point):
    """Apply runs start..stop to a chunk."""
    re, im, table = scratch.re, scratch.im, scratch.table
    for r in layout.runs[start:stop]:
        if r.kind == MIXED:
            s, c = half_turn(point, layout.tables[r.start].first, layout)
            turn_mixed(psi, r.x, r.z, c, s)
            continue
        qubits, scale = r.qubits[: r.n_flipped], r.scale
        hadamards(psi, qubits, ROW)
        if r.shared >= 0:
            turn_shared(psi, re, im, r.shared)
            scale = 1.0
        for t in range(r.start, r.stop):
            phase_table(table, point, layout.tables[t], layout, scale, 1.0)
            turn_each(psi, table, layout.patterns[t])
            scale = 1.0
        hadamards(psi, qubits, ROW)


@kernel
def backward(psi, adjoint, scratch, start, stop, layout, point):
    """Un-compute runs stop..start of a chunk and collect the slopes of their angles.

    Slopes of rotations with an angle per sample go to their parameters; of the others,
    ``scratch.gathered`` takes each amplitude's share over all samples, by row of shared phases.
    """
    re, im, table, w, gathered = scratch.re, scratch.im, scratch.table, scratch.w, scratch.gathered
    for r in layout.runs[start:stop][::-1]:
        if r.kind == MIXED:
            k = layout.tables[r.start].first
            add_slope(point, k, layout, matrix_element(adjoint, psi, r.x, r.z, 3))
            s, c = half_turn(point, k, layout)
            s = s * splat(s, -1.0)
            turn_mixed(psi, r.x, r.z, c, s)
            turn_mixed(adjoint, r.x, r.z, c, s)
            continue
        qubits, scale = r.qubits[: r.n_flipped], r.scale
        hadamards(psi, qubits, ROW)
        hadamards(adjoint, qubits, ROW)
        overlap(w, adjoint, psi, scale)
        if r.shared >= 0:
            length = len(w) // LANES
            for k in range(0, length, LANES):
                i = r.shared * length + k
                store(gathered, i, load(gathered, i) + totals(w, k * LANES))
            turn_back_shared(psi, adjoint, re, im, r.shared)
            scale = 1.0
        if r.stop > r.start:
            transform(w)
        for t in range(r.start, r.stop):
            table_of = layout.tables[t]
            for k in range(table_of.first, table_of.first + table_of.size):
                slope = load(w, layout.each[k].mask * LANES)
                add_slope(point, k, layout, slope)
            phase_table(table, point, table_of, layout, scale, -1.0)
            turn_back_each(psi, adjoint, table, layout.patterns[t])
            scale = 1.0
        hadamards(psi, qubits, ROW)
        hadamards(adjoint, qubits, ROW)


@kernel
def factor(point, t, layout):
    """Return the coefficient of a term, with its signs."""
    coefficient = splat(point.parameters, layout.terms[t].coefficient)
    if len(point.term_signs):
        return coefficient * load(point.term_signs, t * LANES)
    return coefficient


@kernel
def observe(psi, w, layout, point):
    """Write the expectation values; those of Z strings all at once."""
    clear(point.values)
    for k in range(len(w) // LANES):
        a, b = load(psi, k * ROW), load(psi, k * ROW + LANES)
        store(w, k * LANES, a * a + b * b)
    transform(w)
    for t in range(len(layout.terms)):
        x, z = layout.terms[t].x, layout.terms[t].z
        value = load(w, z * LANES) if x == 0 else matrix_element(psi, psi, x, z, 0)
        i = layout.terms[t].observable * LANES
        store(point.values, i, load(point.values, i) + factor(point, t, layout) * value)


@kernel
def pull_back(psi, adjoint, w, layout, point):
    """Write ``sum_t cotangent_t P_t psi`` over all terms into adjoint; all Z strings at once."""
    clear(w)
    for t in range(len(layout.terms)):
        if layout.terms[t].x == 0:
            i = layout.terms[t].z * LANES
            c = load(point.values, layout.terms[t].observable * LANES)
            store(w, i, load(w, i) + factor(point, t, layout) * c)
    transform(w)
    for k in range(len(w) // LANES):
        c, i = load(w, k * LANES), k * ROW
        store(adjoint, i, c * load(psi, i))
        store(adjoint, i + LANES, c * load(psi, i + LANES))
    for t in range(len(layout.terms)):
        x, z = layout.terms[t].x, layout.terms[t].z
        if x == 0:
            continue
        y = n_y(x, z)
        c = load(point.values, layout.terms[t].observable * LANES)
        c = c * factor(point, t, layout)
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
def ground(psi):
    """Set the state |0...0>."""
    clear(psi)
    store(psi, 0, splat(psi, 1.0))


class Scratch(NamedTuple):
    """Memory of a sweep; every part begins where a row may.

    Attributes:
        re: Real parts of the phases that the batch shares, by row and amplitude.
        im: Imaginary parts.
        gathered: Slopes of their angles.
        table: A phase table.
        w: A real number for each amplitude and sample.
        front: The state in front of the body.
        psi: A state.
        adjoint: The adjoint state.
        gone_back: The adjoint state in front of the body, summed over chunks.
    """

    re: NDArray[Any]
    im: NDArray[Any]
    gathered: NDArray[Any]
    table: NDArray[Any]
    w: NDArray[Any]
    front: NDArray[Any]
    psi: NDArray[Any]
    adjoint: NDArray[Any]
    gone_back: NDArray[Any]


class Batch(NamedTuple):
    """A batch of samples.

    Attributes:
        inputs: Shape (batch, n_inputs).
        weights: Shape (n_weights,).
        rotation_signs: Shape (batch, n_rotations), or empty.
        term_signs: Shape (batch, n_terms), or empty.
    """

    inputs: NDArray[Any]
    weights: NDArray[Any]
    rotation_signs: NDArray[Any]
    term_signs: NDArray[Any]


@kernel
def gather(rows, samples, chunk):
    """Lay a chunk's samples side by side; zeros where the batch has ended."""
    n = min(LANES, len(samples) - chunk * LANES)
    for k in range(samples.shape[1]):
        store(rows, k * LANES, splat(rows, 0.0))
        for lane in range(n):
            rows[k * LANES + lane] = samples[chunk * LANES + lane, k]


@kernel
def scatter(samples, rows, chunk):
    """Undo :func:`gather`."""
    n = min(LANES, len(samples) - chunk * LANES)
    for lane in range(n):
        for k in range(samples.shape[1]):
            samples[chunk * LANES + lane, k] = rows[k * LANES + lane]


@kernel
def begin(scratch, point, layout, batch, body):
    """Prepare what chunks share: phases, the state in front of the body, weights as parameters."""
    n_inputs, last = batch.inputs.shape[1], len(point.parameters) - LANES
    for i in range(n_inputs * LANES, last, LANES):
        weight = batch.weights[i // LANES - n_inputs]
        store(point.parameters, i, splat(point.parameters, weight))
    store(point.parameters, last, splat(point.parameters, 1.0))
    shared_phases(scratch.re, scratch.im, scratch.w, layout, batch.weights)
    clear(scratch.front)
    store(scratch.front, 0, splat(scratch.front, 1.0))  # |0...0>
    forward(scratch.front, scratch, 0, body, layout, point)


@kernel
def enter(point, batch, chunk):
    """Take up a chunk's samples."""
    gather(point.parameters, batch.inputs, chunk)
    gather(point.rotation_signs, batch.rotation_signs, chunk)
    gather(point.term_signs, batch.term_signs, chunk)


@kernel
def sweep(
    start,
    stop,
    back,
    body,
    runs,
    tables,
    patterns,
    each,
    common,
    terms,
    inputs,
    weights,
    rotation_signs,
    term_signs,
    memory,
    cuts,
    states,
    values,
    gradient,
    shared,
):
    """Compute the values of chunks start..stop of a batch, or their gradients.

    Arguments are flat, since Numba takes its time over tuples.

    Args:
        start: First chunk.
        stop: Behind the last.
        back: Whether to compute gradients.
        body: The first run that differs from sample to sample.
        runs: As in ``Layout``, like all up to ``terms``.
        tables: As above.
        patterns: As above.
        each: As above.
        common: As above.
        terms: As above.
        inputs: As in :class:`Batch`, like all up to ``term_signs``.
        weights: As above.
        rotation_signs: As above.
        term_signs: As above.
        memory: For :class:`Scratch` and :class:`Point`, not shared with other threads.
        cuts: Where their parts begin, and where the last one ends.
        states: Final states of all chunks, with LANES numbers to spare, written where values are
            asked for and read where gradients are; or empty.
        values: Expectation values, written, or their cotangents, shape (batch, n_observables).
        gradient: By parameters of each sample, written, shape (batch, n_rows - 1).
        shared: By weight, from angles that the batch shares, added to, shape (n_weights,).
    """
    layout = Layout(runs, tables, patterns, each, common, terms)
    batch = Batch(inputs, weights, rotation_signs, term_signs)
    point = Point(
        memory[cuts[9] : cuts[10]],
        memory[cuts[10] : cuts[11]],
        memory[cuts[11] : cuts[12]],
        memory[cuts[12] : cuts[13]],
        memory[cuts[13] : cuts[14]],
    )
    scratch = Scratch(
        memory[cuts[0] : cuts[1]],
        memory[cuts[1] : cuts[2]],
        memory[cuts[2] : cuts[3]],
        memory[cuts[3] : cuts[4]],
        memory[cuts[4] : cuts[5]],
        memory[cuts[5] : cuts[6]],
        memory[cuts[6] : cuts[7]],
        memory[cuts[7] : cuts[8]],
        memory[cuts[8] : cuts[9]],
    )
    begin(scratch, point, layout, batch, body)
    front, n_runs, at, kept = scratch.front, len(runs), first_row(states), len(states) > 0
    clear(scratch.gathered)
    clear(scratch.gone_back)
    for chunk in range(start, stop):
        i = at + chunk * len(front)
        psi = states[i : i + len(front)] if kept and not back else scratch.psi
        enter(point, batch, chunk)
        if back and kept:
            copy(psi, states[i : i + len(front)])
        else:
            copy(psi, front)
            forward(psi, scratch, body, n_runs, layout, point)
        if back:
            gather(point.values, values, chunk)
            clear(point.slopes)
            pull_back(psi, scratch.adjoint, scratch.w, layout, point)
            backward(psi, scratch.adjoint, scratch, body, n_runs, layout, point)
            add(scratch.gone_back, scratch.adjoint)
            scatter(gradient, point.slopes, chunk)
        else:
            observe(psi, scratch.w, layout, point)
            scatter(values, point.values, chunk)
    if back:  # in front of the body the state is the same for all, and gradients are linear
        backward(front, scratch.gone_back, scratch, 0, body, layout, point)
        shared_slopes(shared, scratch.gathered, scratch.w, layout)
