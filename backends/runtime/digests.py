"""Digests by which the same request is recognised."""

import io
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qkdrp.backends.isa.prepare import PreparedCircuit
from qkdrp.backends.isa.prepared_file import CIRCUIT, MAPPING, load_prepared, save_prepared
from qkdrp.common.files import write_bytes

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


def pack_prepared(prepared: PreparedCircuit, **more: Any) -> tuple[bytes, str]:  # noqa: ANN401
    """Return a prepared circuit as QPY, and all else of it as JSON."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        save_prepared(prepared, folder, **more)
        return (folder / CIRCUIT).read_bytes(), (folder / MAPPING).read_text()


def unpack_files(packed: Mapping[str, bytes], folder: Path) -> None:
    """Write files into a folder; each appears whole or not at all."""
    for name, content in packed.items():
        write_bytes(folder / name, content)


def unpack_prepared(circuit: bytes, mapping: str) -> PreparedCircuit:
    """Return what :func:`pack_prepared` packed."""
    with TemporaryDirectory() as name:
        unpack_files({CIRCUIT: circuit, MAPPING: mapping.encode()}, Path(name))
        return load_prepared(Path(name))
