"""The ``ibm_runtime`` backend: IBM's devices, and fake ones simulated here."""

import atexit
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from qkdrp.backends.base import Backend
from qkdrp.backends.choices import choose
from qkdrp.backends.isa.prepare import PreparedCircuit
from qkdrp.backends.layer_names import check_label
from qkdrp.backends.qnn.gradients import known_gradient, make_gradient
from qkdrp.backends.qnn.parameter_shift import ShiftGradient
from qkdrp.backends.qnn.shifted_network import ShiftedQNN
from qkdrp.backends.runtime.client_adapters import choose_adapter
from qkdrp.backends.runtime.clients import open_device
from qkdrp.backends.runtime.cost import RuntimeCost, tell_nobody
from qkdrp.backends.runtime.cost_terms import CostTerms
from qkdrp.backends.runtime.device_circuits import DeviceCircuits
from qkdrp.backends.runtime.device_estimator import DeviceEstimator
from qkdrp.backends.runtime.feasibility import LEAST_SUCCESS
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.ledger_rows import Evaluation, summary
from qkdrp.backends.runtime.paid_jobs import PaidJobs, Policy
from qkdrp.backends.runtime.price import PriceList
from qkdrp.backends.runtime.result_files import value_files
from qkdrp.backends.runtime.settings import EstimatorName, Mode, RuntimeSettings
from qkdrp.backends.runtime.simulated_jobs import SimulatedJobs
from qkdrp.backends.runtime.value_request import ValueRequest
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
        rep_delay: Seconds between two executions; None for the device's own.
        price: Of a second of the device, with its currency, as
            :meth:`~qkdrp.backends.runtime.price.PriceList.read` takes it.
        over_quota: Whether jobs may take more than what is left of the account's time.
        min_success: Estimated success below which a circuit is not sent; 0 sends any.

    Attributes:
        on_cost: Called with what is about to be spent.

    Raises:
        BackendError: If a setting is invalid, or the device cannot be used.
    """

    name = "ibm_runtime"
    circuits_only = True
    kind_of_report = "hardware"
    _n_before = 0  # values that were fetched for earlier requests
    _paid: PaidJobs | None = None

    def __init__(
        self,
        device: str = "",
        instance: str = "",
        mode: str = Mode.BATCH,
        shots: int = 4096,
        resilience: int = 0,
        dynamical_decoupling: bool = False,
        twirling: bool = False,
        fractional_gates: bool = False,
        max_qpu_seconds: float = 60.0,
        runtime_estimator: str = EstimatorName.AUTO,
        ledger: str = "",
        wait: bool = True,
        resubmit: bool = False,
        gradient: str = "spsa",
        allow_training: bool = False,
        seed: int = 0,
        rep_delay: float | None = None,
        price: str = "",
        over_quota: bool = False,
        min_success: float = LEAST_SUCCESS,
    ) -> None:
        super().__init__()
        if not 0 <= min_success < 1:
            raise BackendError(f"min_success = {min_success:g}: expected from 0 to below 1.")
        self._gradient = known_gradient(gradient)
        self.settings = RuntimeSettings(
            device=device,
            instance=instance,
            mode=choose(Mode, mode, "mode"),
            shots=shots,
            resilience=resilience,
            dynamical_decoupling=dynamical_decoupling,
            twirling=twirling,
            fractional_gates=fractional_gates,
            max_qpu_seconds=max_qpu_seconds,
            estimator=choose(EstimatorName, runtime_estimator, "estimator"),
            rep_delay=rep_delay,
        )
        prices = PriceList.read(price)
        self.on_cost: Callable[[RuntimeCost], None] = tell_nobody
        self.device = open_device(self.settings)
        self._refusals: list[str] = []
        self._allow_training, self._layers = allow_training, list[tuple[str, PQC]]()
        self._rng = np.random.default_rng(seed)
        adapter, self._adapter_note = choose_adapter(self.device, self.settings)
        book = None if self.device.local else Ledger(Path(ledger) if ledger else None)
        terms = CostTerms(prices, book)
        circuits = DeviceCircuits(self.device, adapter, self.settings, terms, min_success)
        circuits.on_progress = self._tell_progress
        policy = Policy(wait, resubmit, keep_open=allow_training, over_quota=over_quota)
        self._paid = None if book is None else self._paid_jobs(circuits, book, policy)
        self._jobs = self._paid or SimulatedJobs(circuits, self.usage)
        self._estimator = DeviceEstimator(self._jobs, self.settings, self.usage)
        atexit.register(self._jobs.close)
        self.resources.callback(self._jobs.close)
        self.resources.callback(atexit.unregister, self._jobs.close)

    def _paid_jobs(self, circuits: DeviceCircuits, book: Ledger, policy: Policy) -> PaidJobs:
        tell = partial(self._tell_progress, "jobs")
        return PaidJobs(circuits, book, policy, self.usage, tell, self._tell_cost)

    @property
    def estimator(self) -> DeviceEstimator:
        """The estimator of circuits that :meth:`qnn` was given."""
        return self._estimator

    @property
    def ledger(self) -> Ledger | None:
        """Where jobs are noted down; None for a fake device."""
        return self._paid.ledger if self._paid else None

    @property
    def evaluations(self) -> Sequence[Evaluation]:
        """Where the values of the last request came from; nothing for a fake device."""
        return self._paid.evaluations if self._paid else ()

    @property
    def notes(self) -> list[str]:
        """What the user should know: which estimator is used, what has no effect."""
        silent = self._jobs.circuits.adapter.silent_about(self.device, self.settings)
        notes = [self._adapter_note] if self._adapter_note else []
        notes += self._paid.notes if self._paid else []
        notes += self._refusals
        return [*notes, f"no effect in this simulation: {silent}"] if silent else notes

    def check(self, pqc: PQC) -> None:
        """Raise a :class:`BackendError` where a circuit is too wide for the device."""
        there = self.device.backend.num_qubits
        if pqc.circuit.num_qubits > there:
            raise BackendError(
                f"The circuit has {pqc.circuit.num_qubits} qubits, {self.device.name} has {there}: "
                "use a smaller circuit or another device."
            )

    @property
    def training_refusal(self) -> str:
        """Why training on the device is not allowed; empty where it is."""
        if self.device.local or self._allow_training:
            return ""
        return (
            f"Training on {self.device.name} submits jobs in every step: train on aer_exact "
            "and evaluate the run here, or give --allow-hardware-training."
        )

    def qnn(self, pqc: PQC, label: str = "") -> ShiftedQNN:
        """Return an ``EstimatorQNN``; its circuit is prepared when values are first paid for."""
        self.check(pqc)
        self._layers.append((check_label(label), pqc))
        gradient = make_gradient(self._gradient, self._estimator, self._rng, self.settings.shots)
        if isinstance(gradient, ShiftGradient):
            gradient.on_circuit = lambda circuit: self._estimator.know(
                circuit, PQC(circuit, tuple(circuit.parameters), (), pqc.observables)
            )
        qnn = ShiftedQNN(pqc, self._estimator, gradient, self.settings.precision)
        self._estimator.know(qnn._circuit, pqc, label)  # QML renames parameters in a copy
        return qnn

    def random_state(self) -> Mapping[str, Any]:
        """Return the state of the generator that all randomness comes from, as JSON."""
        return dict(self._rng.bit_generator.state)

    def set_random_state(self, state: Mapping[str, Any]) -> None:
        """Continue from a state that :meth:`random_state` returned."""
        self._rng.bit_generator.state = dict(state)

    def estimate_cost(self, pqc: PQC, n_samples: int) -> RuntimeCost:
        """Return what values of random angles cost; prepares the circuit, sends nothing.

        That a circuit would be refused is one of the :attr:`notes` then.
        """
        self.check(pqc)
        refusal = self._jobs.circuits.refusal(pqc)
        if refusal and refusal not in self._refusals:
            self._refusals.append(refusal)
        return self._jobs.circuits.estimate(pqc, n_samples)

    @property
    def quicker(self) -> str:
        """What trains more quickly than a device."""
        if not self.device.local:
            return ""
        return (
            f"every step simulates {self.device.name} with the noise of all its qubits: train on "
            f"statevector and evaluate the run on {self.device.name}"
        )

    @property
    def repeatable(self) -> bool:
        """Whether evaluating once more gives the same values: an attached job does."""
        return not self.device.local

    def ask_for(self, request: ValueRequest) -> None:
        """Say what the values asked for next are for."""
        self._n_before = len(self._estimator.found)
        if self._paid:
            self._paid.ask_for(request)

    def gather(self, run_model: Callable[[], object]) -> None:
        """Run a model with several quantum layers until all values of the request are there.

        Args:
            run_model: Runs it: its layers ask for their values as soon as their angles are known.

        Raises:
            JobsPendingError: If jobs have not ended and nobody waits.
            BackendError: If a job ended badly, or what is asked for is above the limit or refused.
        """

        def run() -> None:
            self._estimator.forget(self._n_before)
            run_model()

        self._jobs.gather(run)
        self._estimator.forget(self._n_before)

    def report(self) -> dict[str, Any]:
        """Return device, plan, calibration, options, circuit, jobs and standard errors."""
        circuits, found = self._jobs.circuits, self._estimator.found
        device = circuits.device
        calibrated = [each.calibrated for each in self.evaluations]
        errors = [each.standard_error for each in found if each.standard_error is not None]
        return {
            "device": device.name,
            "simulated": device.local,
            "instance": device.instance,
            "plan": device.plan,
            "calibrated": calibrated[0] if calibrated else device.calibrated,
            "estimator": circuits.adapter.name,
            "options": asdict(self.settings),
            "notes": [*self.notes, *(note for each in found for note in each.notes())],
            "standard_error": max(errors, default=None),
            "circuits": [
                ({"layer": label} if label else {}) | each.summary()
                for each in circuits.prepared
                for label in self._labels_of(each)
            ],
            "evaluations": [
                summary(self._paid.ledger.find(str(each.id)))
                for each in self.evaluations
                if self._paid
            ],
        }

    def files(self) -> Mapping[str, bytes]:
        """Return circuit, layout, jobs, and values with standard errors, as files by name."""
        estimator, first = self._estimator, self._n_before
        found = list(zip(estimator.layers[first:], estimator.found[first:], strict=True))
        return {**self._jobs.files(), **value_files(found)}

    def _labels_of(self, prepared: PreparedCircuit) -> list[str]:
        """Return the names of the layers with a circuit; an empty one where it has none."""
        named = [label for label, pqc in self._layers if label and prepared.is_made_from(pqc)]
        return list(dict.fromkeys(named)) or [""]

    def _tell_progress(self, what: str, done: int, total: int) -> None:
        self.on_progress(what, done, total)  # which may be set after the jobs are made

    def _tell_cost(self, cost: RuntimeCost) -> None:
        self.on_cost(cost)
