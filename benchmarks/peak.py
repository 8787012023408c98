"""The most multiply-adds that this machine does, measured."""

import threading
from collections.abc import Callable
from time import perf_counter

import numpy as np
from turns import Step

from qkdrp.backends.exact.simd import LANES, kernel, load, store

TRIPS = 12_000_000
"""Multiply-adds of rows in a step that measures the peak, by each thread: some 20 ms."""


@kernel  # type: ignore[untyped-decorator]  # Numba's
def _six(x: np.ndarray, trips: int) -> None:
    a, b, c = load(x, 0), load(x, LANES), load(x, 2 * LANES)
    d, e, f = load(x, 3 * LANES), load(x, 4 * LANES), load(x, 5 * LANES)
    m, n = load(x, 6 * LANES), load(x, 7 * LANES)
    for _ in range(trips):
        a, b, c, d, e, f = a * m + n, b * m + n, c * m + n, d * m + n, e * m + n, f * m + n
    store(x, 0, a + b + c + d + e + f)


@kernel  # type: ignore[untyped-decorator]  # Numba's
def _twelve(x: np.ndarray, trips: int) -> None:
    a, b, c = load(x, 0), load(x, LANES), load(x, 2 * LANES)
    d, e, f = load(x, 3 * LANES), load(x, 4 * LANES), load(x, 5 * LANES)
    g, h, i, j, k, o = a + b, b + c, c + d, d + e, e + f, f + a
    m, n = load(x, 6 * LANES), load(x, 7 * LANES)
    for _ in range(trips):
        a, b, c, d, e, f = a * m + n, b * m + n, c * m + n, d * m + n, e * m + n, f * m + n
        g, h, i, j, k, o = g * m + n, h * m + n, i * m + n, j * m + n, k * m + n, o * m + n
    store(x, 0, a + b + c + d + e + f + g + h + i + j + k + o)


CHAINS = {_six: 6, _twelve: 12}
"""Independent rows, for machines with few and with many registers."""


def peak_step(threads: int) -> Step:
    """Return a step that does :func:`peak_work` multiply-adds, as fast as this machine can."""
    rows = np.full((threads, 8 * LANES), 0.5)  # a m + n stays between 0 and 1

    def best(run: Callable[[np.ndarray, int], None], chains: int) -> float:
        run(rows[0], 1)  # compiles
        start = perf_counter()
        run(rows[0], TRIPS // chains)
        return perf_counter() - start

    run, chains = min(CHAINS.items(), key=lambda item: best(*item))
    trips = TRIPS // chains

    def step() -> tuple[()]:
        others = [threading.Thread(target=run, args=(row, trips)) for row in rows[1:]]
        for other in others:
            other.start()
        run(rows[0], trips)
        for other in others:
            other.join()
        return ()

    return step


def peak_work(threads: int) -> int:
    """Return the multiply-adds of a step of :func:`peak_step`."""
    return threads * TRIPS * LANES
