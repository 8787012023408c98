"""Digests by which the same request is recognised."""

import io
import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from qkdrp.backends.isa.prepare import PreparedCircuit
from qkdrp.backends.isa.store import CIRCUIT, MAPPING, load_prepared, save_prepared

Reals = NDArray[np.float64]


def digest_of(content: Any) -> str:  # noqa: ANN401  # whatever json accepts
    """Return the SHA-256 of something that can be written as JSON."""
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def circuit_digest(circuit: QuantumCircuit, observables: Sequence[SparsePauliOp]) -> str:
    """Return the digest of a circuit's instructions and of its observables."""
    instructions = [
        [
            instruction.name,
            [str(parameter) for parameter in instruction.operation.params],
            [circuit.find_bit(bit).index for bit in instruction.qubits],
        ]
        for instruction in circuit.data
    ]
    read = [
        [[letters, list(qubits), str(factor)] for letters, qubits, factor in op.to_sparse_list()]
        for op in observables
    ]
    return digest_of([circuit.num_qubits, instructions, read])


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


def pack_prepared(prepared: PreparedCircuit, **more: Any) -> tuple[bytes, str]:  # noqa: ANN401
    """Return a prepared circuit as QPY, and all else of it as JSON."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        save_prepared(prepared, folder, **more)
        return (folder / CIRCUIT).read_bytes(), (folder / MAPPING).read_text()


def unpack_files(packed: Mapping[str, bytes], folder: Path) -> None:
    """Write files into a folder; each appears whole or not at all."""
    for name, content in packed.items():
        temporary = folder / f".{name}"
        temporary.write_bytes(content)
        temporary.replace(folder / name)


def unpack_prepared(circuit: bytes, mapping: str) -> PreparedCircuit:
    """Return what :func:`pack_prepared` packed."""
    with TemporaryDirectory() as name:
        unpack_files({CIRCUIT: circuit, MAPPING: mapping.encode()}, Path(name))
        return load_prepared(Path(name))
