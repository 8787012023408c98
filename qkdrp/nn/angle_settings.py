"""Settings of rotation angles; imports nothing that takes time."""

import math
from typing import Annotated

from pydantic import BeforeValidator, Field

from qkdrp.common.angles import parse_angle

PAPER_A, PAPER_R = 20.0, math.pi / 2
"""Defaults of the moderated tanh (equation 2 of Ito et al. 2025)."""

Angle = Annotated[
    float,
    BeforeValidator(lambda given: parse_angle(given) if isinstance(given, str) else given),
    Field(gt=0),
]
"""Radians above 0; text such as ``pi/2`` is read, too."""
