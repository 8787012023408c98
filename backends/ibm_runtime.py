"""The ``ibm_runtime`` backend: IBM's devices, and fake ones simulated here."""

import atexit
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from qiskit.primitives import BaseEstimatorV2

from qkdrp.backends.base import Backend, Purpose
from qkdrp.backends.qnn.parameter_shift import GRADIENTS, ShiftGradient, SpsaGradient, spsa_step
from qkdrp.backends.qnn.shifted_network import ShiftedQNN
from qkdrp.backends.runtime.clients import open_device
from qkdrp.backends.runtime.cost import RuntimeCost
from qkdrp.backends.runtime.destinations import set_written
from qkdrp.backends.runtime.device_estimator import DeviceEstimator, Policy
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.ledger_rows import summary
from qkdrp.backends.runtime.settings import RuntimeSettings
from qkdrp.circuits import PQC
from qkdrp.common.errors import BackendError


class IbmRuntime(Backend):
    """Values from a device: paid for once, noted down before they are waited for.

    Settings are those of :class:`~qkdrp.backends.runtime.settings.RuntimeSettings`, and:

    Args:
        device: ``ibm_NAME`` or ``least_busy``; ``fake_NAME`` is simulated here.
        instance: Name or CRN of the account's instance.
        mode: ``batch``, ``session`` or ``job``.
        shots: Of each parameter point.
        resilience: 0 none, 1 readout, 2 extrapolation to no noise, too.
        dynamical_decoupling: Whether waiting qubits are decoupled.
        twirling: Whether two-qubit gates are twirled.
        fractional_gates: Whether native rx and rzz of any angle are used.
        max_qpu_seconds: Above this estimate nothing is sent.
        runtime_estimator: ``auto``, ``executor`` or ``legacy``.
        ledger: File of the ledger; empty for the one in the user's data folder.
        wait: Whether to wait for jobs; if not, values that are not there yet are an error.
        resubmit: Whether to pay once more for what was submitted before.
        gradient: ``spsa`` or ``shift``.
        allow_training: Whether training may use the device.
        seed: Of random directions.

    Raises:
        BackendError: If a setting cannot be meant, or the device cannot be used.
    """

    name = "ibm_runtime"
    paid = True
    circuits_only = True
    kind_of_report = "hardware"

    def __init__(
        self,
        device: str = "",
        instance: str = "",
        mode: str = "batch",
        shots: int = 4096,
        resilience: int = 0,
        dynamical_decoupling: bool = False,
        twirling: bool = False,
        fractional_gates: bool = False,
        max_qpu_seconds: float = 60.0,
        runtime_estimator: str = "auto",
        ledger: str = "",
        wait: bool = True,
        resubmit: bool = False,
        gradient: str = "spsa",
        allow_training: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if gradient not in GRADIENTS:
            raise BackendError(f"gradient = {gradient!r}: choose one of {', '.join(GRADIENTS)}.")
        self.settings = RuntimeSettings(
            device=device,
            instance=instance,
            mode=mode,
            shots=shots,
            resilience=resilience,
            dynamical_decoupling=dynamical_decoupling,
            twirling=twirling,
            fractional_gates=fractional_gates,
            max_qpu_seconds=max_qpu_seconds,
            estimator=runtime_estimator,
        )
        self.device = open_device(self.settings)
        self._gradient, self._allow_training = gradient, allow_training
        self._rng = np.random.default_rng(seed)
        self._estimator = DeviceEstimator(
            self.device,
            self.settings,
            None if self.device.local else Ledger(Path(ledger) if ledger else None),
            Policy(wait, resubmit, keep_open=allow_training),
            self.usage,
            lambda done, total: self.on_progress("jobs", done, total),
            lambda cost: self.on_cost(cost),  # noqa: PLW0108  # it may be set later
        )
        atexit.register(self._estimator.close)

    @property
    def estimator(self) -> BaseEstimatorV2:
        """The estimator of circuits that :meth:`qnn` was given."""
        return self._estimator

    @property
    def notes(self) -> list[str]:
        """What the user should know: which estimator is used, what has no effect."""
        silent = self._estimator.adapter.silent_about(self.device, self.settings)
        notes = [*filter(None, [self._estimator.note]), *self._estimator.stray_notes]
        return [*notes, f"no effect in this simulation: {silent}"] if silent else notes

    def check(self, pqc: PQC) -> None:
        """Raise a :class:`BackendError` where a circuit is too wide for the device."""
        there = self.device.backend.num_qubits
        if pqc.circuit.num_qubits > there:
            raise BackendError(
                f"The circuit has {pqc.circuit.num_qubits} qubits, {self.device.name} has {there}: "
                "use a smaller circuit or another device."
            )

    def check_training(self) -> None:
        """Raise a :class:`BackendError` unless training on the device was allowed."""
        if not (self.device.local or self._allow_training):
            raise BackendError(
                f"Training on {self.device.name} submits jobs in every step: train on aer_exact "
                "and evaluate the run here, or give --allow-hardware-training."
            )

    def qnn(self, pqc: PQC) -> ShiftedQNN:
        """Return an ``EstimatorQNN``; its circuit is prepared when values are first paid for."""
        self.check(pqc)
        gradient = GRADIENTS[self._gradient](self._estimator, self._rng)
        if isinstance(gradient, SpsaGradient):
            gradient.step = spsa_step(self.settings.shots)
        if isinstance(gradient, ShiftGradient):
            gradient.on_circuit = lambda circuit: self._estimator.know(
                circuit, PQC(circuit, tuple(circuit.parameters), (), pqc.observables)
            )
        qnn = ShiftedQNN(pqc, self._estimator, gradient, self.settings.precision)
        self._estimator.know(qnn._circuit, pqc)  # QML renames parameters in a copy
        return qnn

    def random_state(self) -> Mapping[str, Any]:
        """Return the state of the generator that all randomness comes from, as JSON."""
        return dict(self._rng.bit_generator.state)

    def set_random_state(self, state: Mapping[str, Any]) -> None:
        """Continue from a state that :meth:`random_state` returned."""
        self._rng.bit_generator.state = dict(state)

    def estimate_cost(self, pqc: PQC, n_samples: int) -> RuntimeCost:
        """Return what values of random angles cost; prepares the circuit, sends nothing."""
        self.check(pqc)
        angles = np.random.default_rng(0).uniform(0, 2 * np.pi, (n_samples, pqc.n_inputs))
        weights = np.tile(np.linspace(0, 6, pqc.n_weights), (n_samples, 1))
        return self._estimator.preview(pqc, np.concatenate([angles, weights], axis=1))

    @property
    def repeatable(self) -> bool:
        """Whether evaluating once more gives the same values: an attached job does."""
        return not self.device.local

    def begin(self, purpose: Purpose) -> None:
        """Say what the values asked for next are for."""
        self._estimator.begin(purpose)

    def folder(self) -> Path | None:
        """Return the folder of the evaluation, if it was claimed and is still to be filled."""
        destination = self._estimator.destination
        if destination is None:
            return None
        destination.output.mkdir(parents=True, exist_ok=True)
        return destination.output

    def finish(self) -> None:
        """Note down that results are written."""
        if self._estimator.ledger is not None and self._estimator.destination is not None:
            set_written(self._estimator.ledger, self._estimator.destination)

    def report(self) -> dict[str, Any]:
        """Return device, plan, calibration, options, circuit, jobs and standard errors."""
        ledger, device = self._estimator.ledger, self._estimator.device
        calibrated = [each.calibrated for each in self._estimator.evaluations]
        found = self._estimator.found
        errors = [each.standard_error for each in found if each.standard_error is not None]
        return {
            "device": device.name,
            "simulated": device.local,
            "instance": device.instance,
            "plan": device.plan,
            "calibrated": calibrated[0] if calibrated else device.calibrated,
            "estimator": self._estimator.adapter.name,
            "options": asdict(self.settings),
            "notes": [*self.notes, *(note for each in found for note in each.notes())],
            "standard_error": max(errors, default=None),
            "circuits": [each.summary() for each in self._estimator.prepared],
            "evaluations": [
                summary(ledger.find(str(each.id)))
                for each in self._estimator.evaluations
                if ledger is not None
            ],
        }

    def save(self, folder: Path) -> None:
        """Write circuit, layout, jobs and standard errors into an existing folder."""
        self._estimator.save(folder)

    def close(self) -> None:
        """Close a batch or session that is open; its jobs go on."""
        atexit.unregister(self._estimator.close)
        self._estimator.close()
