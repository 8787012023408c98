"""The two estimators of the runtime client behind one face."""

import json
import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit.quantum_info import PauliList

from qkdrp.backends.runtime.clients import Device, client_errors, simulator_of
from qkdrp.backends.runtime.settings import RuntimeSettings

WIDEST_LOCAL = 7
"""Qubits of the widest fake device that the current estimator simulates: it measures them all."""

EXTRAPOLATED = 3
"""Noise factors at resilience 2, the client's default: every circuit runs once at each."""

TAG = "qkdrp"
"""Tag of all our jobs, beside one that is the job's own."""


@dataclass(frozen=True)
class Load:
    """What one job is.

    Args:
        executions: Circuit executions, shots counted.
        payload: Bytes that are sent.
    """

    executions: int
    payload: int


class EstimatorAdapter(ABC):
    """One estimator of the client."""

    name: ClassVar[str]

    @abstractmethod
    def submit(
        self,
        mode: Any,  # noqa: ANN401  # a backend, batch or session of the client
        pub: EstimatorPub,
        settings: RuntimeSettings,
        tag: str,
        seconds: int,
    ) -> Any:  # noqa: ANN401  # a job of the client
        """Send one PUB and return the job.

        Args:
            mode: Where to.
            pub: A circuit of the device, observables and points.
            settings: How.
            tag: By which the job can be found again.
            seconds: Of the device, after which the service stops the job; 0 for no limit.
        """

    @abstractmethod
    def load(self, device: Device, pub: EstimatorPub, settings: RuntimeSettings) -> Load:
        """Return what a PUB would be, without sending it."""

    @staticmethod
    def options(settings: RuntimeSettings, tag: str, seconds: int) -> dict[str, Any]:
        """Return what the client's estimators are told alike."""
        options: dict[str, Any] = {
            "resilience_level": settings.resilience,
            "dynamical_decoupling": {"enable": settings.dynamical_decoupling},
            "environment": {"job_tags": [TAG, tag]},
        }
        if settings.twirling:
            options["twirling"] = {"enable_gates": True, "enable_measure": True}
        if seconds:
            options["max_execution_time"] = seconds
        return options

    def stand_in(self, device: Device) -> Any:  # noqa: ANN401  # a backend of the client
        """Return what jobs of a fake device run on."""
        return device.backend

    def silent_about(self, device: Device, settings: RuntimeSettings) -> str:  # noqa: ARG002
        """Return which settings have no effect, in words; empty where all have."""
        return ""


class ExecutorAdapter(EstimatorAdapter):
    """The current, client-side estimator: sends a quantum program to the executor."""

    name = "executor"

    def submit(
        self,
        mode: Any,  # noqa: ANN401
        pub: EstimatorPub,
        settings: RuntimeSettings,
        tag: str,
        seconds: int,
    ) -> Any:  # noqa: ANN401
        """Send one PUB."""
        from qiskit_ibm_runtime.executor_estimator import Estimator

        estimator = Estimator(mode=mode, options=self._options(settings, tag, seconds))
        return estimator.run([pub])

    def load(self, device: Device, pub: EstimatorPub, settings: RuntimeSettings) -> Load:
        """Build the program and measure it."""
        from qiskit_ibm_runtime.executor_estimator.prepare import prepare
        from qiskit_ibm_runtime.options_models.estimator import EstimatorOptions
        from qiskit_ibm_runtime.quantum_program.params_converters import (
            QUANTUM_PROGRAM_PARAMS_CONVERTERS,
        )

        with client_errors("prepare the job"):
            options = EstimatorOptions(**self._options(settings, "", 0))
            program, executor = prepare([pub], options, backend=device.backend)
            *_, newest = QUANTUM_PROGRAM_PARAMS_CONVERTERS.values()
            sent = newest.encoder(program, executor).model_dump(mode="json")
        executions = program.shots * sum(math.prod(item.shape) for item in program.items)
        return Load(int(executions), len(json.dumps(sent)))

    def stand_in(self, device: Device) -> Any:  # noqa: ANN401
        """Return a simulator with both readout probabilities of each qubit."""
        return simulator_of(device.backend)

    def _options(self, settings: RuntimeSettings, tag: str, seconds: int) -> dict[str, Any]:
        return {"default_shots": settings.shots} | self.options(settings, tag, seconds)


class LegacyAdapter(EstimatorAdapter):
    """The estimator that the service itself carries out, deprecated since runtime 0.50."""

    name = "legacy"

    def submit(
        self,
        mode: Any,  # noqa: ANN401
        pub: EstimatorPub,
        settings: RuntimeSettings,
        tag: str,
        seconds: int,
    ) -> Any:  # noqa: ANN401
        """Send one PUB."""
        from qiskit_ibm_runtime import EstimatorV2

        with quiet():
            estimator = EstimatorV2(mode=mode, options=self.options(settings, tag, seconds))
            return estimator.run([pub], precision=settings.precision)

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
        }
        return ", ".join(name for name, on in asked.items() if on)


ADAPTERS: Mapping[str, EstimatorAdapter] = MappingProxyType(
    {adapter.name: adapter for adapter in (ExecutorAdapter(), LegacyAdapter())}
)
"""Estimators of the client by name, the preferred one first."""


def choose_adapter(device: Device, settings: RuntimeSettings) -> tuple[EstimatorAdapter, str]:
    """Return the estimator to use, and why it is not the current one; empty where it is."""
    if settings.estimator in ADAPTERS:
        return ADAPTERS[settings.estimator], ""
    n_qubits = device.backend.num_qubits
    if device.local and n_qubits > WIDEST_LOCAL:
        return ADAPTERS["legacy"], (
            f"the current estimator would simulate all {n_qubits} qubits of {device.name}: "
            "the legacy one is used here"
        )
    return ADAPTERS["executor"], ""


def measurement_bases(pub: EstimatorPub) -> int:
    """Return how many measurement settings the observables of a PUB need."""
    terms = {term for observable in pub.observables.ravel().tolist() for term in observable}
    return len(PauliList(sorted(terms)).group_commuting(qubit_wise=True))


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the client's notices to itself: we say what has no effect, and which estimator."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
