"""Gradients of sampled or noisy values: all shifted circuits in one PUB."""

import math
from abc import abstractmethod
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterExpression
from qiskit.primitives import BaseEstimatorV2
from qiskit.providers import Options
from qiskit.quantum_info import SparsePauliOp
from qiskit.quantum_info.operators.base_operator import BaseOperator
from qiskit_machine_learning.gradients import BaseEstimatorGradient, EstimatorGradientResult

from qkdrp.backends.engine import Reals
from qkdrp.common.errors import BackendError

QUARTER_TURN = math.pi / 2
"""Shift of the two-term rule: ``df/d angle = (f(angle + pi/2) - f(angle - pi/2)) / 2``."""

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
    def shifts(self, n_points: int, n_parameters: int) -> Reals:
        """Return what is added to each point, shape (n_points, n_shifts, n_parameters)."""

    @abstractmethod
    def combine(self, values: Reals, shifts: Reals) -> Reals:
        """Return derivatives from the values at shifted points.

        Args:
            values: Shape (n_points, n_shifts, n_observables).
            shifts: Shape (n_points, n_shifts, n_parameters).

        Returns:
            Shape (n_points, n_observables, n_parameters).
        """

    def check(self, circuit: QuantumCircuit) -> None:
        """Raise where the rule does not hold for a circuit."""

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
        n_points, n_parameters = points.shape
        if n_points == 0:
            return np.zeros((0, len(observables), n_parameters))
        self.check(circuit)
        shifts = self.shifts(n_points, n_parameters)
        shifted = (points[:, np.newaxis] + shifts).reshape(-1, n_parameters)
        pub = circuit, [[observable] for observable in observables], shifted
        found = self.estimator.run([pub], precision=precision).result()[0].data.evs
        values = np.asarray(found).T.reshape(n_points, shifts.shape[1], len(observables))
        return self.combine(values, shifts)

    def _run(
        self,
        circuits: Sequence[QuantumCircuit],
        observables: Sequence[BaseOperator],
        parameter_values: Sequence[Sequence[float]] | np.ndarray,
        parameters: Sequence[Sequence[Parameter]],
        **_options: Any,  # noqa: ANN401  # signature of the base class
    ) -> EstimatorGradientResult:
        """Serve a stock ``EstimatorQNN``: one PUB for each circuit and list of observables."""
        batches = defaultdict(list)
        for index, (circuit, observable) in enumerate(zip(circuits, observables, strict=True)):
            batches[id(circuit), id(observable)].append(index)
        gradients: list[np.ndarray] = [np.empty(0)] * len(circuits)
        for indices in batches.values():
            circuit, observable = circuits[indices[0]], observables[indices[0]]
            points = np.array([parameter_values[index] for index in indices], dtype=float)
            found = self.jacobian(circuit, [SparsePauliOp(observable)], points)
            names = list(circuit.parameters)
            for row, index in zip(found[:, 0], indices, strict=True):
                gradients[index] = row[[names.index(wanted) for wanted in parameters[index]]]
        metadata = [{"parameters": list(wanted)} for wanted in parameters]
        return EstimatorGradientResult(gradients, metadata, Options())


def check_shiftable(circuit: QuantumCircuit) -> None:
    """Raise unless each parameter drives one gate, by plus or minus 1.

    Raises:
        BackendError: Names the first parameter that does not.
    """
    uses: Counter[Parameter] = Counter()
    for instruction in circuit.data:
        for angle in instruction.operation.params:
            if isinstance(angle, ParameterExpression):
                for parameter in angle.parameters:
                    slope = abs(float(angle.gradient(parameter)))
                    uses[parameter] += 1 if math.isclose(slope, 1.0) else 2
    wrong = [parameter.name for parameter, count in uses.items() if count != 1]
    if wrong:
        raise BackendError(
            f"Parameter {wrong[0]} drives several gates or a multiple of an angle: the "
            "parameter-shift rule does not hold; use the gradient 'spsa'."
        )


class ShiftGradient(BroadcastGradient):
    """The two-term parameter-shift rule; as exact as the values, noisy ones included.

    Noise does not depend on angles, so values stay sinusoids in each of them.
    """

    def check(self, circuit: QuantumCircuit) -> None:
        """Raise a :class:`BackendError` where the rule does not hold."""
        check_shiftable(circuit)

    def shifts(self, n_points: int, n_parameters: int) -> Reals:
        """Return plus and minus a quarter turn for each parameter."""
        one = QUARTER_TURN * np.eye(n_parameters)
        both = np.concatenate([one, -one])
        return np.broadcast_to(both, (n_points, *both.shape))

    def combine(self, values: Reals, shifts: Reals) -> Reals:  # noqa: ARG002  # always the same
        """Return half the differences."""
        plus, minus = np.split(values, 2, axis=1)
        return np.asarray((plus - minus).transpose(0, 2, 1) / 2)


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

    def shifts(self, n_points: int, n_parameters: int) -> Reals:
        """Return steps in random directions, and back."""
        signs = self.rng.choice([-1.0, 1.0], (n_points, self.directions, n_parameters))
        return np.concatenate([self.step * signs, -self.step * signs], axis=1)

    def combine(self, values: Reals, shifts: Reals) -> Reals:
        """Return differences along the directions; 1/sign is sign."""
        plus, minus = np.split(values, 2, axis=1)
        signs = shifts[:, : self.directions] / self.step
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


GRADIENTS: Mapping[str, type[BroadcastGradient]] = MappingProxyType(
    {"shift": ShiftGradient, "spsa": SpsaGradient}
)
"""Gradients of noisy values by name."""
