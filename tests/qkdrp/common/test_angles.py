import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdrp.common.angles import parse_angle
from qkdrp.common.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "angle"),
    [
        ("pi", math.pi),
        ("PI", math.pi),
        (" pi ", math.pi),
        ("pi/2", math.pi / 2),
        ("3pi/4", 3 * math.pi / 4),
        ("3 * pi / 4", 3 * math.pi / 4),
        ("2*pi", 2 * math.pi),
        ("0.5pi", math.pi / 2),
        ("1.57", 1.57),
        (".5", 0.5),
        ("1e-1", 0.1),
        ("2E1", 20.0),
        ("3/4", 0.75),
        (1.25, 1.25),
    ],
)
def test_angles(text: str | float, angle: float) -> None:
    assert parse_angle(text) == pytest.approx(angle, rel=1e-15)


@pytest.mark.parametrize(
    "text", ["", "pie", "pi/0", "-1", "/2", "*", "1,5", "nan", "inf", "2pi3", "pi*2*3"]
)
def test_what_is_no_angle(text: str) -> None:
    with pytest.raises(ConfigError, match="expected radians such as"):
        parse_angle(text)


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_any_positive_number_reads_back(value: float) -> None:
    assert parse_angle(repr(value)) == value
