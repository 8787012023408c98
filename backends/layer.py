"""The quantum layer: a ``TorchConnector`` that keeps dtypes and uses vector-Jacobian products."""

import math
from typing import Any

import numpy as np
import torch
from qiskit_machine_learning.connectors import TorchConnector
from qiskit_machine_learning.neural_networks import NeuralNetwork
from torch.autograd.function import once_differentiable

from qkdrp.common.errors import CircuitError


class QuantumLayer(TorchConnector):
    """A QNN as a torch module with one parameter, ``weight`` of shape (n_weights,).

    Where the QNN offers ``linearise``, the backward pass is one vector-Jacobian product whatever
    the number of outputs; angles and gradients stay in the input's dtype, and gradients that
    nobody needs are not handed out. Other QNNs are served as by ``TorchConnector`` itself.

    Args:
        qnn: The quantum neural network; input gradients must be on.
        initial_weights: Shape (n_weights,); drawn from U(0, 2 pi) by torch's global generator
            where left out.
    """

    def __init__(
        self, qnn: NeuralNetwork, initial_weights: np.ndarray | torch.Tensor | None = None
    ) -> None:
        super().__init__(qnn, initial_weights=np.zeros(qnn.num_weights))
        with torch.no_grad():
            if initial_weights is None:
                self.weight.uniform_(0.0, 2 * torch.pi)
            else:
                values = torch.as_tensor(initial_weights)
                if values.shape != self.weight.shape:
                    raise CircuitError(
                        f"Found initial weights of shape {tuple(values.shape)}, "
                        f"expected {tuple(self.weight.shape)}: one per weight of the circuit."
                    )
                self.weight.copy_(values)

    def __setattr__(self, name: str, value: Any) -> None:  # noqa: ANN401  # as torch's
        """Set an attribute, but leave out the second registration of the one parameter."""
        # TorchConnector sets _weights beside weight, which doubles it in state_dict() and goes
        # stale when weight is replaced, as by torch.func.functional_call.
        if name != "_weights":
            super().__setattr__(name, value)

    @property
    def _weights(self) -> torch.nn.Parameter:  # type: ignore[override]  # set by nobody, see above
        weight = self._parameters.get("weight")
        if weight is None:
            raise AttributeError("weight is not registered yet")
        return weight

    def forward(self, input_data: torch.Tensor | None = None) -> torch.Tensor:
        """Return the expectation values, shape (..., n_outputs).

        Args:
            input_data: Rotation angles in radians, shape (..., n_inputs); may be left out for a
                circuit without inputs. Whole numbers count as torch's default float type.

        Raises:
            CircuitError: If the last dimension is not the number of inputs.
        """
        qnn, weight = self.neural_network, self.weight
        angles = torch.zeros(0) if input_data is None else input_data
        if angles.shape[-1:] != (qnn.num_inputs,):
            raise CircuitError(
                f"Found angles of shape {tuple(angles.shape)}, "
                f"expected (..., {qnn.num_inputs}): one per input of the circuit."
            )
        if not angles.is_floating_point():
            angles = angles.to(torch.get_default_dtype())
        if not hasattr(qnn, "linearise"):
            return super().forward(angles)
        if torch.is_grad_enabled() and (angles.requires_grad or weight.requires_grad):
            values: torch.Tensor = _Linearised.apply(angles, weight, qnn)  # type: ignore[no-untyped-call]  # torch
            return values
        found = qnn.forward(_to_numpy(angles), _to_numpy(weight))
        return _to_torch(found, (angles.device, angles.dtype))


class _Linearised(torch.autograd.Function):
    """Bridges torch and a QNN with ``linearise``; the circuit itself works in float64."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401  # torch hangs whatever is needed on it
        angles: torch.Tensor,
        weights: torch.Tensor,
        qnn: Any,  # noqa: ANN401  # a NeuralNetwork with ``linearise``
    ) -> torch.Tensor:
        inputs = _to_numpy(angles)
        values, ctx.pull_back = qnn.linearise(_rows(inputs), _to_numpy(weights))
        ctx.kinds = (angles.device, angles.dtype), (weights.device, weights.dtype)
        return _to_torch(values.reshape(*inputs.shape[:-1], *qnn.output_shape), ctx.kinds[0])

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any,  # noqa: ANN401
        *cotangents: torch.Tensor,
    ) -> tuple[torch.Tensor | None, torch.Tensor | None, None]:
        pulled = _to_numpy(cotangents[0])
        by_inputs, by_weights = ctx.pull_back(_rows(pulled))
        by_inputs = by_inputs.reshape(*pulled.shape[:-1], by_inputs.shape[-1])
        needs_inputs, needs_weights, _ = ctx.needs_input_grad
        kind_of_inputs, kind_of_weights = ctx.kinds
        return (
            _to_torch(by_inputs, kind_of_inputs) if needs_inputs else None,
            _to_torch(by_weights, kind_of_weights) if needs_weights else None,
            None,
        )


def _to_numpy(tensor: torch.Tensor) -> np.ndarray:
    return tensor.numpy(force=True).astype(np.float64, copy=False)


def _to_torch(array: np.ndarray, kind: tuple[torch.device, torch.dtype]) -> torch.Tensor:
    return torch.from_numpy(array).to(*kind)


def _rows(array: np.ndarray) -> np.ndarray:
    """Return the array as rows of its last dimension."""
    return array.reshape(math.prod(array.shape[:-1]), array.shape[-1])
