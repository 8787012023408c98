"""What the service on this machine charges for a job, found from nothing but what was sent."""

import json
import math
from typing import Any

from qiskit import QuantumCircuit
from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit.quantum_info import PauliList
from qiskit_ibm_runtime.fake_provider.fake_backend import FakeBackendV2
from qiskit_ibm_runtime.json import RuntimeDecoder
from qiskit_ibm_runtime.quantum_program.params_converters import (
    QUANTUM_PROGRAM_PARAMS_CONVERTERS as CONVERTERS,
)

OVERHEAD = 2.0
"""Seconds of each job."""


def charged_seconds(body: dict[str, Any], device: FakeBackendV2) -> float:
    """Return overhead + executions x (delay + circuit), by the published formula.

    Args:
        body: The request for the job.
        device: It runs on.
    """
    executions, delay, circuits = READERS[body["program_id"]](body["params"])
    told = device.configuration()
    delay = told.default_rep_delay if delay is None else delay
    length = max(circuit_seconds(circuit, device) for circuit in circuits)
    return OVERHEAD + executions * (delay + length)


def circuit_seconds(circuit: QuantumCircuit, device: FakeBackendV2) -> float:
    """Return the longest chain of gates, and the longest readout of the device."""
    target, ready = device.target, dict.fromkeys(circuit.qubits, 0.0)
    for step in circuit.data:
        qubits = tuple(circuit.find_bit(qubit).index for qubit in step.qubits)
        known = target[step.operation.name].get(qubits) if step.operation.name in target else None
        is_gate = known and step.operation.name != "measure"
        end = max(ready[qubit] for qubit in step.qubits) + (known.duration if is_gate else 0.0)
        ready |= dict.fromkeys(step.qubits, end)
    return max(ready.values()) + max(each.duration for each in target["measure"].values())


def of_legacy(params: dict[str, Any]) -> tuple[int, float | None, list[QuantumCircuit]]:
    """Return executions, delay and circuits of a job of the service's own estimator."""
    decoded = json.loads(json.dumps(params), cls=RuntimeDecoder)
    executions, circuits = 0, []
    for pub in (EstimatorPub.coerce(tuple(each)) for each in decoded["pubs"]):
        assert pub.precision is not None
        terms = {term for each in pub.observables.ravel().tolist() for term in each}
        bases = len(PauliList(sorted(terms)).group_commuting(qubit_wise=True))
        executions += bases * pub.parameter_values.size * round(1 / pub.precision**2)
        circuits.append(pub.circuit)
    delay = decoded["options"].get("execution", {}).get("rep_delay")
    return executions, delay, circuits


def of_executor(params: dict[str, Any]) -> tuple[int, float | None, list[QuantumCircuit]]:
    """Return executions, delay and circuits of a quantum program."""
    converter = CONVERTERS[params["schema_version"]]
    program, options = converter.decoder(converter.model.model_validate(params))
    executions = program.shots * sum(math.prod(item.shape) for item in program.items)
    return executions, options.execution.rep_delay, [item.circuit for item in program.items]


READERS = {"estimator": of_legacy, "executor": of_executor}
"""What reads what was sent, by program."""


def told_usage(
    consumed: float, limit: float | None, window: tuple[str, str] | None
) -> dict[str, Any]:
    """Return what the service tells of an instance's time; fields are there as plans have them."""
    told: dict[str, Any] = {"usage_consumed_seconds": consumed, "usage_limit_reached": False}
    if limit is not None:
        told |= {"usage_limit_seconds": limit, "usage_limit_reached": consumed >= limit}
    if window is not None:
        told["usage_period"] = dict(zip(("start_time", "end_time"), window, strict=True))
    return told


def told_metrics(seconds: float, at: str) -> dict[str, Any]:
    """Return what the service tells of a job that was charged."""
    usage = {"qpu_charge_time_seconds": seconds, "quantum_seconds": seconds, "status": "complete"}
    return {"timestamps": dict.fromkeys(("created", "running", "finished"), at), "usage": usage}
