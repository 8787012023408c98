"""The quantum depth-infused layer: values, gradients, idle weights, length scale."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from qkdrp.backends import QuantumLayer, get_backend
from qkdrp.systems.pairs.build import pqc_of
from qkdrp.systems.pairs.config import ModelConfig
from qkdrp.systems.pairs.length_scale import measure, standard_points

WEIGHTS = 0.1 * np.sin(np.arange(1320) + 1)
ANGLES = 0.5 * np.cos(np.arange(256) + 1)
IDLE = {160: (1, 2, 3, 4, 5, 7), 161: (1, 2, 3, 4), 162: (1, 2, 3, 5, 6, 7), 163: (1, 2, 5, 6),
        164: (1, 3, 5, 7)}  # fmt: skip


@pytest.fixture(scope="module")
def layer() -> Iterator[QuantumLayer]:
    with get_backend("statevector") as backend:
        yield QuantumLayer(backend.qnn(pqc_of(ModelConfig()))).double()


def set_weights(layer: QuantumLayer, weights: np.ndarray) -> None:
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weights))
    layer.weight.grad = None


@pytest.fixture
def known(layer: QuantumLayer) -> QuantumLayer:
    set_weights(layer, WEIGHTS)
    return layer


@pytest.fixture
def drawn(layer: QuantumLayer) -> QuantumLayer:
    set_weights(layer, np.random.default_rng(1).uniform(0, 2 * np.pi, 1320))
    return layer


def test_the_circuit_of_the_paper() -> None:
    pqc = pqc_of(ModelConfig())
    counts = pqc.circuit.count_ops()
    assert (counts["rx"], counts["rz"], counts["cx"]) == (1320, 256, 1327)
    assert pqc.circuit.size() == 2903
    assert pqc.circuit.depth() == 1524
    assert pqc.circuit.depth(lambda gate: gate.operation.num_qubits > 1) == 1327
    assert len(pqc.observables) == 1


@pytest.mark.parametrize(
    ("angles", "value"),
    [(ANGLES, 0.0734172955), (0 * ANGLES, -0.0670751943), (ANGLES[::-1].copy(), 0.0092725203)],
)
def test_values(known: QuantumLayer, angles: np.ndarray, value: float) -> None:
    assert float(known(torch.from_numpy(angles)[None]).detach()) == pytest.approx(value, abs=1e-9)


def by_difference(layer: QuantumLayer, step: float = 1e-5) -> float:
    """Return the derivative by a common shift of all angles, to fourth order."""
    with torch.no_grad():
        shifted = torch.from_numpy(ANGLES + step * np.array([[1], [-1], [2], [-2]]))
        up, down, far_up, far_down = layer(shifted).squeeze().tolist()
    return float((8 * (up - down) - (far_up - far_down)) / (12 * step))


def test_gradients(known: QuantumLayer) -> None:
    angles = torch.from_numpy(ANGLES)[None].requires_grad_()
    known(angles).sum().backward()
    assert angles.grad is not None
    assert known.weight.grad is not None
    by_angle, by_weight = angles.grad[0].numpy(), known.weight.grad.numpy()
    assert by_angle.sum() == pytest.approx(by_difference(known), abs=1e-9)
    assert by_angle.sum() == pytest.approx(0.15615036, abs=1e-8)
    expected = [-0.0184238573, -0.0483653414, -0.0152525745]
    np.testing.assert_allclose(by_angle[:3], expected, atol=1e-9)
    assert by_weight.sum() == pytest.approx(-4.34016186, abs=1e-7)
    expected = [0.00210234, 0.00703599, -0.07733086]
    np.testing.assert_allclose(by_weight[:3], expected, atol=1e-8)


def test_without_weights_every_value_is_one(layer: QuantumLayer) -> None:
    set_weights(layer, np.zeros(1320))
    angles = torch.randn(3, 256, generator=torch.Generator().manual_seed(0))
    np.testing.assert_allclose(layer(angles.double()).detach(), 1, atol=1e-12)


def test_24_weights_are_idle_and_every_angle_counts(drawn: QuantumLayer) -> None:
    rng = np.random.default_rng(0)
    angles = torch.from_numpy(rng.standard_normal((4, 256))).requires_grad_()
    (drawn(angles).squeeze() * torch.from_numpy(rng.standard_normal(4))).sum().backward()
    assert angles.grad is not None
    assert drawn.weight.grad is not None
    assert float(angles.grad.abs().min(dim=0).values.min()) > 0
    idle = (drawn.weight.grad.abs() < 1e-12).nonzero().squeeze().tolist()
    assert idle == [8 * block + qubit for block, qubits in IDLE.items() for qubit in qubits]


def test_the_length_scale_is_a_tenth_of_a_radian(drawn: QuantumLayer) -> None:
    found = measure(drawn, standard_points(ModelConfig()))
    assert found.at(0.1)[0] == pytest.approx(0.52, abs=0.05)
    assert found.value == pytest.approx(0.1, abs=0.02)
