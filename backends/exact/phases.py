"""Numba kernels for the phases of commuting rotations, over chunks of samples."""

from typing import Any, NamedTuple

from numpy.typing import NDArray

from qkdrp.backends.exact.simd import LANES, kernel, load, splat, store
from qkdrp.backends.exact.sincos import sincos
from qkdrp.backends.exact.state_kernels import ROW, clear, transform, turn


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
def shared_phases(re, im, w, layout, weights):
    """Write the phases of rotations with one angle for the batch, by row and amplitude."""
    length = len(w) // LANES
    n_rows = len(re) // length
    for first in range(0, n_rows, LANES):
        shared_angles(w, first, layout, weights)
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
def shared_angles(w, first, layout, weights):
    """Write half the angles of rows first..first + LANES of shared phases, by mask."""
    clear(w)
    for r in layout.common:
        if first <= r.row < first + LANES:
            weight = weights[r.weight] if r.weight < len(weights) else 1.0
            w[r.mask * LANES + r.row - first] += r.coefficient * weight / 2


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
