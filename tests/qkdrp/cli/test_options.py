import math

import pytest
import typer

from qkdrp.cli.options import parse_names, parse_whole_numbers, read_angle


def test_what_is_no_angle_is_a_bad_option() -> None:
    assert read_angle("pi/2") == math.pi / 2
    with pytest.raises(typer.BadParameter, match="found 'pie', expected radians such as"):
        read_angle("pie")


def test_names_and_numbers_stand_between_commas() -> None:
    assert parse_names(" a, b,,") == ["a", "b"]
    assert parse_names("") == []
    assert parse_whole_numbers("--levels", "1, 3") == [1, 3]


@pytest.mark.parametrize("text", ["", "high", "1.5", "-1"])
def test_what_is_no_whole_number(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="whole numbers with commas"):
        parse_whole_numbers("--levels", text)
