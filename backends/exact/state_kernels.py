"""Numba kernels over states laid out in rows, shared by narrow and wide circuits.

A state is a flat array: a row of :data:`~qkdrp.backends.exact.simd.LANES` real parts, then one of
imaginary parts, and so on. A row holds one amplitude of as many samples (narrow circuits), or as
many amplitudes of one sample (wide circuits).
"""

import numpy as np

from qkdrp.backends.exact.plan import MAX_NARROW
from qkdrp.backends.exact.simd import LANES, butterfly, kernel, load, odd, splat, store

ROW = 2 * LANES
"""Numbers per row of amplitudes."""

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
def turn(x, i, c, s):
    """Multiply the amplitude at an index by a phase ``c + i s``."""
    a, b = load(x, i), load(x, i + LANES)
    store(x, i, a * c - b * s)
    store(x, i + LANES, a * s + b * c)


@kernel
def overlap(w, adjoint, psi, scale, start, stop):
    """Write ``scale * Im(conj(adjoint) psi)`` of each amplitude into w."""
    s = splat(w, scale)
    for k in range(start, stop):
        i = k * ROW
        im = load(adjoint, i) * load(psi, i + LANES) - load(adjoint, i + LANES) * load(psi, i)
        store(w, k * LANES, s * im)


@kernel
def square(w, psi, start, stop):
    """Write the squared modulus of each amplitude into w."""
    for k in range(start, stop):
        a, b = load(psi, k * ROW), load(psi, k * ROW + LANES)
        store(w, k * LANES, a * a + b * b)


@kernel
def multiply(adjoint, psi, w, start, stop):
    """Write psi times w into the adjoint state."""
    for k in range(start, stop):
        i, c = k * ROW, load(w, k * LANES)
        store(adjoint, i, c * load(psi, i))
        store(adjoint, i + LANES, c * load(psi, i + LANES))


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
