"""Torch functions of points, each the derivative of another, up to second derivatives.

Points, cotangents and directions are tensors of shape (..., n_parameters) or (..., n_outputs) in
double precision on the CPU, with the same leading dimensions. As every point stands alone, a
dimension that ``torch.func.vmap`` maps is one more leading dimension.
"""

import math
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn, ParamSpec, TypeVar

import numpy as np
import torch

from qkdrp.backends.exact.engine import Reals
from qkdrp.backends.exact.pointwise import PointwiseEngine
from qkdrp.backends.qnn.errors import also_qiskit
from qkdrp.common.errors import BackendError

_NUMPY_HAS = frozenset({torch.float32, torch.float64})
"""Float types that NumPy takes over as they are; it has no bfloat16."""

P = ParamSpec("P")
T = TypeVar("T")

Gradients = tuple[torch.Tensor | None, ...]


def forward_mode(jvp: Callable[P, T]) -> Callable[P, T]:
    """Let what a ``jvp`` computes be differentiated forward once more.

    Torch turns that off while it calls one, so that nested forward derivatives would be zeros
    without a word. For the same reason a ``jvp`` takes :func:`primals` only.
    """

    @wraps(jvp)
    def differentiable(*arguments: P.args, **named: P.kwargs) -> T:
        with torch.autograd.forward_ad._set_fwd_grad_enabled(True):
            return jvp(*arguments, **named)

    return differentiable


def primals(ctx: Any) -> list[torch.Tensor]:  # noqa: ANN401
    """Return the tensors kept by :class:`SavingFunction` without the tangents of this level."""
    return [torch.autograd.forward_ad.unpack_dual(each).primal for each in ctx.saved_tensors]


class SavingFunction(torch.autograd.Function):
    """A function of tensors, which torch keeps and guards, and of what computes it."""

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:  # noqa: ANN401, ARG004
        """Keep the tensors, so that torch notices when they are changed in place."""
        *tensors, ctx.source = inputs
        ctx.save_for_backward(*tensors)
        ctx.save_for_forward(*tensors)


class _PointFunction(SavingFunction):
    """A function of tensors and an engine, point by point."""

    @classmethod
    def vmap(
        cls,
        info: Any,  # noqa: ANN401  # torch's own
        in_dims: tuple[int | None, ...],
        *inputs: Any,  # noqa: ANN401  # tensors, then the engine
    ) -> tuple[torch.Tensor, int]:
        *tensors, engine = inputs
        moved = [
            moved_to_front(tensor, dim, info.batch_size)
            for tensor, dim in zip(tensors, in_dims, strict=False)
        ]
        return cls.apply(*moved, engine), 0  # type: ignore[no-untyped-call]  # torch


class _PointValues(_PointFunction):
    """The expectation values at points."""

    @staticmethod
    def forward(points: torch.Tensor, engine: PointwiseEngine) -> torch.Tensor:
        return _computed(engine.values, points)

    @staticmethod
    def backward(ctx: Any, cotangents: torch.Tensor) -> Gradients:  # noqa: ANN401
        (points,) = ctx.saved_tensors
        return pull(points, cotangents, ctx.source), None

    @staticmethod
    @forward_mode
    def jvp(ctx: Any, directions: torch.Tensor, _: None) -> torch.Tensor:  # noqa: ANN401
        (points,) = primals(ctx)
        return push(points, directions, ctx.source)


class _PointPull(_PointFunction):
    """The gradients of ``sum(cotangents * values)``."""

    @staticmethod
    def forward(
        points: torch.Tensor, cotangents: torch.Tensor, engine: PointwiseEngine
    ) -> torch.Tensor:
        return _computed(engine.vjp, points, cotangents)

    @staticmethod
    def backward(ctx: Any, along: torch.Tensor) -> Gradients:  # noqa: ANN401
        points, cotangents = ctx.saved_tensors
        by_points, by_cotangents, _ = ctx.needs_input_grad
        return (
            curve(points, cotangents, along, ctx.source) if by_points else None,
            push(points, along, ctx.source) if by_cotangents else None,
            None,
        )

    @staticmethod
    @forward_mode
    def jvp(
        ctx: Any,  # noqa: ANN401
        directions: torch.Tensor | None,
        turned: torch.Tensor | None,
        _: None,
    ) -> torch.Tensor:
        points, cotangents = primals(ctx)
        found = torch.zeros_like(points)
        if directions is not None:
            found = found + curve(points, cotangents, directions, ctx.source)
        if turned is not None:
            found = found + pull(points, turned, ctx.source)
        return found


class _PointPush(_PointFunction):
    """The derivatives of the values along directions."""

    @staticmethod
    def forward(
        points: torch.Tensor, directions: torch.Tensor, engine: PointwiseEngine
    ) -> torch.Tensor:
        return _computed(engine.jvp, points, directions)

    @staticmethod
    def backward(ctx: Any, cotangents: torch.Tensor) -> Gradients:  # noqa: ANN401
        points, directions = ctx.saved_tensors
        by_points, by_directions, _ = ctx.needs_input_grad
        return (
            curve(points, cotangents, directions, ctx.source) if by_points else None,
            pull(points, cotangents, ctx.source) if by_directions else None,
            None,
        )

    @staticmethod
    @forward_mode
    def jvp(
        ctx: Any,  # noqa: ANN401
        moved: torch.Tensor | None,
        turned: torch.Tensor,
        _: None,
    ) -> torch.Tensor:
        points, _directions = primals(ctx)
        if moved is not None:
            raise also_qiskit(
                BackendError(
                    "Found forward-mode differentiation of a forward-mode derivative of a circuit, "
                    "expected it at most once: use torch.func.hessian or jacrev for one of the two."
                )
            )
        return push(points, turned, ctx.source)


class _PointCurve(_PointFunction):
    """The derivatives of the gradients of ``sum(cotangents * values)`` along directions."""

    @staticmethod
    def forward(
        points: torch.Tensor,
        cotangents: torch.Tensor,
        directions: torch.Tensor,
        engine: PointwiseEngine,
    ) -> torch.Tensor:
        return _computed(engine.hvp, points, cotangents, directions)

    @staticmethod
    def backward(ctx: Any, *_: torch.Tensor) -> Gradients:  # noqa: ANN401, ARG004
        _refuse_third()

    @staticmethod
    @forward_mode
    def jvp(ctx: Any, *_: torch.Tensor | None) -> torch.Tensor:  # noqa: ANN401, ARG004
        _refuse_third()


def values_at(points: torch.Tensor, engine: PointwiseEngine) -> torch.Tensor:
    """Return the expectation values at points, shape (..., n_outputs)."""
    found: torch.Tensor = _PointValues.apply(points, engine)  # type: ignore[no-untyped-call]
    return found


def pull(points: torch.Tensor, cotangents: torch.Tensor, engine: PointwiseEngine) -> torch.Tensor:
    """Return the gradients of ``sum(cotangents * values)``, shape (..., n_parameters)."""
    found: torch.Tensor = _PointPull.apply(points, cotangents, engine)  # type: ignore[no-untyped-call]
    return found


def push(points: torch.Tensor, directions: torch.Tensor, engine: PointwiseEngine) -> torch.Tensor:
    """Return the derivatives of the values along directions, shape (..., n_outputs)."""
    found: torch.Tensor = _PointPush.apply(points, directions, engine)  # type: ignore[no-untyped-call]
    return found


def curve(
    points: torch.Tensor,
    cotangents: torch.Tensor,
    directions: torch.Tensor,
    engine: PointwiseEngine,
) -> torch.Tensor:
    """Return the derivatives of :func:`pull` along directions, shape (..., n_parameters)."""
    found: torch.Tensor = _PointCurve.apply(  # type: ignore[no-untyped-call]
        points, cotangents, directions, engine
    )
    return found


def moved_to_front(tensor: torch.Tensor, dim: int | None, size: int) -> torch.Tensor:
    """Return a tensor whose first dimension is the one that vmap maps, repeated if it has none."""
    return tensor.expand(size, *tensor.shape) if dim is None else tensor.movedim(dim, 0)


def to_array(tensor: torch.Tensor) -> Reals:
    """Return a tensor of any float type on any device as an array in double precision."""
    if tensor.dtype not in _NUMPY_HAS:
        tensor = tensor.float()
    try:
        array = tensor.numpy(force=True)
    except RuntimeError as error:
        raise also_qiskit(
            BackendError(
                "Found a tensor that stands for several, as vectorize=True and "
                "is_grads_batched=True make them: use torch.func.jacrev or torch.func.hessian."
            )
        ) from error
    return array.astype(np.float64, copy=False)


def to_rows(tensor: torch.Tensor, dims: int = 1) -> Reals:
    """Return a tensor as an array of rows in double precision, shape (n_rows, width).

    Args:
        tensor: Of any float type, on any device.
        dims: Number of last dimensions that make up a row.
    """
    array, lead = to_array(tensor), tensor.dim() - dims
    if lead == dims == 1:
        return array
    return array.reshape(math.prod(array.shape[:lead]), math.prod(array.shape[lead:]))


def _computed(compute: Callable[..., Reals], *tensors: torch.Tensor) -> torch.Tensor:
    found = compute(*(to_rows(tensor) for tensor in tensors))
    return torch.from_numpy(found).reshape(*tensors[0].shape[:-1], found.shape[-1])


def _refuse_third() -> NoReturn:
    raise also_qiskit(
        BackendError(
            "Found a third derivative of a circuit, expected at most second ones: detach what "
            "needs no further gradient, or leave out create_graph."
        )
    )
