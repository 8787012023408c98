"""Numba kernels of the exact engine, over chunks of ``LANES`` samples.

Whatever a rotation's masks, its work is on whole rows. Compiled on first use and cached on disk;
no Python lock is held while they run.
"""

from typing import Any, NamedTuple

from numpy.typing import NDArray

from qkdrp.backends.exact.phases import (
    Point,
    add_slope,
    half_turn,
    phase_table,
    shared_phases,
    shared_slopes,
    turn_back_each,
    turn_back_shared,
    turn_each,
    turn_shared,
)
from qkdrp.backends.exact.plan import MIXED, Layout
from qkdrp.backends.exact.simd import (
    LANES,
    first_row,
    kernel,
    load,
    odd,
    splat,
    store,
    strict_kernel,
    totals,
)
from qkdrp.backends.exact.state_kernels import (
    ROW,
    add,
    clear,
    copy,
    hadamards,
    matrix_element,
    multiply,
    n_y,
    overlap,
    square,
    transform,
    turn_mixed,
)


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
        overlap(w, adjoint, psi, scale, 0, len(w) // LANES)
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
    square(w, psi, 0, len(w) // LANES)
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
    multiply(adjoint, psi, w, 0, len(w) // LANES)
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
    ground(scratch.front)
    forward(scratch.front, scratch, 0, body, layout, point)


@kernel
def enter(point, batch, chunk):
    """Take up a chunk's samples."""
    gather(point.parameters, batch.inputs, chunk)
    gather(point.rotation_signs, batch.rotation_signs, chunk)
    gather(point.term_signs, batch.term_signs, chunk)


@strict_kernel
def exceeds(angles, limit):
    """Tell whether some angle is larger than a limit; NaN is not."""
    count = 0
    for k in range(len(angles)):
        count += abs(angles[k]) > limit
    return count > 0


@kernel
def sweep(
    start,
    stop,
    back,
    body,
    limit,
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

    Arguments are flat, since Numba takes its time over tuples. Returns whether a parameter is
    beyond the limit; then nothing of the results counts.

    Args:
        start: First chunk.
        stop: Behind the last.
        back: Whether to compute gradients.
        body: The first run that differs from sample to sample.
        limit: The largest parameter that may be used as it is.
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
    own = inputs[start * LANES : stop * LANES]
    if exceeds(weights, limit) or exceeds(own.reshape(own.size), limit):
        return True
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
    return False
