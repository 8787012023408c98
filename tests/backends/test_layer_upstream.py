"""What the layer shares with ``TorchConnector``: ``sparse``, and QNNs of upstream."""

from typing import Any

import pytest
import torch
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.primitives import StatevectorSampler
from qiskit_machine_learning import QiskitMachineLearningError
from qiskit_machine_learning.neural_networks import EstimatorQNN, SamplerQNN

from qkdrp.backends import QuantumLayer, get_backend
from qkdrp.circuits import PQCSpec, build_pqc
from qkdrp.common.errors import BackendError


@pytest.fixture(params=["aer_exact", "statevector"])
def qnn(request: pytest.FixtureRequest) -> EstimatorQNN:
    return get_backend(request.param).qnn(build_pqc(PQCSpec(2, 2, 1)))


class TestSparse:
    """``sparse``, as ``TorchConnector`` takes it."""

    @pytest.mark.parametrize("sparse", [None, False])
    def test_dense_layers(self, sparse: bool | None, qnn: EstimatorQNN) -> None:
        layer = QuantumLayer(qnn, sparse=sparse)
        assert not layer.sparse
        assert not layer(torch.ones(1, 4)).is_sparse

    def test_dense_qnns_are_refused(self, qnn: EstimatorQNN) -> None:
        with pytest.raises(QiskitMachineLearningError, match="sparse=True"):
            QuantumLayer(qnn, sparse=True)


def sampler_qnn(**options: Any) -> SamplerQNN:
    """A QNN of upstream with more than one number for each output."""
    circuit, inputs, weights = QuantumCircuit(2), ParameterVector("x", 2), ParameterVector("w", 2)
    for qubit in range(2):
        circuit.ry(inputs[qubit], qubit)
        circuit.rx(weights[qubit], qubit)
    circuit.cx(0, 1)
    return SamplerQNN(
        circuit=circuit,
        sampler=StatevectorSampler(seed=0),
        input_params=inputs,
        weight_params=weights,
        interpret=lambda bits: (bits & 1, bits >> 1),
        output_shape=(2, 2),
        **options,
    )


def test_upstream_s_qnns_with_outputs_of_several_dimensions() -> None:
    layer = QuantumLayer(sampler_qnn(input_gradients=True))
    angles = torch.ones(3, 5, 2, requires_grad=True)
    values = layer(angles)
    (values * torch.arange(4.0).reshape(2, 2)).sum().backward()
    assert values.shape == (3, 5, 2, 2)
    assert angles.grad.abs().max() > 0
    assert layer.weight.grad.abs().max() > 0
    assert layer(angles[:0]).shape == (0, 5, 2, 2)


def test_input_gradients_that_are_off_are_no_silent_zeros() -> None:
    layer = QuantumLayer(sampler_qnn())
    layer(torch.ones(1, 2)).sum().backward()
    assert layer.weight.grad is not None
    loss = layer(torch.ones(1, 2, requires_grad=True)).sum()
    with pytest.raises(BackendError, match="input_gradients=False"):
        loss.backward()
