import math

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from qkdrp.cli.options import parse_angle, parse_names, parse_whole_numbers


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
    with pytest.raises(typer.BadParameter, match="expected radians such as"):
        parse_angle(text)


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_any_positive_number_reads_back(value: float) -> None:
    assert parse_angle(repr(value)) == value


def test_names_and_numbers_stand_between_commas() -> None:
    assert parse_names(" a, b,,") == ["a", "b"]
    assert parse_names("") == []
    assert parse_whole_numbers("--levels", "1, 3") == [1, 3]


@pytest.mark.parametrize("text", ["", "high", "1.5", "-1"])
def test_what_is_no_whole_number(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="whole numbers with commas"):
        parse_whole_numbers("--levels", text)
