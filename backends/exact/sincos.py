"""Sine and cosine of rows of samples, in registers."""

import math
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from qkdrp.backends.exact.simd import LANES

QUARTER = (math.pi / 2, 6.123233995736766e-17, -1.4973849048591833e-33)
"""Pi/2 in three parts, each the rounding of what the earlier ones leave."""

SINE = tuple((-1) ** (k // 2) / math.factorial(k) for k in range(3, 17, 2))
COSINE = tuple((-1) ** (k // 2) / math.factorial(k) for k in range(4, 18, 2))
"""Taylor coefficients of ``sin r / r - 1`` from r^2, and of ``cos r - 1 + r^2 / 2`` from r^4."""


@intrinsic
def sincos(_: Any, angles: Any) -> Any:  # noqa: ANN401
    """Return the sines and the cosines of a row of angles in radians, to two units in the last."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        row = ir.VectorType(ir.DoubleType(), LANES)
        narrow = args[0].type
        x = args[0] if narrow == row else builder.fpext(args[0], row)

        def number(value: float) -> Any:  # noqa: ANN401
            return ir.Constant(row, [value] * LANES)

        def call(name: str, *operands: Any) -> Any:  # noqa: ANN401
            kind = ir.FunctionType(row, [row] * len(operands))
            name = f"llvm.{name}.v{LANES}f64"
            return builder.call(
                cgutils.get_or_insert_function(builder.module, kind, name), operands
            )

        def horner(z: Any, coefficients: tuple[float, ...]) -> Any:  # noqa: ANN401
            value = number(coefficients[-1])
            for coefficient in coefficients[-2::-1]:
                value = call("fma", value, z, number(coefficient))
            return value

        # x = quarters pi/2 + r with |r| <= pi/4
        quarters = call("rint", builder.fmul(x, number(2 / math.pi)))
        r = x
        for part in QUARTER:
            r = call("fma", quarters, number(-part), r)
        z = builder.fmul(r, r)
        sine = call("fma", builder.fmul(r, z), horner(z, SINE), r)
        head = call("fma", z, number(-0.5), number(1.0))
        cosine = call("fma", builder.fmul(z, z), horner(z, COSINE), head)

        # quarters modulo 4, between -2 and 2
        turn = call("rint", builder.fmul(quarters, number(0.25)))
        q = call("fma", turn, number(-4.0), quarters)
        square = builder.fmul(q, q)
        swap = builder.fcmp_ordered("==", square, number(1.0))
        half = builder.fcmp_ordered("==", square, number(4.0))
        back = builder.or_(half, builder.fcmp_ordered("==", q, number(-1.0)))
        ahead = builder.or_(half, builder.fcmp_ordered("==", q, number(1.0)))
        found = []
        for value, negative in (
            (builder.select(swap, cosine, sine), back),
            (builder.select(swap, sine, cosine), ahead),
        ):
            signed = builder.select(negative, builder.fneg(value), value)
            found.append(signed if narrow == row else builder.fptrunc(signed, narrow))
        return context.make_tuple(builder, signature.return_type, found)

    return types.UniTuple(angles, 2)(angles), codegen
