"""Parameter points of an evaluation: their digest, and their form in the ledger."""

import io
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]

SAME_ANGLE = 1e-3
"""Radians by which an angle may differ between two processes and still be the same one."""


def points_digest(points: Reals) -> str:
    """Return the digest of parameter points, to the last bit."""
    return sha256(repr(points.shape).encode() + np.ascontiguousarray(points).tobytes()).hexdigest()


def pack_points(points: Reals) -> bytes:
    """Return points as the content of an ``npy`` file."""
    file = io.BytesIO()
    np.save(file, points, allow_pickle=False)
    return file.getvalue()


def unpack_points(packed: bytes) -> Reals:
    """Return what :func:`pack_points` packed."""
    return np.asarray(np.load(io.BytesIO(packed), allow_pickle=False), dtype=float)


def same_points(one: Reals, other: Reals) -> bool:
    """Tell whether points are the same but for what machines and thread counts change in them."""
    return one.shape == other.shape and np.allclose(one, other, rtol=0, atol=SAME_ANGLE)


def sendable(points: Reals) -> tuple[Reals, NDArray[np.bool_]]:
    """Return points without angles that are not finite, and which points had some.

    A device may leave values blank; angles that are made of them in a later layer are none.

    Args:
        points: Shape (n_points, n_parameters).

    Returns:
        The points, zeros in the place of blank ones, and which are blank, shape (n_points,).
    """
    blank = np.asarray(~np.isfinite(points).all(axis=1), dtype=np.bool_)
    return np.where(blank[:, np.newaxis], 0.0, points), blank
