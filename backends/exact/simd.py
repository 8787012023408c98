"""Rows of samples as SIMD vectors inside Numba kernels.

LLVM does not vectorise loops over short rows of one array well, since it has to assume that rows
overlap. Here a row of :data:`LANES` samples is a value of its own type instead: ``load`` one,
compute with ``+ - *``, ``store`` it. Machines with narrower registers split it. Rows that begin at
a multiple of their size, as in :func:`aligned` ones, are quickest to reach.
"""

import operator
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model
from numpy.typing import NDArray

from qkdrp.backends.exact.kernel_cache import cached_njit

LANES = 8
"""Samples in a row: one AVX-512 register of float64."""


kernel = cached_njit(nogil=True, fastmath=True, error_model="numpy", _nrt=False)
"""Decorates the functions that Numba compiles: no Python lock held, cached on disk.

They allocate nothing (``_nrt``): else every view of an array would count references, atomically,
and threads would wait for each other.
"""

strict_kernel = cached_njit(nogil=True, error_model="numpy", _nrt=False)
"""Decorates those that must tell NaN and infinity from numbers."""


@kernel
def first_row(raw):  # noqa: ANN001, ANN201  # a kernel
    """Return the first index of an array that is a multiple of a row's size in memory."""
    return -(np.int64(raw.ctypes.data) // raw.itemsize) % LANES


def aligned(length: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return an uninitialised array that begins at a multiple of a row's size in memory."""
    raw = np.empty(length + LANES, dtype)
    start = first_row(raw)
    return raw[start : start + length]


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


def _load(builder: Any, array: Any, pointer: Any) -> Any:  # noqa: ANN401
    return builder.load(pointer, align=array.dtype.bitwidth // 8)


def _store(builder: Any, array: Any, row: Any, pointer: Any) -> None:  # noqa: ANN401
    builder.store(row, pointer, align=array.dtype.bitwidth // 8)


def _int(value: int) -> Any:  # noqa: ANN401
    return ir.Constant(ir.IntType(32), value)


def _mask(lanes: list[int]) -> Any:  # noqa: ANN401
    return ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes)


@intrinsic
def load(_: Any, array: Any, index: Any) -> Any:  # noqa: ANN401, ARG001
    """Return the row that begins at an index of a contiguous array."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        kind = signature.args[0]
        return _load(builder, kind, _pointer(context, builder, kind, *args))

    return Vector(array.dtype)(array, types.intp), codegen


@intrinsic
def store(_: Any, array: Any, index: Any, row: Any) -> Any:  # noqa: ANN401, ARG001
    """Write a row that begins at an index of a contiguous array."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        kind = signature.args[0]
        _store(builder, kind, args[2], _pointer(context, builder, kind, *args[:2]))
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
        one = builder.insert_element(blank, number, _int(0))
        return builder.shuffle_vector(one, blank, _mask([0] * LANES))

    return Vector(dtype)(like, value), codegen


@intrinsic
def totals(_: Any, array: Any, index: Any) -> Any:  # noqa: ANN401, ARG001
    """Return the sums over :data:`LANES` rows that begin at an index, as one row."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        kind = signature.args[0]
        pointer = _pointer(context, builder, kind, *args)
        rows = [_load(builder, kind, builder.gep(pointer, [_int(row)])) for row in range(LANES)]
        width = 1
        while len(rows) > 1:  # fold pairs of rows: one row holds the partial sums of both
            low = [
                lane % width + lane // (2 * width) * 2 * width + LANES * (lane // width % 2)
                for lane in range(LANES)
            ]
            rows = [
                builder.fadd(
                    builder.shuffle_vector(*pair, _mask(low)),
                    builder.shuffle_vector(*pair, _mask([lane + width for lane in low])),
                    flags=("fast",),
                )
                for pair in zip(rows[::2], rows[1::2], strict=True)
            ]
            width *= 2
        return rows[0]

    return Vector(array.dtype)(array, types.intp), codegen


def _hadamard(builder: Any, rows: list[Any], bit: int) -> None:  # noqa: ANN401
    """Replace pairs of rows, whose numbers differ in a bit, by their sums and differences."""
    for low in (number for number in range(len(rows)) if not number >> bit & 1):
        high = low | 1 << bit
        rows[low], rows[high] = (
            builder.fadd(rows[low], rows[high], flags=("fast",)),
            builder.fsub(rows[low], rows[high], flags=("fast",)),
        )


@intrinsic
def butterfly(_: Any, array: Any, index: Any, strides: Any) -> Any:  # noqa: ANN401, ARG001
    """Apply unnormalised Hadamards along some strides to the rows from an index on.

    All rows, two to the number of strides, are in registers meanwhile.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        kind = signature.args[0]
        offsets = [args[1]]
        for stride in cgutils.unpack_tuple(builder, args[2]):
            offsets += [builder.add(offset, stride) for offset in offsets]
        pointers = [_pointer(context, builder, kind, args[0], offset) for offset in offsets]
        rows = [_load(builder, kind, pointer) for pointer in pointers]
        for bit in range(signature.args[2].count):
            _hadamard(builder, rows, bit)
        for row, pointer in zip(rows, pointers, strict=True):
            _store(builder, kind, row, pointer)
        return context.get_dummy_value()

    return types.void(array, types.intp, strides), codegen


@intrinsic(prefer_literal=True)
def mix(_: Any, row: Any, bit: Any) -> Any:  # noqa: ANN401
    """Apply an unnormalised Hadamard within a row, along a bit (literally 1, 2, 4) of its lanes."""
    distance = bit.literal_value

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        kind = context.get_value_type(signature.return_type)
        signs = ir.Constant(kind, [-1.0 if lane & distance else 1.0 for lane in range(LANES)])
        partner = builder.shuffle_vector(
            args[0], args[0], _mask([lane ^ distance for lane in range(LANES)])
        )
        return builder.fadd(builder.fmul(args[0], signs), partner, flags=("fast",))

    return row(row, bit), codegen


@intrinsic(prefer_literal=True)
def swap(_: Any, row: Any, bit: Any) -> Any:  # noqa: ANN401
    """Exchange numbers within a row whose lanes differ in a bit (literally 1, 2, 4)."""
    distance = bit.literal_value

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:  # noqa: ANN401
        lanes = _mask([lane ^ distance for lane in range(LANES)])
        return builder.shuffle_vector(args[0], args[0], lanes)

    return row(row, bit), codegen


@intrinsic
def first_lane(_: Any, row: Any) -> Any:  # noqa: ANN401
    """Return the number in the first lane."""

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:  # noqa: ANN401
        return builder.extract_element(args[0], _int(0))

    return row.dtype(row), codegen


@intrinsic
def lane_signs(_: Any, like: Any, mask: Any) -> Any:  # noqa: ANN401, ARG001
    """Return a row of 1 and -1, by the parity of a mask's bits in each lane's number."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        lanes = ir.VectorType(ir.IntType(64), LANES)
        blank = ir.Constant(lanes, ir.Undefined)
        one = builder.insert_element(blank, args[1], _int(0))
        masks = builder.shuffle_vector(one, blank, _mask([0] * LANES))
        bits = builder.and_(masks, ir.Constant(lanes, list(range(LANES))))
        for distance in (2, 1):  # the parity of three bits ends up in the lowest one
            shifted = builder.lshr(bits, ir.Constant(lanes, [distance] * LANES))
            bits = builder.xor(bits, shifted)
        parity = builder.and_(bits, ir.Constant(lanes, [1] * LANES))
        sign = builder.sub(ir.Constant(lanes, [1] * LANES), builder.add(parity, parity))
        return builder.sitofp(sign, context.get_value_type(signature.return_type))

    return Vector(like.dtype)(like, types.int64), codegen


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
