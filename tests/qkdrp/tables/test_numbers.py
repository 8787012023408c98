from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.common.errors import DataError
from qkdrp.tables.frames import read_table
from qkdrp.tables.numbers import numeric


def test_a_cell_that_is_no_number_is_named() -> None:
    table = pd.DataFrame({"G1": ["1", "x"]}, index=["a", "b"])
    with pytest.raises(DataError, match="row 'b', column 'G1' holds 'x'"):
        numeric(table, Path("t.csv"))


@pytest.mark.parametrize("cell", [np.inf, "-inf"])
def test_an_infinite_cell_is_named(cell: object) -> None:
    table = pd.DataFrame({"G1": [1.0, 2.0], "G2": [0.0, cell]}, index=["a", "b"])
    with pytest.raises(DataError, match="row 'b', column 'G2' is infinite"):
        numeric(table, Path("t.csv"))


def test_reading_numbers_leaves_the_input_alone() -> None:
    table = pd.DataFrame({"G1": ["1,5", "2"]}, index=["a", "b"])
    assert numeric(table, Path("t.csv"))["G1"].tolist() == [1.5, 2.0]
    assert table["G1"].tolist() == ["1,5", "2"]


def test_truth_values_are_no_numbers(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("s,G1\na,True\nb,False\n")
    with pytest.raises(DataError, match="row 'a', column 'G1' holds"):
        numeric(read_table(path), path)


def test_a_comma_among_points_is_no_decimal_mark(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('s,G1\na,"1,234"\nb,5.6\n')
    with pytest.raises(DataError, match="row 'a', column 'G1' holds '1,234'"):
        numeric(read_table(path), path)


def column(*cells: str) -> pd.DataFrame:
    return pd.DataFrame({"G1": cells}, index=[f"s{place}" for place in range(len(cells))])


@pytest.mark.parametrize(
    "cells",
    [("950", "1,234", "12,000"), ("1,234", "5,678"), ("-1,234", ""), ("1,234,567", "8")],
    ids=["counts", "both-fit", "negative", "millions"],
)
def test_commas_that_may_separate_thousands_are_refused(cells: tuple[str, ...]) -> None:
    with pytest.raises(DataError, match=r"holds '.*', whose comma may .*--decimal point"):
        numeric(column(*cells), Path("t.csv"))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("0,123", "1,234"), [0.123, 1.234]),
        (("1,5", "2"), [1.5, 2.0]),
        (("1,2345", "1,234"), [1.2345, 1.234]),
    ],
)
def test_decimal_commas_are_told_from_the_cells(
    cells: tuple[str, ...], expected: list[float]
) -> None:
    assert numeric(column(*cells), Path("t.csv"))["G1"].tolist() == expected


def test_one_column_tells_for_the_whole_table() -> None:
    table = pd.DataFrame({"G1": ["1,234", "2,345"], "G2": ["0,5", "1"]}, index=["a", "b"])
    assert numeric(table, Path("t.csv"))["G1"].tolist() == [1.234, 2.345]
    table["G2"] = [0.5, 1.0]  # a decimal point elsewhere: commas separate thousands, or are wrong
    with pytest.raises(DataError, match="row 'a', column 'G1' holds '1,234', whose comma may"):
        numeric(table, Path("t.csv"))


@pytest.mark.parametrize(
    ("decimal", "cells", "expected"),
    [
        ("point", ("950", "1,234", "12,000.5"), [950.0, 1234.0, 12000.5]),
        ("comma", ("950", "1,234"), [950.0, 1.234]),
        ("comma", ("1.234,5", "2.000"), [1234.5, 2000.0]),
    ],
)
def test_what_is_said_holds(decimal: str, cells: tuple[str, ...], expected: list[float]) -> None:
    assert numeric(column(*cells), Path("t.csv"), decimal=decimal)["G1"].tolist() == expected


def test_a_decimal_point_where_a_comma_was_said_is_refused() -> None:
    table = pd.DataFrame({"G1": [1.5], "G2": ["2,5"]}, index=["a"])
    with pytest.raises(DataError, match=r"row 'a', column 'G1' holds 1.5, a decimal point"):
        numeric(table, Path("t.csv"), decimal="comma")


def test_an_unknown_separator_is_refused() -> None:
    with pytest.raises(DataError, match="choose one of point, comma"):
        numeric(column("1"), Path("t.csv"), decimal=";")
