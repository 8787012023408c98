"""Gradients of sampled or noisy values: all shifted circuits in one PUB."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.primitives import BaseEstimatorV2
from qiskit.quantum_info import SparsePauliOp
from qiskit.quantum_info.operators.base_operator import BaseOperator
from qiskit_machine_learning.gradients import BaseEstimatorGradient, EstimatorGradientResult

from qkdrp.backends.choices import Gradient
from qkdrp.backends.exact.engine import Reals
from qkdrp.backends.qnn.gradient_batches import gradients_in_batches
from qkdrp.backends.qnn.shift_rule import ShiftRule, find_rule
from qkdrp.common.errors import BackendError

LEAST_STEP = 0.1
"""Radians of an SPSA step where values are exact: a bias of some step^2 / 6, 0.2 percent."""


class BroadcastGradient(BaseEstimatorGradient):
    """Jacobians from values at shifted parameters, one PUB for all of them.

    The stock gradients send ``2 * parameters * batch * observables`` PUBs.

    Args:
        estimator: The estimator of the values.
        rng: Where random directions come from.
    """

    def __init__(self, estimator: BaseEstimatorV2, rng: np.random.Generator | None = None) -> None:
        super().__init__(estimator)
        self.estimator = estimator
        self.rng = rng or np.random.default_rng()

    @abstractmethod
    def jacobian(
        self,
        circuit: QuantumCircuit,
        observables: Sequence[SparsePauliOp],
        points: Reals,
        precision: float | None = None,
    ) -> Reals:
        """Return the derivative of every observable by every parameter.

        Args:
            circuit: The circuit.
            observables: Of which all are read from the same executions.
            points: Parameters in the circuit's order, shape (n_points, n_parameters).
            precision: What the estimator is asked for.

        Returns:
            Shape (n_points, n_observables, n_parameters).
        """

    def values(
        self,
        circuit: QuantumCircuit,
        observables: Sequence[SparsePauliOp],
        points: Reals,
        precision: float | None,
    ) -> Reals:
        """Return the values at all shifts of all points, in one PUB.

        Args:
            circuit: The circuit.
            observables: Of which all are read from the same executions.
            points: Shape (n_points, n_shifts, n_parameters).
            precision: What the estimator is asked for.

        Returns:
            Shape (n_points, n_shifts, n_observables).
        """
        n_points, n_shifts, n_parameters = points.shape
        if n_points * n_shifts == 0:
            return np.zeros((n_points, n_shifts, len(observables)))
        pub = circuit, [[each] for each in observables], points.reshape(-1, n_parameters)
        found = self.estimator.run([pub], precision=precision).result()[0].data.evs
        return np.asarray(found).T.reshape(n_points, n_shifts, len(observables))

    def _run(
        self,
        circuits: Sequence[QuantumCircuit],
        observables: Sequence[BaseOperator],
        parameter_values: Sequence[Sequence[float]] | np.ndarray,
        parameters: Sequence[Sequence[Parameter]],
        **_options: Any,  # noqa: ANN401  # signature of the base class
    ) -> EstimatorGradientResult:
        """Serve a stock ``EstimatorQNN``: one PUB for each circuit and observable."""

        def slopes(circuit: QuantumCircuit, observable: SparsePauliOp, points: Reals) -> Reals:
            return self.jacobian(circuit, [observable], points)[:, 0]

        return gradients_in_batches(circuits, observables, parameter_values, parameters, slopes)


def check_shiftable(circuit: QuantumCircuit) -> None:
    """Raise unless the two-term rule holds for each parameter itself.

    Raises:
        BackendError: If derivatives take other shifts than a quarter turn of each parameter.
    """
    if not find_rule(circuit).is_plain:
        raise BackendError(
            "Found a parameter that drives several gates, a multiple of an angle, or a gate whose "
            "parameter-shift rule has more than two terms: expected one rotation for each."
        )


class ShiftGradient(BroadcastGradient):
    """The parameter-shift rule; as exact as the values, noisy ones included.

    Noise does not depend on angles, so values stay sinusoids in each of them. Circuits in which
    a parameter drives several gates are run with a parameter for each angle of each gate.

    Args:
        estimator: The estimator of the values.
        rng: Not used; nothing is random.

    Attributes:
        on_circuit: Called with a circuit that will be run in place of the one asked for.
    """

    def __init__(self, estimator: BaseEstimatorV2, rng: np.random.Generator | None = None) -> None:
        super().__init__(estimator, rng)
        self.on_circuit: Callable[[QuantumCircuit], None] = lambda _circuit: None
        self._found: tuple[QuantumCircuit, int, ShiftRule] | None = None

    def rule(self, circuit: QuantumCircuit) -> ShiftRule:
        """Return the rule of a circuit; the last one is kept.

        Raises:
            BackendError: If none is known.
        """
        kept = self._found
        if kept is None or kept[0] is not circuit or kept[1] != len(circuit.data):
            kept = self._found = circuit, len(circuit.data), find_rule(circuit)
            if kept[2].circuit is not circuit:
                self.on_circuit(kept[2].circuit)
        return kept[2]

    def jacobian(
        self,
        circuit: QuantumCircuit,
        observables: Sequence[SparsePauliOp],
        points: Reals,
        precision: float | None = None,
    ) -> Reals:
        """Return sums of weighted differences.

        Raises:
            BackendError: If no rule is known for the circuit.
        """
        rule = self.rule(circuit)
        shifted = rule.points(points)[:, np.newaxis] + rule.steps()
        return rule.derivatives(self.values(rule.circuit, observables, shifted, precision), points)


class SpsaGradient(BroadcastGradient):
    """Simultaneous perturbation (Spall 1992): two values a sample, whatever the parameters.

    Args:
        estimator: The estimator of the values.
        rng: Where random directions come from.
        step: Radians that every parameter moves by, in both directions.
        directions: How many random directions are averaged for each sample.
    """

    def __init__(
        self,
        estimator: BaseEstimatorV2,
        rng: np.random.Generator | None = None,
        step: float = LEAST_STEP,
        directions: int = 1,
    ) -> None:
        super().__init__(estimator, rng)
        self.step, self.directions = step, directions

    def jacobian(
        self,
        circuit: QuantumCircuit,
        observables: Sequence[SparsePauliOp],
        points: Reals,
        precision: float | None = None,
    ) -> Reals:
        """Return differences along random directions; 1/sign is sign."""
        n_points, n_parameters = points.shape
        signs = self.rng.choice([-1.0, 1.0], (n_points, self.directions, n_parameters))
        steps = np.concatenate([self.step * signs, -self.step * signs], axis=1)
        shifted = points[:, np.newaxis] + steps
        plus, minus = np.split(self.values(circuit, observables, shifted, precision), 2, axis=1)
        slopes = (plus - minus) / (2 * self.step * self.directions)
        return np.asarray(np.einsum("bdo,bdp->bop", slopes, signs))


def spsa_step(shots: int) -> float:
    """Return a sensible step: shot noise ``1/(step sqrt(2 shots))`` against bias ``step^2 / 6``.

    Their squares add up to the least near ``step = (9 / shots)^(1/6)``; stock ``SPSA`` divides by
    1e-6 and returns shot noise only.

    Args:
        shots: Shots of each evaluation; 0 for infinitely many.
    """
    return max(LEAST_STEP, (9 / shots) ** (1 / 6)) if shots else LEAST_STEP


GRADIENTS: Mapping[Gradient, type[BroadcastGradient]] = MappingProxyType(
    {Gradient.SHIFT: ShiftGradient, Gradient.SPSA: SpsaGradient}
)
"""Gradients of noisy values by name."""


def make_gradient(
    name: Gradient, estimator: BaseEstimatorV2, rng: np.random.Generator, shots: int
) -> BroadcastGradient:
    """Return a gradient of an estimator's values, with the step that fits its shots.

    Args:
        name: Which.
        estimator: The estimator of the values.
        rng: Where random directions come from.
        shots: Shots of each value; 0 for infinitely many.
    """
    gradient = GRADIENTS[name](estimator, rng)
    if isinstance(gradient, SpsaGradient):
        gradient.step = spsa_step(shots)
    return gradient
