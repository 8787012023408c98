"""Columns of an evaluation in the ledger: the key it is found by, and what was asked."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from qkdrp.backends.isa.prepare import PreparedCircuit
from qkdrp.backends.isa.prepared_file import CIRCUIT, MAPPING, pack_prepared, unpack_prepared
from qkdrp.backends.runtime import points as packed_points
from qkdrp.backends.runtime.cost import RuntimeCost
from qkdrp.backends.runtime.device_circuits import DeviceCircuits
from qkdrp.backends.runtime.earlier import has_values_of
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.ledger_file import damaged
from qkdrp.backends.runtime.ledger_rows import Evaluation
from qkdrp.backends.runtime.value_request import ValueRequest
from qkdrp.circuits import PQC
from qkdrp.circuits.digest import legacy_digest, pqc_digest
from qkdrp.common.digests import digest_of
from qkdrp.common.errors import BackendError

PACKAGES = ("qkdrp", "qiskit", "qiskit-ibm-runtime", "qiskit-aer")
"""Packages whose versions a result depends on."""


@dataclass(frozen=True)
class Place:
    """Which of the values of a request are asked for.

    Args:
        label: Name of the quantum layer; empty where it has none.
        call: How often that layer asked for values before.
        number: How often values were asked for by the same request before.
    """

    label: str
    call: int
    number: int

    def of_key(self, head: Evaluation | None) -> list[Any]:
        """Return what tells it from other places: layers by name, whatever their order.

        Args:
            head: The first entry of the same evaluation: values of a further attempt at it are
                others.
        """
        if not self.label:
            return [self.number]
        again = [head.attempt] if head is not None and head.attempt > 1 else []
        return [[self.label, self.call, *again]]


def identity(
    pqc: PQC,
    points: np.ndarray,
    circuits: DeviceCircuits,
    request: ValueRequest | None,
    place: Place,
    device: str,
    head: Evaluation | None,
) -> dict[str, Any]:
    """Return the columns that say what is asked for, and the key by which it is found again.

    Args:
        pqc: The circuit.
        points: Shape (n_points, n_parameters).
        circuits: Say how.
        request: What the values are for.
        place: Which of the request's values they are.
        device: Name of the device that was asked for.
        head: The first entry of the same evaluation; None if this is the first.
    """
    inputs = packed_points.points_digest(points)
    rest = [
        request.identity if request else inputs,
        device,
        circuits.device.instance,
        circuits.adapter.name,
        circuits.settings.of_values(),
        *(place.of_key(head) if request else [0]),
    ]
    staged = request is not None and request.staged
    circuit = pqc_digest(pqc)
    first_digest = legacy_digest(pqc.circuit, pqc.observables)
    return {
        "circuit": circuit,
        "inputs": inputs,
        "key": digest_of([circuit, *rest]),
        "first_key": digest_of([first_digest, *rest]),
        "layer": place.label if request else "",
        "call": place.call if request else 0,
        "parent": head.id if staged and head is not None else None,
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
    circuits: DeviceCircuits,
    prepared: PreparedCircuit,
    cost: RuntimeCost,
    request: ValueRequest | None,
) -> dict[str, Any]:
    """Return the columns of a new evaluation, without id, attempt and folder of results."""
    device = circuits.device
    files = pack_prepared(
        prepared,
        calibration=device.calibrated,
        device_qubits=device.backend.num_qubits,
    )
    return {
        **{name: asked[name] for name in ("key", "circuit", "inputs", "layer", "call", "parent")},
        "device": device.name,
        "instance": device.instance,
        "estimator": circuits.adapter.name,
        "run": request.origin if request else None,
        "request": json.dumps(dict(request.content) if request else {}),
        "options": json.dumps(asdict(circuits.settings)),
        "points": packed_points.pack_points(points),
        "prepared": files[CIRCUIT],
        "mapping": files[MAPPING].decode(),
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
    if not packed_points.same_points(unpack_points(found, ledger), points):
        raise BackendError(
            f"Evaluation {found.id} of the ledger is of the same run with other angles: the "
            "run folder was changed; use another --ledger, or --resubmit."
        )


def unpack_points(found: Evaluation, ledger: Ledger) -> np.ndarray:
    """Return the points of an evaluation, shape (n_points, n_parameters)."""
    try:
        return packed_points.unpack_points(found.points)
    except Exception as error:  # whatever a damaged file makes of the reader
        raise damaged(ledger.path, f"the points of evaluation {found.id}") from error


def unpack(found: Evaluation, ledger: Ledger) -> tuple[PreparedCircuit, np.ndarray]:
    """Return circuit and points of an evaluation, checked before they are paid for.

    Raises:
        LedgerError: If they are not what was noted down, to the last bit.
    """
    points = unpack_points(found, ledger)
    if packed_points.points_digest(points) != found.inputs:
        raise damaged(ledger.path, f"the points of evaluation {found.id}")
    try:
        return circuit_of(found), points
    except Exception as error:  # whatever a damaged file makes of the reader
        raise damaged(ledger.path, f"the circuit of evaluation {found.id}") from error


def circuit_of(found: Evaluation) -> PreparedCircuit:
    """Return the circuit of an evaluation, as it was sent.

    Raises:
        BackendError: If it is damaged.
    """
    files = {CIRCUIT: found.prepared, MAPPING: found.mapping.encode()}
    return unpack_prepared(files, f"evaluation {found.id} of the ledger")
