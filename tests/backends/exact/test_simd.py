from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import hadamard

from qkdrp.backends.exact.simd import (
    LANES,
    aligned,
    butterfly,
    first_lane,
    first_row,
    kernel,
    lane_signs,
    load,
    store,
    swap,
    totals,
)
from qkdrp.backends.exact.state_kernels import ROW, hadamards

Reals = NDArray[np.floating]

PRECISIONS = pytest.mark.parametrize("dtype", [np.float64, np.float32])


@kernel
def _total(x: Reals, index: int, into: Reals) -> None:
    store(into, 0, totals(x, index))


@kernel
def _butterfly(x: Reals, index: int, strides: tuple[int, ...]) -> None:
    butterfly(x, index, strides)


@kernel
def _swapped(x: Reals) -> None:
    store(x, LANES, swap(load(x, 0), 1))
    store(x, 2 * LANES, swap(load(x, 0), 2))
    store(x, 3 * LANES, swap(load(x, 0), 4))


@kernel
def _signs(x: Reals, mask: int) -> float:
    store(x, 0, lane_signs(x, mask))
    return first_lane(load(x, LANES))


def whole_numbers(rng: np.random.Generator, size: int, dtype: type[np.floating]) -> Reals:
    """Numbers whose sums are exact in every precision, in any order."""
    return rng.integers(-99, 100, size).astype(dtype)


@PRECISIONS
def test_totals_are_the_sums_of_eight_rows(
    dtype: type[np.floating], rng: np.random.Generator
) -> None:
    x, found = whole_numbers(rng, 20 * LANES, dtype), np.empty(LANES, dtype)
    for first in (0, 3, 12):
        _total(x, first * LANES, found)
        rows = x.reshape(-1, LANES)[first : first + LANES]
        np.testing.assert_array_equal(found, rows.sum(axis=1))


@PRECISIONS
@pytest.mark.parametrize("bits", [(0,), (2,), (0, 1), (1, 4), (0, 2, 3), (0, 1, 3, 4)])
def test_a_butterfly_is_a_product_of_hadamards(
    bits: tuple[int, ...], dtype: type[np.floating], rng: np.random.Generator
) -> None:
    x, first = whole_numbers(rng, 35 * LANES, dtype), 3
    steps = [sum(1 << b for k, b in enumerate(bits) if n >> k & 1) for n in range(1 << len(bits))]
    rows = [first + step for step in steps]
    expected = x.reshape(-1, LANES).copy()
    expected[rows] = hadamard(2 ** len(bits)) @ expected[rows]
    _butterfly(x, first * LANES, tuple(LANES << bit for bit in bits))
    np.testing.assert_array_equal(x.reshape(-1, LANES), expected)


@PRECISIONS
@pytest.mark.parametrize("width", [LANES, ROW])
def test_hadamards_act_on_the_qubits_that_are_named(
    width: int, dtype: type[np.floating], rng: np.random.Generator
) -> None:
    n_qubits = 8
    start = whole_numbers(rng, width << n_qubits, dtype)
    for size in range(n_qubits + 1):
        for qubits in combinations(range(n_qubits), size):
            expected = start.copy()
            for q in qubits:
                low, high = expected.reshape(-1, 2, width << q).swapaxes(0, 1)
                expected = np.stack([low + high, low - high], axis=1).ravel()
            found = start.copy()
            hadamards(found, np.array(qubits, dtype=np.int64), width)
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("dtype", "size"), [(np.float64, 64), (np.float32, 32)])
def test_an_aligned_array_begins_where_a_row_may(dtype: type[np.floating], size: int) -> None:
    for length in (1, 8, 100, 5000):
        array = aligned(length, np.dtype(dtype))
        assert array.shape == (length,)
        assert array.dtype == dtype
        assert array.ctypes.data % size == 0


@pytest.mark.parametrize(("dtype", "size"), [(np.float64, 64), (np.float32, 32)])
def test_the_first_row_is_the_next_multiple_of_its_size(
    dtype: type[np.floating], size: int
) -> None:
    whole = aligned(4 * LANES, np.dtype(dtype))
    assert [first_row(whole[offset:]) for offset in range(9)] == [0, 7, 6, 5, 4, 3, 2, 1, 0]
    for offset in range(9):
        found = whole[offset:]
        assert found[first_row(found) :].ctypes.data % size == 0


@PRECISIONS
def test_swaps_exchange_lanes_whose_numbers_differ_in_a_bit(
    dtype: type[np.floating], rng: np.random.Generator
) -> None:
    x, lanes = whole_numbers(rng, 4 * LANES, dtype), np.arange(LANES)
    _swapped(x)
    for row, bit in ((1, 1), (2, 2), (3, 4)):
        np.testing.assert_array_equal(x.reshape(4, LANES)[row], x[lanes ^ bit])


@PRECISIONS
def test_signs_of_lanes_are_parities(dtype: type[np.floating], rng: np.random.Generator) -> None:
    x = whole_numbers(rng, 2 * LANES, dtype)
    for mask in range(20):
        first = _signs(x, mask)
        odd = np.bitwise_count(np.arange(LANES) & mask) % 2
        np.testing.assert_array_equal(x[:LANES], 1 - 2 * odd.astype(dtype))
        assert first == x[LANES]
