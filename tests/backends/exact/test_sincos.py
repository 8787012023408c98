import numpy as np
import pytest
from numpy.typing import NDArray

from qkdrp.backends.exact.simd import LANES, kernel, load, store
from qkdrp.backends.exact.sincos import sincos

Reals = NDArray[np.floating]

SMALL_TO_LARGE = [1.0, 1e3, 1e6]


@kernel
def _fill(angles: Reals, sines: Reals, cosines: Reals) -> None:
    for i in range(0, len(angles), LANES):
        s, c = sincos(load(angles, i))
        store(sines, i, s)
        store(cosines, i, c)


def sines_and_cosines(angles: Reals) -> tuple[Reals, Reals]:
    """Those of a number of angles that is a multiple of LANES."""
    sines, cosines = np.full_like(angles, 7.0), np.full_like(angles, 7.0)
    _fill(angles, sines, cosines)
    return sines, cosines


def assert_same(angles: Reals, tolerance: float) -> None:
    sines, cosines = sines_and_cosines(angles)
    exact = angles.astype(np.longdouble)
    for found, expected in ((sines, np.sin(exact)), (cosines, np.cos(exact))):
        assert found.dtype == angles.dtype
        assert np.max(np.abs(found - expected)) < tolerance


@pytest.mark.parametrize("scale", SMALL_TO_LARGE)
def test_they_are_those_of_numpy(scale: float, rng: np.random.Generator) -> None:
    assert_same(scale * rng.uniform(-1, 1, 100_000), 3e-16)


@pytest.mark.parametrize("scale", SMALL_TO_LARGE)
def test_single_precision_is_rounded_once(scale: float, rng: np.random.Generator) -> None:
    angles = (scale * rng.uniform(-1, 1, 100_000)).astype(np.float32)
    assert_same(angles, 2.0**-25 * (1 + 1e-6))  # half a unit in the last place below 1


@pytest.mark.parametrize("step", [-1, 0, 1])
def test_every_octant_meets_the_next(step: int) -> None:
    angles = np.arange(-4096, 4096) * (np.pi / 4)
    if step:
        angles = np.nextafter(angles, step * np.inf)
    assert_same(angles, 3e-16)


def test_small_angles_keep_all_their_digits(rng: np.random.Generator) -> None:
    angles = rng.uniform(-1, 1, 8000) * 10.0 ** rng.integers(-300, 0, 8000)
    sines, _ = sines_and_cosines(angles)
    np.testing.assert_allclose(sines, np.sin(angles), rtol=5e-16, atol=0)


def test_nought_is_exact() -> None:
    sines, cosines = sines_and_cosines(np.zeros(LANES))
    assert sines.tolist() == [0.0] * LANES
    assert cosines.tolist() == [1.0] * LANES


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_angle_has_no_sine_nor_do_neighbours_lose_theirs(
    bad: float, dtype: type[np.floating]
) -> None:
    angles = np.linspace(-2, 2, 2 * LANES, dtype=dtype)
    expected = sines_and_cosines(angles)
    angles[5] = bad
    for found, plain in zip(sines_and_cosines(angles), expected, strict=True):
        assert np.flatnonzero(np.isnan(found)).tolist() == [5]
        np.testing.assert_array_equal(np.delete(found, 5), np.delete(plain, 5))
