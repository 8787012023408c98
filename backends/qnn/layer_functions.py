"""Torch functions of the quantum layer: values, and cotangents pulled back.

Both work on a whole batch with one vector of weights, as a QNN does. Where torch asks for more,
second derivatives or weights that differ within a batch, they go on with the functions of
:mod:`~qkdrp.backends.qnn.point_functions`, if the QNN is exact.
"""

import math
from typing import Any

import torch

from qkdrp.backends.qnn.layer_evaluation import Evaluation
from qkdrp.backends.qnn.point_functions import (
    SavingFunction,
    curve,
    forward_mode,
    moved_to_front,
    primals,
    pull,
    push,
    to_array,
    to_rows,
    values_at,
)

Tensors = tuple[torch.Tensor, torch.Tensor]
"""By angles, shape (..., n_inputs), and by weights, shape (n_weights,)."""


class _LayerValues(SavingFunction):
    """The values of a layer, shape (..., *output_shape), in the dtype of the angles."""

    @staticmethod
    def forward(
        angles: torch.Tensor, weights: torch.Tensor, evaluation: Evaluation
    ) -> torch.Tensor:
        values = evaluation.values(to_rows(angles), to_array(weights))
        shape = *angles.shape[:-1], *evaluation.qnn.output_shape
        return _like(torch.from_numpy(values.reshape(shape)), angles)

    @staticmethod
    def backward(ctx: Any, cotangents: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # noqa: ANN401
        angles, weights = ctx.saved_tensors
        return _handed_out(ctx, _pulled(cotangents, angles, weights, ctx.source))

    @staticmethod
    @forward_mode
    def jvp(
        ctx: Any,  # noqa: ANN401
        angles_along: torch.Tensor | None,
        weights_along: torch.Tensor | None,
        _: None,
    ) -> torch.Tensor:
        angles, weights = primals(ctx)
        along = _directions(angles, weights, angles_along, weights_along)
        found = push(_points(angles, weights), along, ctx.source.pointwise())
        return _like(found, angles)

    @staticmethod
    def vmap(
        info: Any,  # noqa: ANN401
        in_dims: tuple[int | None, ...],
        angles: torch.Tensor,
        weights: torch.Tensor,
        evaluation: Evaluation,
    ) -> tuple[torch.Tensor, int]:
        angles = moved_to_front(angles, in_dims[0], info.batch_size)
        if in_dims[1] is None:
            return layer_values(angles, weights, evaluation), 0
        points = _points(angles, weights.movedim(in_dims[1], 0))
        return _like(values_at(points, evaluation.pointwise()), angles), 0


class _LayerPull(SavingFunction):
    """Gradients of ``sum(cotangents * values)``, each in the dtype of its own argument."""

    @staticmethod
    def forward(
        cotangents: torch.Tensor,
        angles: torch.Tensor,
        weights: torch.Tensor,
        evaluation: Evaluation,
    ) -> Tensors:
        if not evaluation.kept:
            evaluation.linearise(to_rows(angles), to_array(weights))
        dims = len(evaluation.qnn.output_shape)
        by_inputs, by_weights = evaluation.pull_back(to_rows(cotangents, dims))
        return (
            _like(torch.from_numpy(by_inputs.reshape(angles.shape)), angles),
            _like(torch.from_numpy(by_weights), weights),
        )

    @staticmethod
    def backward(
        ctx: Any,  # noqa: ANN401
        angles_along: torch.Tensor,
        weights_along: torch.Tensor,
    ) -> tuple[torch.Tensor | None, ...]:
        cotangents, angles, weights = ctx.saved_tensors
        engine, points = ctx.source.pointwise(), _points(angles, weights)
        along = _points(angles_along, weights_along)
        needs_cotangents, *needs_points, _ = ctx.needs_input_grad
        by_cotangents = push(points, along, engine) if needs_cotangents else None
        by_angles = by_weights = None
        if any(needs_points):
            by_points = curve(points, _plain(cotangents), along, engine)
            by_angles, by_weights = _split(by_points, angles, weights)
        return (
            None if by_cotangents is None else _like(by_cotangents, cotangents),
            by_angles if needs_points[0] else None,
            by_weights if needs_points[1] else None,
            None,
        )

    @staticmethod
    @forward_mode
    def jvp(
        ctx: Any,  # noqa: ANN401
        turned: torch.Tensor | None,
        angles_along: torch.Tensor | None,
        weights_along: torch.Tensor | None,
        _: None,
    ) -> Tensors:
        cotangents, angles, weights = primals(ctx)
        engine, points = ctx.source.pointwise(), _points(angles, weights)
        along = _directions(angles, weights, angles_along, weights_along)
        found = curve(points, _plain(cotangents), along, engine)
        if turned is not None:
            found = found + pull(points, _plain(turned), engine)
        return _split(found, angles, weights)

    @staticmethod
    def vmap(
        info: Any,  # noqa: ANN401
        in_dims: tuple[int | None, ...],
        cotangents: torch.Tensor,
        angles: torch.Tensor,
        weights: torch.Tensor,
        evaluation: Evaluation,
    ) -> tuple[Tensors, tuple[int, int]]:
        cotangents_dim, angles_dim, weights_dim, _ = in_dims
        cotangents = moved_to_front(cotangents, cotangents_dim, info.batch_size)
        if angles_dim is None and weights_dim is None:  # as in jacrev: the same states serve all
            each = [_pulled(one, angles, weights, evaluation) for one in cotangents.unbind()]
            by_angles, by_weights = zip(*each, strict=True)
            return (torch.stack(by_angles), torch.stack(by_weights)), (0, 0)
        angles = moved_to_front(angles, angles_dim, info.batch_size)
        weights = moved_to_front(weights, weights_dim, info.batch_size)
        found = pull(_points(angles, weights), _plain(cotangents), evaluation.pointwise())
        return _split(found, angles, weights), (0, 0)


class _PlainValues(torch.autograd.Function):
    """:class:`_LayerValues` without what ``torch.func`` needs, which takes as long as a circuit."""

    jvp = _LayerValues.jvp

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> torch.Tensor:  # noqa: ANN401
        values = _LayerValues.forward(*inputs)
        _LayerValues.setup_context(ctx, inputs, values)
        return values

    @staticmethod
    def backward(ctx: Any, cotangents: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # noqa: ANN401
        if torch.is_grad_enabled() or _transformed():
            return _LayerValues.backward(ctx, cotangents)
        angles, weights = ctx.saved_tensors
        return _handed_out(ctx, _LayerPull.forward(cotangents, angles, weights, ctx.source))


def layer_values(
    angles: torch.Tensor, weights: torch.Tensor, evaluation: Evaluation
) -> torch.Tensor:
    """Return the values of a layer, shape (..., *output_shape), in the dtype of the angles.

    Args:
        angles: Shape (..., n_inputs), radians.
        weights: Shape (n_weights,), radians.
        evaluation: A fresh one.
    """
    function = _LayerValues if _transformed() else _PlainValues
    if evaluation.keep or function is _LayerValues or _moves(angles) or _moves(weights):
        found: torch.Tensor = function.apply(angles, weights, evaluation)  # type: ignore[no-untyped-call]
        return found
    return _LayerValues.forward(angles, weights, evaluation)


def _moves(tensor: torch.Tensor) -> bool:
    """Tell whether a tensor has a tangent of forward-mode differentiation."""
    return torch.autograd.forward_ad.unpack_dual(tensor).tangent is not None


def _transformed() -> bool:
    """Tell whether ``torch.func`` is at work, as ``torch.autograd.Function`` itself finds out."""
    return torch._C._are_functorch_transforms_active()


def _handed_out(ctx: Any, gradients: Tensors) -> tuple[torch.Tensor | None, ...]:  # noqa: ANN401
    """Return the gradients that are needed, and None for the evaluation."""
    needs_angles, needs_weights, _ = ctx.needs_input_grad
    if needs_angles:
        ctx.source.check_input_gradients()
    by_angles, by_weights = gradients
    return by_angles if needs_angles else None, by_weights if needs_weights else None, None


def _pulled(
    cotangents: torch.Tensor, angles: torch.Tensor, weights: torch.Tensor, evaluation: Evaluation
) -> Tensors:
    found: Tensors = _LayerPull.apply(  # type: ignore[no-untyped-call]
        cotangents, angles, weights, evaluation
    )
    return found


def _plain(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.to("cpu", torch.float64)


def _like(tensor: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    return tensor.to(other.device, other.dtype)


def _points(angles: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return inputs and weights side by side, shape (..., n_inputs + n_weights).

    Args:
        angles: Shape (..., n_inputs).
        weights: Shape (..., n_weights) with some first of these leading dimensions.
    """
    lead = weights.shape[:-1]
    gap = (1,) * (angles.dim() - weights.dim())
    spread = weights.reshape(*lead, *gap, weights.shape[-1]).expand(*angles.shape[:-1], -1)
    return torch.cat([_plain(angles), _plain(spread)], dim=-1)


def _directions(
    angles: torch.Tensor,
    weights: torch.Tensor,
    angles_along: torch.Tensor | None,
    weights_along: torch.Tensor | None,
) -> torch.Tensor:
    """Return what points move along; None stands for no movement."""
    return _points(
        torch.zeros_like(angles) if angles_along is None else angles_along,
        torch.zeros_like(weights) if weights_along is None else weights_along,
    )


def _split(by_points: torch.Tensor, angles: torch.Tensor, weights: torch.Tensor) -> Tensors:
    """Return derivatives by angles and, summed over the samples that share them, by weights."""
    n_inputs, lead = angles.shape[-1], weights.shape[:-1]
    shared = math.prod(angles.shape[len(lead) : -1])
    by_weights = by_points[..., n_inputs:].reshape(*lead, shared, weights.shape[-1]).sum(dim=-2)
    return _like(by_points[..., :n_inputs], angles), _like(by_weights, weights)
