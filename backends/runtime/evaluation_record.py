"""What the ledger holds of an evaluation: by which key it is found again, and what was asked."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np

from qkdrp.backends.base import Purpose
from qkdrp.backends.isa.prepare import PreparedCircuit
from qkdrp.backends.runtime import digests
from qkdrp.backends.runtime.clients import Device
from qkdrp.backends.runtime.cost import RuntimeCost
from qkdrp.backends.runtime.earlier import has_values_of
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.ledger_file import damaged
from qkdrp.backends.runtime.ledger_rows import Evaluation
from qkdrp.backends.runtime.settings import RuntimeSettings
from qkdrp.circuits import PQC
from qkdrp.circuits.digest import legacy_digest, pqc_digest
from qkdrp.common.digests import digest_of
from qkdrp.common.errors import BackendError

PACKAGES = ("qkdrp", "qiskit", "qiskit-ibm-runtime", "qiskit-aer")
"""Packages whose versions a result depends on."""


def identity(
    pqc: PQC,
    points: np.ndarray,
    purpose: Purpose | None,
    number: int,
    settings: RuntimeSettings,
    instance: str,
    estimator: str,
) -> dict[str, Any]:
    """Return the columns that say what is asked for, and the key by which it is found again.

    Args:
        pqc: The circuit.
        points: Shape (n_points, n_parameters).
        purpose: What the values are for.
        number: How many values were asked for the same purpose before.
        settings: How.
        instance: CRN of the instance that pays.
        estimator: Name of the client's estimator.
    """
    inputs = digests.points_digest(points)
    rest = [
        purpose.identity if purpose else inputs,
        settings.device,
        instance,
        estimator,
        settings.of_values(),
        number if purpose else 0,
    ]
    circuit = pqc_digest(pqc)
    first_digest = legacy_digest(pqc.circuit, pqc.observables)
    return {
        "circuit": circuit,
        "inputs": inputs,
        "key": digest_of([circuit, *rest]),
        "first_key": digest_of([first_digest, *rest]),
    }


def find(ledger: Ledger, asked: Mapping[str, Any], pqc: PQC) -> Evaluation | None:
    """Return the last attempt at what is asked for, those of the first version included.

    The first version's digest did not tell all circuits apart, so values decide there.

    Args:
        ledger: The ledger.
        asked: What :func:`identity` returned.
        pqc: The circuit.

    Raises:
        LedgerError: If what the first version noted down is damaged.
    """
    found = ledger.latest(asked["key"])
    if found is not None:
        return found
    before = ledger.latest(asked["first_key"])
    if before is None or not has_values_of(*unpack(before, ledger), pqc):
        return None
    ledger.rekey(asked["first_key"], asked["key"])
    return ledger.latest(asked["key"])


def columns(
    asked: Mapping[str, Any],
    points: np.ndarray,
    prepared: PreparedCircuit,
    device: Device,
    estimator: str,
    settings: RuntimeSettings,
    cost: RuntimeCost,
    purpose: Purpose | None,
) -> dict[str, Any]:
    """Return the columns of a new evaluation, without id, attempt and folder of results."""
    packed, mapping = digests.pack_prepared(
        prepared,
        calibration=device.calibrated,
        device_qubits=device.backend.num_qubits,
    )
    return {
        **{name: asked[name] for name in ("key", "circuit", "inputs")},
        "device": device.name,
        "instance": device.instance,
        "estimator": estimator,
        "run": str(purpose.run) if purpose else None,
        "request": json.dumps(dict(purpose.request) if purpose else {}),
        "options": json.dumps(asdict(settings)),
        "points": digests.pack_points(points),
        "prepared": packed,
        "mapping": mapping,
        "calibrated": device.calibrated,
        "cost": json.dumps(cost.to_json()),
        "versions": json.dumps({name: version(name) for name in PACKAGES}),
    }


def check_points(found: Evaluation, points: np.ndarray, ledger: Ledger) -> None:
    """Raise an error unless an evaluation is of the same points.

    Raises:
        BackendError: If it is of others.
        LedgerError: If those of the ledger cannot be read.
    """
    if not digests.same_points(unpack_points(found, ledger), points):
        raise BackendError(
            f"Evaluation {found.id} of the ledger is of the same run with other angles: the "
            "run folder was changed; use another --ledger, or --resubmit."
        )


def unpack_points(found: Evaluation, ledger: Ledger) -> np.ndarray:
    """Return the points of an evaluation, shape (n_points, n_parameters)."""
    try:
        return digests.unpack_points(found.points)
    except Exception as error:  # whatever a damaged file makes of the reader
        raise damaged(ledger.path, f"the points of evaluation {found.id}") from error


def unpack(found: Evaluation, ledger: Ledger) -> tuple[PreparedCircuit, np.ndarray]:
    """Return circuit and points of an evaluation, checked before they are paid for.

    Raises:
        LedgerError: If they are not what was noted down, to the last bit.
    """
    points = unpack_points(found, ledger)
    if digests.points_digest(points) != found.inputs:
        raise damaged(ledger.path, f"the points of evaluation {found.id}")
    try:
        return digests.unpack_prepared(found.prepared, found.mapping), points
    except Exception as error:  # whatever a damaged file makes of the reader
        raise damaged(ledger.path, f"the circuit of evaluation {found.id}") from error
