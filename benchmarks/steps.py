"""A circuit in words that every simulator understands, and steps of layers made of it."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from turns import Step

from qkdrp.circuits import PQC

Gate = tuple[str, list[int], str, int]


def gates(pqc: PQC) -> Iterator[Gate]:
    """Yield (name, qubits, "input" or "weight" or "", index) of each gate."""
    places = {p: ("input", i) for i, p in enumerate(pqc.inputs)}
    places |= {p: ("weight", i) for i, p in enumerate(pqc.weights)}
    for instruction in pqc.circuit.data:
        operation = instruction.operation
        qubits = [pqc.circuit.find_bit(bit).index for bit in instruction.qubits]
        if operation.name != "barrier":
            place = places[operation.params[0]] if operation.params else ("", 0)
            yield operation.name, qubits, *place


def read_qubits(pqc: PQC) -> list[int]:
    """Return the qubits whose Pauli Z are the observables."""
    return [int(np.flatnonzero(observable.paulis.z[0])[0]) for observable in pqc.observables]


def torch_step(
    layer: Callable[[torch.Tensor], torch.Tensor],
    weight: torch.Tensor,
    inputs: np.ndarray,
    n_outputs: int,
) -> Step:
    """Return a step: a layer's values, and gradients of their sum by inputs and weights.

    Args:
        layer: From inputs to values, shapes (batch, n_inputs) and (batch, n_outputs).
        weight: What the layer's weights are.
        inputs: Shape (batch, n_inputs).
        n_outputs: Number of observables.
    """
    points = torch.tensor(inputs, requires_grad=True)
    ones = torch.ones(len(inputs), n_outputs, dtype=torch.float64)

    def step() -> tuple[Any, ...]:
        values = layer(points)
        return values, *torch.autograd.grad(values, (points, weight), ones)

    return step


def jax_step(layer: Callable[[Any, Any], Any], inputs: np.ndarray, weights: np.ndarray) -> Step:
    """Return a step like that of :func:`torch_step`, compiled.

    Args:
        layer: From inputs and weights to values.
        inputs: Shape (batch, n_inputs).
        weights: Shape (n_weights,).
    """
    import jax
    import jax.numpy as jnp

    def total(points: Any, weight: Any) -> Any:  # noqa: ANN401  # JAX arrays
        values = layer(points, weight)
        return values.sum(), values

    compiled = jax.jit(jax.value_and_grad(total, argnums=(0, 1), has_aux=True))
    points, weight = jnp.array(inputs), jnp.array(weights)

    def step() -> tuple[Any, ...]:
        (_, values), gradients = jax.block_until_ready(compiled(points, weight))
        return values, *gradients

    return step
