"""The quantum layer: a ``TorchConnector`` that keeps dtypes and uses vector-Jacobian products."""

from typing import Any

import numpy as np
import torch
from qiskit_machine_learning.connectors import TorchConnector
from qiskit_machine_learning.neural_networks import NeuralNetwork

from qkdrp.backends.qnn.errors import also_qiskit, qnn_errors
from qkdrp.backends.qnn.layer_evaluation import Evaluation
from qkdrp.backends.qnn.layer_functions import layer_values
from qkdrp.common.errors import BackendError, CircuitError


class QuantumLayer(TorchConnector):
    """A QNN as a torch module with one parameter, ``weight`` of shape (n_weights,).

    Where the QNN offers ``linearise``, the backward pass is one vector-Jacobian product whatever
    the number of outputs; other QNNs are asked for their Jacobians. Values and gradients are in the
    input's dtype, and gradients that nobody needs are not handed out.

    Layers over a QNN of ``aer_exact`` or ``statevector`` have second derivatives
    (``create_graph=True``, ``torch.func.hessian``) and work under all of ``torch.func``, gradients
    per sample and ``vmap`` over weights included. Others have first derivatives,
    ``torch.func.grad``, ``jacrev`` and ``vmap`` over inputs; whatever else is asked of them is an
    error.

    Args:
        qnn: The quantum neural network; input gradients must be on.
        initial_weights: Shape (n_weights,); drawn from U(0, 2 pi) by torch's global generator
            where left out.
        sparse: Whether values and gradients are sparse tensors; as the QNN has it where left out.
            Such layers are served by ``TorchConnector`` itself, in single precision.

    Raises:
        CircuitError: If the initial weights are of another shape, or the QNN is not sparse but
            ``sparse`` is asked for.
    """

    @qnn_errors
    def __init__(
        self,
        qnn: NeuralNetwork,
        initial_weights: np.ndarray | torch.Tensor | None = None,
        sparse: bool | None = None,
    ) -> None:
        if sparse and not qnn.sparse:
            raise CircuitError(
                f"Found sparse=True for a {type(qnn).__name__} with dense values, expected a "
                "sparse QNN: leave sparse out."
            )
        super().__init__(qnn, initial_weights=np.zeros(qnn.num_weights), sparse=sparse)
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

    @qnn_errors
    def forward(self, input_data: torch.Tensor | None = None) -> torch.Tensor:
        """Return the expectation values, shape (..., n_outputs).

        Args:
            input_data: Rotation angles in radians, shape (..., n_inputs); may be left out for a
                circuit without inputs. Whole numbers count as torch's default float type.

        Raises:
            CircuitError: If the last dimension is not the number of inputs.
        """
        qnn, weight = self.neural_network, self.weight
        angles = weight.new_zeros(0) if input_data is None else input_data
        if angles.shape[-1:] != (qnn.num_inputs,):
            raise CircuitError(
                f"Found angles of shape {tuple(angles.shape)}, "
                f"expected (..., {qnn.num_inputs}): one per input of the circuit."
            )
        if angles.is_complex():
            raise CircuitError(
                f"Found angles of {angles.dtype}, expected real ones: take their real part."
            )
        if not angles.is_floating_point():
            angles = angles.to(torch.get_default_dtype())
        if self.sparse:
            values = super().forward(angles)
            if values.requires_grad:
                values.register_hook(_refuse_second)
            return values
        needed = torch.is_grad_enabled() and (angles.requires_grad or weight.requires_grad)
        return layer_values(angles, weight, Evaluation(qnn, keep=needed))


def _refuse_second(_: torch.Tensor) -> None:
    """Raise in a backward pass whose gradients torch would differentiate, to zeros."""
    if torch.is_grad_enabled():
        raise also_qiskit(
            BackendError("Sparse layers have no second derivatives: leave out create_graph.")
        )
