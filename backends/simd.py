"""Rows of samples as SIMD vectors inside Numba kernels.

LLVM does not vectorise loops over short rows of one array well, since it has to assume that rows
overlap. Here a row of :data:`LANES` samples is a value of its own type instead: ``load`` one,
compute with ``+ - *``, ``store`` it. Machines with narrower registers split it.
"""

import operator
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic, models, overload, register_model

LANES = 8
"""Samples in a row: one AVX-512 register of float64."""


kernel = njit(nogil=True, fastmath=True, error_model="numpy", cache=True)
"""Decorates the functions that Numba compiles: no Python lock held, cached on disk."""


class Vector(types.Type):
    """Numba type of a row of samples.

    Args:
        dtype: Numba type of one sample, float32 or float64.
    """

    def __init__(self, dtype: types.Type) -> None:
        self.dtype = dtype
        super().__init__(name=f"Vector({dtype})")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Vector) -> None:  # noqa: ANN401
        super().__init__(dmm, fe_type, ir.VectorType(dmm[fe_type.dtype].get_value_type(), LANES))


def _pointer(context: Any, builder: Any, array: Any, value: Any, index: Any) -> Any:  # noqa: ANN401
    data = context.make_array(array)(context, builder, value).data
    vector = ir.VectorType(context.get_value_type(array.dtype), LANES)
    return builder.bitcast(builder.gep(data, [index]), vector.as_pointer())


@intrinsic
def load(_: Any, array: Any, index: Any) -> Any:  # noqa: ANN401, ARG001
    """Return the row that begins at an index of a contiguous array."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        pointer = _pointer(context, builder, signature.args[0], *args)
        return builder.load(pointer, align=signature.args[0].dtype.bitwidth // 8)

    return Vector(array.dtype)(array, types.intp), codegen


@intrinsic
def store(_: Any, array: Any, index: Any, row: Any) -> Any:  # noqa: ANN401, ARG001
    """Write a row that begins at an index of a contiguous array."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        pointer = _pointer(context, builder, signature.args[0], *args[:2])
        builder.store(args[2], pointer, align=signature.args[0].dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, types.intp, row), codegen


@intrinsic
def splat(_: Any, like: Any, value: Any) -> Any:  # noqa: ANN401
    """Return a row of one number, of the type of an array or another row."""
    dtype = like.dtype

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        vector = context.get_value_type(signature.return_type)
        number = context.cast(builder, args[1], signature.args[1], dtype)
        blank = ir.Constant(vector, ir.Undefined)
        one = builder.insert_element(blank, number, ir.Constant(ir.IntType(32), 0))
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(one, blank, lanes)

    return Vector(dtype)(like, value), codegen


@intrinsic
def total(_: Any, row: Any) -> Any:  # noqa: ANN401
    """Return the sum over a row."""

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:  # noqa: ANN401
        lanes = [
            builder.extract_element(args[0], ir.Constant(ir.IntType(32), lane))
            for lane in range(LANES)
        ]
        while len(lanes) > 1:
            lanes = [builder.fadd(*pair) for pair in zip(lanes[::2], lanes[1::2], strict=True)]
        return lanes[0]

    return row.dtype(row), codegen


@intrinsic
def odd(_: Any, bits: Any) -> Any:  # noqa: ANN401, ARG001
    """Return the parity of the set bits of a 64-bit integer."""

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:  # noqa: ANN401
        count = builder.ctpop(args[0])
        return builder.and_(count, ir.Constant(count.type, 1))

    return types.int64(types.int64), codegen


def _define(operation: Any, instruction: str) -> None:  # noqa: ANN401
    @intrinsic
    def apply(_: Any, left: Any, right: Any) -> Any:  # noqa: ANN401
        def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:  # noqa: ANN401
            return getattr(builder, instruction)(*args, flags=("fast",))

        return left(left, right), codegen

    @overload(operation)
    def choose(left, right):  # noqa: ANN001, ANN202  # the same signature as inside
        if isinstance(left, Vector) and left == right:
            return lambda left, right: apply(left, right)  # noqa: PLW0108  # by these names
        return None


for _operation, _instruction in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
):
    _define(_operation, _instruction)
