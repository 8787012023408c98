"""The ``aer_noisy`` backend: Aer under the noise of a device, on the qubits that are used."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.primitives import BaseEstimatorV2
from qiskit.transpiler import Target

from qkdrp.backends.base import Backend, CostEstimate
from qkdrp.backends.choices import GATES, PARTS, RELAXATION, Method, choose
from qkdrp.backends.exact.engine import Pullback, Reals
from qkdrp.backends.isa.prepare import PHYSICAL, PreparedCircuit, prepare
from qkdrp.backends.isa.prepared_file import pack_prepared
from qkdrp.backends.isa.regions import Region
from qkdrp.backends.isa.targets import restrict
from qkdrp.backends.layer_names import check_label, layer_files
from qkdrp.backends.noise.advice import TWIRLED, quicker
from qkdrp.backends.noise.estimator import NoisyEstimator
from qkdrp.backends.noise.sampling import TRAJECTORIES, Sampling
from qkdrp.backends.noise.simulator import NoisySimulator
from qkdrp.backends.noise.sources import choose_parts, find_source
from qkdrp.backends.noise.trajectories import TwirledEngine
from qkdrp.backends.qnn.gradients import known_gradient, make_gradient
from qkdrp.backends.qnn.parameter_shift import BroadcastGradient
from qkdrp.backends.qnn.shifted_network import ShiftedQNN
from qkdrp.backends.value_table import value_table
from qkdrp.circuits import PQC
from qkdrp.circuits.pauli.bases import count_bases
from qkdrp.common.errors import BackendError
from qkdrp.common.remaining import duration_text

DEFAULT_NOISE = "fake_torino"
"""The noise where none is asked for."""

VALUES = "noisy_values.csv"
"""File of random values with their standard errors."""


class NoisyQNN(ShiftedQNN):
    """Noisy values, and gradients of them.

    Args:
        prepared: The circuit, prepared.
        estimator: The estimator of the values.
        gradient: The gradient of those values.
        twirled: Gives values and gradients for training instead, where it is to be noise-aware.
    """

    def __init__(
        self,
        prepared: PreparedCircuit,
        estimator: NoisyEstimator,
        gradient: BroadcastGradient,
        twirled: TwirledEngine | None = None,
    ) -> None:
        super().__init__(prepared.pqc, estimator, gradient, estimator.precision)
        self.prepared = prepared
        self._twirled = twirled

    def linearise(self, inputs: Reals, weights: Reals) -> tuple[Reals, Pullback]:
        """Return the values, shape (batch, n_outputs), and how cotangents are pulled back there.

        In noise-aware training both come from the same random trajectories.

        Args:
            inputs: Shape (batch, n_inputs).
            weights: Shape (n_weights,).
        """
        if self._twirled is None:
            return super().linearise(inputs, weights)
        return self._twirled.linearise(inputs, weights)


class AerNoisy(Backend):
    """Values under noise: of gates, relaxation, readout and shots, each on or off.

    Args:
        noise: A fake device (``fake_torino``), ``depolarizing:p1=P,p2=P,readout=P`` or a file with
            a noise model of Aer as JSON.
        noise_scale: What every error probability is multiplied by.
        noise_parts: Those of gates, relaxation and readout that are on, with commas between; empty
            for all that the noise has.
        shots: Shots of each evaluation, drawn one by one; 0 for infinitely many.
        method: ``density_matrix``, ``trajectories``, ``pauli_trajectories`` or ``auto``, see
            :meth:`~qkdrp.backends.noise.sampling.Sampling.method_for`. The third one twirls noise
            that is not of Pauli errors, and takes one exact pass for each trajectory.
        trajectories: Of each value, where there is no density matrix and no shots; None for
            :data:`~qkdrp.backends.noise.sampling.TRAJECTORIES`.
        gradient: ``shift`` or ``spsa``, of the noisy values themselves.
        train_noise: Train with random Pauli errors in the exact engine instead. A step takes about
            twice as long as without noise; its gradients are right on average for the noise's
            Pauli twirl. Values outside training are those of the full noise.
        train_trajectories: How many of them are averaged for each sample of a batch.
        seed: Of shots, trajectories and random directions.

    Raises:
        BackendError: If a setting is invalid, or the noise does not exist or lacks a part.
    """

    name = "aer_noisy"
    circuits_only = True

    def __init__(
        self,
        noise: str = DEFAULT_NOISE,
        noise_scale: float = 1.0,
        noise_parts: str = "",
        shots: int = 0,
        method: str = Method.AUTO,
        trajectories: int | None = None,
        gradient: str = "shift",
        train_noise: bool = False,
        train_trajectories: int = 1,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if not (math.isfinite(noise_scale) and noise_scale >= 0):
            raise BackendError(f"noise_scale = {noise_scale:g}: expected 0 or more.")
        self._gradient = known_gradient(gradient)
        if train_trajectories < 1:
            raise BackendError(f"train_trajectories = {train_trajectories}: expected at least 1.")
        self.sampling = Sampling(shots, choose(Method, method, "method"), trajectories)
        self.source = find_source(noise)
        self.parts = choose_parts(self.source, noise_parts)
        self.scale = noise_scale
        self._layers: list[tuple[str, PreparedCircuit]] = []
        self._adopted: list[PreparedCircuit] = []
        self._train_trajectories = train_trajectories if train_noise else 0
        self._rng = np.random.default_rng(seed)
        self._simulators: dict[Region, tuple[NoisySimulator, Target]] = {}
        self._estimator = NoisyEstimator(
            self.sampling,
            self.usage,
            self._simulator,
            self._tell,
            self._tell_long,
        )
        self._told_long = False

    @property
    def estimator(self) -> BaseEstimatorV2:
        """The estimator of prepared circuits."""
        return self._estimator

    def check(self, pqc: PQC) -> None:
        """Raise where a circuit is too wide for the device or for this machine.

        Raises:
            BackendError: Says how wide it may be, or how much memory it takes.
        """
        n_qubits = pqc.circuit.num_qubits
        self.source.target(n_qubits)
        self.sampling.method_for(n_qubits)

    def prepare(self, pqc: PQC, label: str = "") -> PreparedCircuit:
        """Return a circuit in the device's gates on its best few qubits.

        One that was adopted, or prepared before, is returned as it is.

        Args:
            pqc: The circuit.
            label: Name of the quantum layer that it is of.

        Raises:
            BackendError: If the device or this machine is too small, or the noise, scaled, leaves
                its range on these qubits.
        """
        self.check(pqc)
        known = (*self._adopted, *(made for _, made in self._layers))
        prepared = next((made for made in known if made.is_made_from(pqc)), None)
        if prepared is None:
            target = self.source.target(pqc.circuit.num_qubits)
            on_trial = partial(self.on_progress, "layouts")
            prepared = prepare(pqc, target, self.source.name, on_trial=on_trial)
        self._simulator(prepared.qubits)
        if (label, prepared) not in self._layers:
            self._layers.append((check_label(label), prepared))
        return prepared

    def adopt(self, prepared: PreparedCircuit) -> None:
        """Take a circuit that was prepared before, so that it need not be prepared again.

        Args:
            prepared: For the same device as this backend's noise is of.

        Raises:
            BackendError: If it is for another device, or the noise leaves its range on its qubits.
        """
        if prepared.device != self.source.name:
            raise BackendError(
                f"Found a circuit prepared for {prepared.device}, expected one for "
                f"{self.source.name}: prepare it again."
            )
        self._simulator(prepared.qubits)
        self._adopted.append(prepared)

    def qnn(self, pqc: PQC, label: str = "") -> NoisyQNN:
        """Return an ``EstimatorQNN`` of the prepared circuit."""
        prepared = self.prepare(pqc, label)
        twirled = None
        if self._train_trajectories:
            noise = self._simulator(prepared.qubits)[0].noise
            twirled = TwirledEngine(prepared, noise, self._train_trajectories, self._rng)
        gradient = make_gradient(self._gradient, self._estimator, self._rng, self.sampling.shots)
        qnn = NoisyQNN(prepared, self._estimator, gradient, twirled)
        self._estimator.know(qnn._circuit, label)  # QML renames parameters in a copy
        return qnn

    def random_state(self) -> Mapping[str, Any]:
        """Return the state of the generator that all randomness comes from, as JSON."""
        return dict(self._rng.bit_generator.state)

    def set_random_state(self, state: Mapping[str, Any]) -> None:
        """Continue from a state that :meth:`random_state` returned."""
        self._rng.bit_generator.state = dict(state)

    def estimate_cost(self, pqc: PQC, n_samples: int) -> CostEstimate:
        """Return one PUB for all samples, an execution of each for each measurement basis."""
        executions = n_samples * count_bases(pqc.observables)
        return CostEstimate(1, executions, executions * self.sampling.shots)

    @property
    def quicker(self) -> str:
        """What trains more quickly than gradients of noisy values."""
        if self._train_trajectories:
            return ""
        return (
            "every step simulates noisy circuits: --train-noise trains with random Pauli errors in "
            "the exact engine instead, or train on statevector and evaluate the run under noise"
        )

    @property
    def repeatable(self) -> bool:
        """Whether evaluating once more gives the same values."""
        methods = {self.sampling.method, *(self._method_of(each) for _, each in self._layers)}
        return self.sampling.shots == 0 and methods.isdisjoint(TRAJECTORIES)

    def report(self) -> dict[str, Any]:
        """Return what noise is on and off, how values are found, and the circuits prepared."""
        return {
            "noise": self.source.name,
            "detail": self.source.detail,
            "parts": {
                part: self._is_on(part) for part in dict.fromkeys((*PARTS, *self.source.parts))
            },
            "scale": self.scale,
            "scaling": self.source.scaling,
            "sampling": asdict(self.sampling)
            | {"trajectories": self.sampling.trajectories_of(Method.TRAJECTORIES)},
            "training": f"{self._train_trajectories} twirled trajectories per sample"
            if self._train_trajectories
            else f"{self._gradient} gradient of the noisy values",
            "notes": self.notes,
            "circuits": [self._summary(label, each) for label, each in self._layers],
        }

    @property
    def notes(self) -> list[str]:
        """What the user should know of how values are found: errors that are twirled."""
        twirled = any(
            self._method_of(each) == Method.PAULI
            and not self._simulator(each.qubits)[0].noise.is_pauli
            for _, each in self._layers
        )
        return [TWIRLED] if twirled else []

    def _summary(self, label: str, prepared: PreparedCircuit) -> dict[str, Any]:
        """Return what results say of a circuit and how its values were found."""
        simulator, _ = self._simulator(prepared.qubits)
        method, circuit = self._method_of(prepared), prepared.pqc.circuit
        found = {
            **({"layer": label} if label else {}),
            "physical_qubits": list(prepared.qubits),
            "method": method,
            "two_qubit_gates": prepared.two_qubit_gates,
            "depth": prepared.depth,
            "measurement_bases": count_bases(prepared.pqc.observables),
            "estimated_success": prepared.success,
            "gates": circuit.size(),
            "gates_with_errors": simulator.noise.errors_of(circuit),
        }
        if method in TRAJECTORIES and not self.sampling.shots:
            found["trajectories"] = self.sampling.trajectories_of(method)
        errors = [each.errors for each in self._estimator.kept if each.label == label]
        if any(each.any() for each in errors):
            squares = np.concatenate(errors) ** 2
            found["standard_error"] = float(np.sqrt(squares.mean()))
            found["largest_standard_error"] = float(np.sqrt(squares.max()))
        return found

    def _method_of(self, prepared: PreparedCircuit) -> Method:
        return self._simulator(prepared.qubits)[0].method_of(prepared.pqc.circuit)

    def _is_on(self, part: str) -> bool | None:
        """Tell whether a part is on; None for relaxation that cannot be told from gate errors."""
        if part == RELAXATION and self.source.relaxation_is_in_gates and GATES in self.parts:
            return None
        return part in self.parts

    def files(self) -> Mapping[str, bytes]:
        """Return the prepared circuit as ``prepared.qpy`` and ``prepared.json``, and kept values.

        Those of several layers carry the layer's name; of circuits without a name it is the last.
        Values are there where they are random, with their standard errors.
        """
        return layer_files(
            {
                label: {
                    **pack_prepared(prepared, calibration=self.source.detail),
                    **self._value_file(label),
                }
                for label, prepared in self._layers
            }
        )

    def keep_values(self, on: bool) -> None:
        """Keep values that are asked for, or stop; what was kept before stays."""
        self._estimator.keep(on)

    def _value_file(self, label: str) -> dict[str, bytes]:
        found = [(each.values, each.errors) for each in self._estimator.kept if each.label == label]
        there = any(errors.any() for _, errors in found)
        return {VALUES: value_table(found)} if there else {}

    def _tell(self, done: int, total: int) -> None:
        self.on_progress("circuits", done, total)  # which may be set after the estimator is made

    def _tell_long(self, circuit: QuantumCircuit, n_points: int, seconds: float) -> None:
        """Say once how long an evaluation takes, and what is quicker."""
        if self._told_long:
            return
        self._told_long = True
        simulator, _ = self._simulator(tuple(circuit.metadata[PHYSICAL]))
        method = simulator.method_of(circuit)
        less = quicker(self.sampling, method, pauli=simulator.noise.is_pauli)
        self.on_note(
            f"{circuit.num_qubits} qubits, {n_points:,} circuits under noise: about "
            f"{duration_text(seconds)}; {less}"
        )

    def _simulator(self, region: Region) -> tuple[NoisySimulator, Target]:
        """Return the simulator of some physical qubits, made once, and their target."""
        if region not in self._simulators:
            noise = self.source.noise(region, self.parts, self.scale)
            target = restrict(self.source.target(len(region)), region)
            self._simulators[region] = NoisySimulator(noise, self.sampling, self._rng), target
        return self._simulators[region]
