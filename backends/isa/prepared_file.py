"""A prepared circuit on disk: the circuit as QPY, all else as JSON."""

import json
import struct
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from qiskit import qpy
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import SparsePauliOp

from qkdrp.backends.isa.prepare import PHYSICAL, PreparedCircuit
from qkdrp.circuits import PQC, build_pqc
from qkdrp.circuits.digest import pqc_digest
from qkdrp.circuits.registry import spec_from_json
from qkdrp.common.errors import BackendError
from qkdrp.common.files import write_files

CIRCUIT, MAPPING = "prepared.qpy", "prepared.json"
"""Names of the two files."""


def pack_prepared(prepared: PreparedCircuit, **more: Any) -> dict[str, bytes]:  # noqa: ANN401
    """Return the two files of a prepared circuit, by their names.

    Args:
        prepared: The circuit.
        more: What else to note down, as JSON.
    """
    pqc = prepared.pqc
    content = {
        "device": prepared.device,
        "physical_qubits": list(prepared.qubits),
        "success": prepared.success,
        "seed_transpiler": prepared.seed,
        "source": prepared.source,
        "inputs": [parameter.name for parameter in pqc.inputs],
        "weights": [parameter.name for parameter in pqc.weights],
        "observables": [
            [[letters, list(qubits), coefficient.real] for letters, qubits, coefficient in terms]
            for terms in (observable.to_sparse_list() for observable in pqc.observables)
        ],
    }
    file = BytesIO()
    qpy.dump(pqc.circuit, file)
    text = json.dumps(content | more, indent=2, allow_nan=False) + "\n"
    return {CIRCUIT: file.getvalue(), MAPPING: text.encode()}


def save_prepared(prepared: PreparedCircuit, folder: Path, **more: Any) -> None:  # noqa: ANN401
    """Write a prepared circuit; each file appears whole or not at all.

    Args:
        prepared: The circuit.
        folder: An existing folder.
        more: What else to note down, as JSON.
    """
    write_files(folder, pack_prepared(prepared, **more))


def load_prepared(folder: Path) -> PreparedCircuit:
    """Read what :func:`save_prepared` wrote.

    Raises:
        BackendError: If a file is missing or damaged.
    """
    try:
        files = {name: (folder / name).read_bytes() for name in (CIRCUIT, MAPPING)}
    except OSError as error:
        raise _damaged(str(folder)) from error
    return unpack_prepared(files, str(folder))


def unpack_prepared(files: Mapping[str, bytes], where: str) -> PreparedCircuit:
    """Return the circuit of two files that :func:`pack_prepared` made.

    Args:
        files: Their contents by name.
        where: Where they are, for the message.

    Raises:
        BackendError: If they are damaged.
    """
    try:
        content = json.loads(files[MAPPING])
        (circuit,) = qpy.load(BytesIO(files[CIRCUIT]))
        by_name = {parameter.name: parameter for parameter in circuit.parameters}
        region = tuple(content["physical_qubits"])
        circuit.metadata = {PHYSICAL: list(region)}
        pqc = PQC(
            circuit=circuit,
            inputs=tuple(by_name[name] for name in content["inputs"]),
            weights=tuple(by_name[name] for name in content["weights"]),
            observables=tuple(
                SparsePauliOp.from_sparse_list(terms, num_qubits=circuit.num_qubits)
                for terms in content["observables"]
            ),
        )
        return PreparedCircuit(
            pqc=pqc,
            qubits=region,
            device=content["device"],
            success=content["success"],
            seed=content["seed_transpiler"],
            source=content.get("source") or _digest_of_spec(content["spec"]),
        )
    except (OSError, KeyError, TypeError, ValueError, struct.error, QiskitError) as error:
        raise _damaged(where) from error


def _damaged(where: str) -> BackendError:
    return BackendError(f"{where}: holds no prepared circuit, or a damaged one; prepare it again.")


def _digest_of_spec(spec: dict[str, Any]) -> str:
    """Return the digest of what a file of version 0.1.0 names by its specification."""
    return pqc_digest(build_pqc(spec_from_json(spec)))
