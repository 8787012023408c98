"""What every exact backend's QNN must do, and the stock counterparts to compare with."""

from collections.abc import Callable, Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from qiskit.primitives import BaseEstimatorV2, PrimitiveJob, StatevectorEstimator
from qiskit.primitives.containers import EstimatorPubLike
from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit_machine_learning.gradients import BaseEstimatorGradient, ParamShiftEstimatorGradient
from qiskit_machine_learning.neural_networks import EstimatorQNN

from qkdrp.backends import QuantumLayer
from qkdrp.circuits import PQC
from tests.circuits.random_circuits import reference_values

Reals = NDArray[np.float64]


class SpyEstimator(StatevectorEstimator):
    """Qiskit's own estimator, remembering how many PUBs came at which precision, and points."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[int, float | None]] = []
        self.points: list[int] = []

    def run(
        self, pubs: Iterable[EstimatorPubLike], *, precision: float | None = None
    ) -> PrimitiveJob:
        pubs = list(pubs)
        self.calls.append((len(pubs), precision))
        self.points += [EstimatorPub.coerce(pub).parameter_values.size for pub in pubs]
        return super().run(pubs, precision=precision)


def stock_qnn(
    pqc: PQC,
    estimator: BaseEstimatorV2 | None = None,
    gradient: Callable[[BaseEstimatorV2], BaseEstimatorGradient] = ParamShiftEstimatorGradient,
) -> EstimatorQNN:
    """What a user of qiskit-machine-learning would build, at precision 0."""
    estimator = estimator or StatevectorEstimator()
    return EstimatorQNN(
        circuit=pqc.circuit,
        estimator=estimator,
        observables=pqc.observables,
        input_params=pqc.inputs,
        weight_params=pqc.weights,
        gradient=gradient(estimator),
        input_gradients=True,
        default_precision=0.0,
    )


def random_point(pqc: PQC, batch: int, rng: np.random.Generator) -> tuple[Reals, Reals]:
    """Inputs of shape (batch, n_inputs) and weights of shape (n_weights,)."""
    inputs = rng.uniform(-np.pi, np.pi, (batch, pqc.n_inputs))
    return inputs, rng.uniform(0, 2 * np.pi, pqc.n_weights)


def exact_values(pqc: PQC, inputs: Reals, weights: Reals) -> Reals:
    points = np.concatenate([inputs, np.broadcast_to(weights, (len(inputs), len(weights)))], axis=1)
    parameters = [*pqc.inputs, *pqc.weights]
    return reference_values(pqc.circuit, pqc.observables, parameters, points)


def check_values(qnn: EstimatorQNN, pqc: PQC, rng: np.random.Generator) -> None:
    inputs, weights = random_point(pqc, 3, rng)
    found = qnn.forward(inputs, weights)
    np.testing.assert_allclose(found, exact_values(pqc, inputs, weights), rtol=0, atol=1e-10)
    np.testing.assert_allclose(found, stock_qnn(pqc).forward(inputs, weights), rtol=0, atol=1e-8)


def check_gradients(qnn: EstimatorQNN, pqc: PQC, rng: np.random.Generator) -> None:
    inputs, weights = random_point(pqc, 2, rng)
    by_inputs, by_weights = qnn.backward(inputs, weights)
    stock_by_inputs, stock_by_weights = stock_qnn(pqc).backward(inputs, weights)
    np.testing.assert_allclose(by_inputs, stock_by_inputs, rtol=0, atol=1e-8)
    np.testing.assert_allclose(by_weights, stock_by_weights, rtol=0, atol=1e-8)

    cotangents = rng.normal(size=(2, pqc.n_outputs))
    vjp_by_inputs, vjp_by_weights = qnn.vjp(inputs, weights, cotangents)
    np.testing.assert_allclose(
        vjp_by_inputs, np.einsum("bo,boi->bi", cotangents, stock_by_inputs), atol=1e-8
    )
    np.testing.assert_allclose(
        vjp_by_weights, np.einsum("bo,bow->w", cotangents, stock_by_weights), atol=1e-8
    )


def check_shapes(qnn: EstimatorQNN, pqc: PQC, rng: np.random.Generator) -> None:
    for shape in [(1,), (4,), (2, 3)]:
        inputs, weights = random_point(pqc, int(np.prod(shape)), rng)
        shaped = inputs.reshape(*shape, pqc.n_inputs)
        values = qnn.forward(shaped, weights)
        assert values.shape == (*shape, pqc.n_outputs)
        flat = qnn.forward(inputs, weights)
        np.testing.assert_allclose(values.reshape(flat.shape), flat, atol=1e-12)
        by_inputs, by_weights = qnn.backward(shaped, weights)
        assert by_inputs.shape == (*shape, pqc.n_outputs, pqc.n_inputs)
        assert by_weights.shape == (*shape, pqc.n_outputs, pqc.n_weights)


def check_dtypes(qnn: EstimatorQNN, pqc: PQC, rng: np.random.Generator) -> None:
    inputs, weights = random_point(pqc, 2, rng)
    assert qnn.forward(inputs, weights).dtype == np.float64
    for dtype in (torch.float32, torch.float64):
        layer = QuantumLayer(qnn, weights)
        angles = torch.tensor(inputs, dtype=dtype, requires_grad=True)
        values = layer(angles)
        values.sum().backward()
        assert values.dtype == angles.grad.dtype == dtype
        assert layer.weight.grad.dtype == layer.weight.dtype == torch.float32
