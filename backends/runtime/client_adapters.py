"""The two estimators of the runtime client, with one interface."""

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

from qiskit.primitives.containers.estimator_pub import EstimatorPub

from qkdrp.backends.runtime.client_types import ClientBackend, ClientJob, JobTarget
from qkdrp.backends.runtime.clients import Device, client_errors, quiet, simulator_of
from qkdrp.backends.runtime.settings import EstimatorName, RuntimeSettings
from qkdrp.circuits.pauli.bases import group_strings

WIDEST_LOCAL = 7
"""Qubits of the widest fake device that the current estimator simulates: it measures them all."""

EXTRAPOLATED = 3
"""Noise factors at resilience 2, the client's default: every circuit runs once at each."""

TAG = "qkdrp"
"""Tag of all our jobs, beside one that is the job's own."""


@dataclass(frozen=True)
class Load:
    """Size of one job.

    Args:
        executions: Circuit executions, shots counted.
        payload: Bytes that are sent.
    """

    executions: int
    payload: int


@dataclass(frozen=True)
class JobOrder:
    """One job that is to be sent.

    Args:
        pub: A circuit of the device, observables and points.
        settings: How it is run.
        tag: By which the job can be found again.
        seconds: Of the device, after which the service stops the job; 0 for no limit.
    """

    pub: EstimatorPub
    settings: RuntimeSettings
    tag: str
    seconds: int = 0


class EstimatorAdapter(ABC):
    """One estimator of the client."""

    name: ClassVar[EstimatorName]

    @abstractmethod
    def submit(self, target: JobTarget, order: JobOrder) -> ClientJob:
        """Send one PUB to a device, batch or session and return the job."""

    @abstractmethod
    def load(self, device: Device, pub: EstimatorPub, settings: RuntimeSettings) -> Load:
        """Return what a PUB would be, without sending it."""

    def options(self, settings: RuntimeSettings, tag: str = "", seconds: int = 0) -> dict[str, Any]:
        """Return the options of the client's estimator, as it names them."""
        options: dict[str, Any] = {
            "resilience_level": settings.resilience,
            "dynamical_decoupling": {"enable": settings.dynamical_decoupling},
            "environment": {"job_tags": [TAG, tag]},
        }
        if settings.rep_delay is not None and not settings.local:
            options["execution"] = {"rep_delay": settings.rep_delay}
        if settings.twirling:
            options["twirling"] = {"enable_gates": True, "enable_measure": True}
        if seconds:
            options["max_execution_time"] = seconds
        return options

    def stand_in(self, device: Device) -> ClientBackend:
        """Return what jobs of a fake device run on."""
        return device.backend

    def silent_about(self, device: Device, settings: RuntimeSettings) -> str:
        """Return which settings have no effect, in words; empty where all have."""
        unused = device.local and settings.rep_delay is not None
        return "delay between executions" if unused else ""


class ExecutorAdapter(EstimatorAdapter):
    """The current, client-side estimator: sends a quantum program to the executor."""

    name = EstimatorName.EXECUTOR

    def submit(self, target: JobTarget, order: JobOrder) -> ClientJob:
        """Send one PUB."""
        from qiskit_ibm_runtime.executor_estimator import Estimator

        options = self.options(order.settings, order.tag, order.seconds)
        job: ClientJob = Estimator(mode=target, options=options).run([order.pub])
        return job

    def load(self, device: Device, pub: EstimatorPub, settings: RuntimeSettings) -> Load:
        """Build the program and measure it."""
        from qiskit_ibm_runtime.executor_estimator.prepare import prepare
        from qiskit_ibm_runtime.options_models.estimator import EstimatorOptions
        from qiskit_ibm_runtime.quantum_program.params_converters import (
            QUANTUM_PROGRAM_PARAMS_CONVERTERS,
        )

        with client_errors("prepare the job"):
            options = EstimatorOptions(**self.options(settings))
            program, executor = prepare([pub], options, backend=device.backend)
            *_, newest = QUANTUM_PROGRAM_PARAMS_CONVERTERS.values()
            sent = newest.encoder(program, executor).model_dump(mode="json")
        executions = program.shots * sum(math.prod(item.shape) for item in program.items)
        return Load(int(executions), len(json.dumps(sent)))

    def stand_in(self, device: Device) -> ClientBackend:
        """Return a simulator with both readout probabilities of each qubit."""
        return simulator_of(device.backend)

    def options(self, settings: RuntimeSettings, tag: str = "", seconds: int = 0) -> dict[str, Any]:
        """Return the options, with the number of shots among them."""
        return {"default_shots": settings.shots} | super().options(settings, tag, seconds)


class LegacyAdapter(EstimatorAdapter):
    """The estimator that the service itself carries out, deprecated since runtime 0.50."""

    name = EstimatorName.LEGACY

    def submit(self, target: JobTarget, order: JobOrder) -> ClientJob:
        """Send one PUB."""
        from qiskit_ibm_runtime import EstimatorV2

        options = self.options(order.settings, order.tag, order.seconds)
        with quiet():
            estimator = EstimatorV2(mode=target, options=options)
            job: ClientJob = estimator.run([order.pub], precision=order.settings.precision)
        return job

    def load(self, device: Device, pub: EstimatorPub, settings: RuntimeSettings) -> Load:  # noqa: ARG002
        """Measure what is sent; executions are an estimate, the service decides."""
        from qiskit_ibm_runtime.json import RuntimeEncoder

        with client_errors("prepare the job"):
            sent = len(json.dumps({"pubs": [pub]}, cls=RuntimeEncoder))
        circuits = pub.parameter_values.size * measurement_bases(pub)
        if settings.resilience >= EXTRAPOLATED - 1:
            circuits *= EXTRAPOLATED
        calibration = 1 if settings.resilience else 0
        return Load((circuits + calibration) * settings.shots, sent)

    def silent_about(self, device: Device, settings: RuntimeSettings) -> str:
        """Local simulation with this estimator knows shots only."""
        if not device.local:
            return ""
        asked = {
            "resilience": settings.resilience > 0,
            "dynamical decoupling": settings.dynamical_decoupling,
            "twirling": settings.twirling,
            "delay between executions": settings.rep_delay is not None,
        }
        return ", ".join(name for name, on in asked.items() if on)


ADAPTERS: Mapping[EstimatorName | str, EstimatorAdapter] = MappingProxyType(
    {adapter.name: adapter for adapter in (ExecutorAdapter(), LegacyAdapter())}
)
"""Estimators of the client by name, the preferred one first."""


def choose_adapter(device: Device, settings: RuntimeSettings) -> tuple[EstimatorAdapter, str]:
    """Return the estimator to use, and why it is not the current one; empty where it is."""
    if settings.estimator in ADAPTERS:
        return ADAPTERS[settings.estimator], ""
    n_qubits = device.backend.num_qubits
    if device.local and n_qubits > WIDEST_LOCAL:
        return ADAPTERS[EstimatorName.LEGACY], (
            f"the current estimator would simulate all {n_qubits} qubits of {device.name}: "
            "the legacy one is used here"
        )
    return ADAPTERS[EstimatorName.EXECUTOR], ""


def measurement_bases(pub: EstimatorPub) -> int:
    """Return how many measurement settings the observables of a PUB need."""
    observables = pub.observables.ravel().tolist()
    return len(group_strings(term for observable in observables for term in observable))
