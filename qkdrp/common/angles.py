"""Angles as people write them."""

import math
import re

from qkdrp.common.errors import ConfigError

_NUMBER = r"(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)"
_ANGLE = re.compile(rf"{_NUMBER}?\s*\*?\s*(?P<pi>pi)?\s*(?:/\s*(?P<divisor>\d+\.?\d*))?")


def parse_angle(text: str | float) -> float:
    """Read an angle in radians: ``1.57``, ``pi``, ``pi/2``, ``3pi/4`` or ``2*pi``.

    Raises:
        ConfigError: If it is none of these.
    """
    match = _ANGLE.fullmatch(str(text).strip().lower())
    number, pi, divisor = match.group("number", "pi", "divisor") if match else (None, None, None)
    if (number is None and pi is None) or (divisor is not None and float(divisor) == 0):
        raise ConfigError(f"found {text!r}, expected radians such as 1.57, pi/2 or 3pi/4.")
    return float(number or 1.0) * (math.pi if pi else 1.0) / float(divisor or 1.0)
